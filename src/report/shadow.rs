//! What head's own ruler says of it, beside what judged it.

use std::fmt::Write;

use anyhow::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;

use super::markdown::{MetricRows, Shape};
use crate::{
    experiment::measure::{Observation, Role},
    output::{count, known, shortened},
    statistics::Sample,
};

/// Head by its own ruler.  It is shown, and judges nothing.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Shadow {
    /// Every declared metric; none where the trainings failed.
    pub metrics: Vec<Shadowed>,
    /// The trainings of head by its own ruler.
    pub observations: Vec<Observation>,
    /// Why they failed, or were not made.
    pub failed: Option<String>,
}

/// A metric of head by two rulers, over the same seeds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Shadowed {
    /// The metric's name.
    pub name: String,
    /// Mean of the finite readings by the ruler that judges; null: there is none.
    pub judged: Option<f64>,
    /// Mean of the finite readings by head's own.
    pub own: Option<f64>,
    /// How many finite readings by head's own there are.
    pub seeds: usize,
}

impl Shadow {
    /// What trainings came to, beside those of the same seeds that `judged` head.
    pub(crate) fn of<'a>(
        names: impl Iterator<Item = &'a String>,
        judged: &[Observation],
        trained: Result<Vec<Observation>>,
    ) -> Self {
        let observations = match trained {
            Ok(observations) => observations,
            Err(error) => return Self::failed(cause(&error)),
        };
        let same = |one: &&Observation| {
            one.role == Role::Head && observations.iter().any(|own| own.seed == one.seed)
        };
        let judged: Vec<&Observation> = judged.iter().filter(same).collect();
        let metric = |name: &String| {
            let own = finite(observations.iter(), name);
            Shadowed {
                name: name.clone(),
                judged: mean(&finite(judged.iter().copied(), name)),
                own: mean(&own),
                seeds: own.len(),
            }
        };
        Self { metrics: names.map(metric).collect(), observations, failed: None }
    }

    /// Why there is nothing to show.
    pub(crate) fn failed(why: String) -> Self {
        Self { metrics: Vec::new(), observations: Vec::new(), failed: Some(why) }
    }

    /// A sentence for each metric, or one why there is none.
    pub(super) fn told(&self) -> Vec<String> {
        let failed = self.failed.iter().map(|why| format!("not known: {why}"));
        let metric = |metric: &Shadowed| {
            let Shadowed { name, judged, own, seeds } = metric;
            let (judged, own) = (known(*judged), known(*own));
            let seeds = count(*seeds, "seed");
            format!(
                "{name} is {own} by head's own, {judged} as judged ({seeds}; it judges nothing)"
            )
        };
        failed.chain(self.metrics.iter().map(metric)).collect()
    }

    /// The same as a table, of the metrics that have rows.
    pub(super) fn write(
        &self,
        shape: &Shape,
        metrics: &MetricRows<'_>,
        out: &mut String,
    ) -> std::fmt::Result {
        if let Some(why) = &self.failed {
            let why = shortened(why, 3 * shape.words);
            return writeln!(out, "\n**What head's own ruler says** is not known: {why}");
        }
        writeln!(
            out,
            "\n**What head's own ruler says**; it judges nothing:\n\n\
             | metric | head by its own ruler | head as judged, same seeds | seeds |\n|---|--:|--:|--:|"
        )?;
        let shown = metrics.shown.iter();
        let rows = shown.filter_map(|shown| self.metrics.iter().find(|own| own.name == shown.name));
        for Shadowed { name, judged, own, seeds } in rows {
            let (name, judged, own) = (shortened(name, shape.words), known(*judged), known(*own));
            writeln!(out, "| {name} | {own} | {judged} | {seeds} |")?;
        }
        Ok(())
    }
}

/// Without the log that it quotes.
fn cause(error: &Error) -> String {
    let told = format!("{error:#}");
    let line = told.lines().next().unwrap_or_default();
    line.split("; the end of its log").next().unwrap_or_default().to_owned()
}

fn finite<'a>(side: impl Iterator<Item = &'a Observation>, metric: &str) -> Vec<f64> {
    let values = side.filter_map(|one| one.readings.get(metric).copied());
    values.filter(|value| value.is_finite()).collect()
}

/// None of no values, and where the sum is too large.
fn mean(values: &[f64]) -> Option<f64> {
    Some(Sample::of(values).mean).filter(|mean| mean.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Format, Report, tests};

    fn trained(role: Role, values: &[f64]) -> Vec<Observation> {
        let one = |(seed, value): (u64, &f64)| {
            Observation::invented(role, seed, [("accuracy".to_owned(), *value)].into())
        };
        (1..).zip(values).map(one).collect()
    }

    #[test]
    fn means_are_of_the_same_seeds_and_of_what_is_finite() {
        let judged = [trained(Role::Head, &[0.4, 0.6, f64::NAN, 9.0]), trained(Role::Base, &[7.0])];
        let names = ["accuracy".to_owned(), "loss".to_owned()];
        let own = trained(Role::Shadow, &[0.9, f64::INFINITY, 1.1]);
        let shadow = Shadow::of(names.iter(), &judged.concat(), Ok(own));
        let metric =
            |name: &str, judged, own, seeds| Shadowed { name: name.to_owned(), judged, own, seeds };
        let expected = [metric("accuracy", Some(0.5), Some(1.0), 2), metric("loss", None, None, 0)];
        assert_eq!(shadow.metrics, expected);
        assert_eq!((shadow.observations.len(), shadow.failed), (3, None));
    }

    #[test]
    fn a_failure_is_told_without_the_log() {
        let error = anyhow::anyhow!("it crashed; the end of its log (a.log):\n| secret");
        let shadow = Shadow::of([].iter(), &[], Err(error.context("all 3 crashed")));
        assert_eq!(shadow.failed.as_deref(), Some("all 3 crashed: it crashed"));
    }

    #[test]
    fn it_stands_beside_the_verdict_in_every_form() {
        let regressed = tests::regressed();
        let own = trained(Role::Shadow, &[0.94, 0.96, 0.95]);
        let names: Vec<String> =
            regressed.metrics.iter().map(|metric| metric.name.clone()).collect();
        let shadow = Shadow::of(names.iter(), &regressed.observations, Ok(own));
        let report = Report { shadow: Some(shadow), ..regressed.clone() };
        let text = report.render(Format::Text).unwrap();
        let told = "  own ruler: accuracy is 0.95 by head's own, 0.7 as judged (3 seeds; it judges nothing)\n";
        assert!(text.contains(told), "{text}");
        let markdown = report.render(Format::Markdown).unwrap();
        assert!(markdown.contains("\n| accuracy | 0.95 | 0.7 | 3 |\n"), "{markdown}");
        assert!(markdown.contains("\n| loss\\|val | ? | 0.21 | 0 |\n"), "{markdown}");
        let json: serde_json::Value =
            serde_json::from_str(&report.render(Format::Json).unwrap()).unwrap();
        let own = json["shadow"]["metrics"][0]["own"].as_f64().unwrap();
        assert!((own - 0.95).abs() < 1e-9, "{json}");
        let schema = serde_json::to_value(Report::json_schema()).unwrap();
        jsonschema::validate(&schema, &json).unwrap();
        let failed = Shadow::failed("<b>no room".to_owned());
        let report = Report { shadow: Some(failed), ..regressed };
        let text = report.render(Format::Text).unwrap();
        assert!(text.contains("  own ruler: not known: <b>no room\n"), "{text}");
        let markdown = report.comment();
        assert!(
            markdown.contains("own ruler says** is not known: &lt;b&gt;no room\n"),
            "{markdown}"
        );
    }
}
