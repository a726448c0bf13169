//! What is told of one commit that was measured: one value, rendered as text, Markdown or JSON.

use std::path::PathBuf;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Format, Times, Usage};
use crate::{
    cluster::Cleanup,
    config::{Direction, Metric},
    experiment::{EnvironmentFacts, measure::Observation},
    git::Commit,
    output::{columns, escape, excerpt, json, known, number},
    statistics::Sample,
};

/// Version of the JSON form; it rises with every change that a reader could stumble over.
const SCHEMA: u32 = 1;

/// Longer sentences are cut.
const LONGEST: usize = 300;

/// A commit that was measured alone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "regression-action measurement")]
pub struct Measurement {
    /// Version of this form.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: u32,
    /// What was trained.
    pub commit: Commit,
    /// Every declared metric.
    pub metrics: Vec<MetricLevel>,
    /// Every training.
    pub observations: Vec<Observation>,
    /// Where it ran.
    pub cluster: String,
    /// What it ran in.
    pub environment: EnvironmentFacts,
    /// Where the time went.
    pub times: Times,
    /// What the trainings used up.
    pub usage: Usage,
    /// Page of this measurement in the experiment tracker.
    pub experiment_url: Option<String>,
    /// What was left of the cluster afterwards.
    pub cleanup: Vec<Cleanup>,
    /// What a reader should know besides.
    pub warnings: Vec<String>,
    /// Where the config was found, in words.
    pub config: String,
    /// The command that measures the same again.
    pub reproduce: String,
    /// Directory with this report and all logs.
    pub directory: PathBuf,
}

/// A metric over all seeds.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MetricLevel {
    /// Name, as declared.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
    /// Arithmetic mean of the finite values, in the metric's unit; null if there is no such value.
    pub mean: Option<f64>,
    /// Standard deviation of the finite values, in the metric's unit; null of fewer than two.
    pub deviation: Option<f64>,
    /// Trainings with a finite value.
    pub seeds: usize,
}

impl MetricLevel {
    fn of(name: &str, metric: &Metric, observations: &[Observation]) -> Self {
        let values = observations.iter().filter_map(|one| one.readings.get(name).copied());
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let sample = Sample::of(&values);
        Self {
            name: name.to_owned(),
            direction: metric.direction,
            mean: (!values.is_empty()).then_some(sample.mean),
            deviation: (values.len() > 1).then(|| sample.variance.sqrt()),
            seeds: values.len(),
        }
    }

    /// Of each metric, in the order of the config.
    pub(crate) fn all<'a>(
        metrics: impl IntoIterator<Item = (&'a String, &'a Metric)>,
        observations: &[Observation],
    ) -> Vec<Self> {
        let level = |(name, metric): (&String, &_)| Self::of(name, metric, observations);
        metrics.into_iter().map(level).collect()
    }
}

impl Measurement {
    /// The version that [`Measurement::schema`] carries.
    pub const SCHEMA: u32 = SCHEMA;

    /// The measurement in one of its forms, ending with a line break.
    pub fn render(&self, format: Format) -> Result<String> {
        Ok(match format {
            Format::Text => self.text(),
            Format::Markdown => self.markdown(),
            Format::Json => json(self, "the measurement")?,
        })
    }

    /// The published JSON Schema of the JSON form.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(Measurement)
    }

    fn text(&self) -> String {
        let Commit { sha, subject } = &self.commit;
        let head = format!("measured {} {}", sha.short(), excerpt(subject, 72));
        let line = |(what, told): (_, String)| format!("{what}: {}\n", excerpt(&told, LONGEST));
        let lines: String = self.lines().into_iter().map(line).collect();
        let (table, directory) = (columns(&self.rows()), self.directory.display());
        // The last two whole, for both are copied.
        format!(
            "{head}\n\n{table}\n{lines}again: {}\nreport and logs: {directory}\n",
            self.reproduce
        )
    }

    fn markdown(&self) -> String {
        let Commit { sha, subject } = &self.commit;
        let head = format!("## Measured {}: {}", sha.short(), escape(subject));
        let row = |row: [String; 5]| format!("| {} |\n", row.map(|cell| escape(&cell)).join(" | "));
        let mut rows: Vec<String> = self.rows().into_iter().map(row).collect();
        rows.insert(1, "|---|--:|--:|--:|---|\n".to_owned());
        let table = rows.concat();
        let line = |(what, told): (_, String)| format!("- {what}: {}\n", escape(&told));
        let lines: String = self.lines().into_iter().map(line).collect();
        let again = excerpt(&self.reproduce, 2000);
        // A block by indent: nothing in it can end it.
        format!("{head}\n\n{table}\n{lines}\nAgain:\n\n    {again}\n")
    }

    fn rows(&self) -> Vec<[String; 5]> {
        let header = ["metric", "mean", "SD", "seeds", "by seed"].map(str::to_owned);
        let row = |level: &MetricLevel| {
            let [mean, deviation] = [level.mean, level.deviation].map(known);
            let readings = excerpt(&self.readings(&level.name), LONGEST);
            [excerpt(&level.name, 60), mean, deviation, level.seeds.to_string(), readings]
        };
        std::iter::once(header).chain(self.metrics.iter().map(row)).collect()
    }

    /// Such as `1: 0.95, 2: 0.947, 3: crashed`.
    fn readings(&self, metric: &str) -> String {
        let told = self.observations.iter().map(|one| {
            let value = match one.readings.get(metric) {
                _ if one.crashed.is_some() => "crashed".to_owned(),
                value => value.map_or_else(|| "missing".to_owned(), |value| number(*value)),
            };
            format!("{}: {value}", one.seed)
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// Everything that takes one line, by name.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("time", self.times.told())];
        let mut add = |what, told: Option<String>| lines.extend(told.map(|told| (what, told)));
        add("used", Some(self.usage.told().join(", ")).filter(|used| !used.is_empty()));
        add("where", Some(self.cluster.clone()));
        add("image", self.environment.image.clone());
        add("experiment", self.experiment_url.clone());
        add("config", Some(self.config.clone()));
        for cleanup in &self.cleanup {
            add("cleanup", Some(cleanup.summary.clone()));
        }
        for warning in &self.warnings {
            add("warning", Some(warning.clone()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{experiment::measure::Role, git::CommitSha};

    fn measured() -> Measurement {
        let metric = Metric::new(Direction::Higher, 0.01, 0.0);
        let named = ["accuracy".to_owned(), "loss|val".to_owned()];
        let observe = |(seed, value)| {
            let readings = [(named[0].clone(), value), (named[1].clone(), 0.5)];
            Observation::invented(Role::Base, seed, readings.into())
        };
        let mut observations: Vec<_> = [(1, 0.5), (2, 0.75), (3, f64::NAN)].map(observe).into();
        observations.push(Observation {
            crashed: Some("exit code 1".to_owned()),
            ..Observation::invented(Role::Base, 4, BTreeMap::new())
        });
        let sha = CommitSha::parse(&"a".repeat(40)).unwrap();
        let subject = "Train | \u{1b}[31mlonger".to_owned();
        Measurement {
            schema: SCHEMA,
            commit: Commit { sha, subject },
            metrics: MetricLevel::all(named.iter().map(|name| (name, &metric)), &observations),
            observations,
            cluster: "local Ray".to_owned(),
            environment: EnvironmentFacts::default(),
            times: Times::default(),
            usage: Usage::default(),
            experiment_url: None,
            cleanup: Vec::new(),
            warnings: vec!["one | two".to_owned()],
            config: "x.yml".to_owned(),
            reproduce: "regression-action measure aaaaaaa".to_owned(),
            directory: "/runs/1".into(),
        }
    }

    #[test]
    fn only_finite_values_have_a_mean() {
        let measured = measured();
        let told = |level: &MetricLevel| (level.mean, level.deviation.is_some(), level.seeds);
        let told: Vec<_> = measured.metrics.iter().map(told).collect();
        assert_eq!(told, [(Some(0.625), true, 2), (Some(0.5), true, 3)]);
    }

    #[test]
    fn it_is_told_in_every_form() {
        let text = measured().render(Format::Text).unwrap();
        assert!(text.starts_with("measured aaaaaaa Train | longer\n\n  metric"), "{text}");
        assert!(text.contains("1: 0.5, 2: 0.75, 3: NaN, 4: crashed"), "{text}");
        assert!(text.contains("warning: one | two\nagain: regression-action measure"), "{text}");
        let markdown = measured().render(Format::Markdown).unwrap();
        assert!(markdown.contains("| loss\\|val | 0.5 | 0 | 3 |"), "{markdown}");
        assert!(!markdown.contains('\u{1b}'), "{markdown}");
        let json: serde_json::Value =
            serde_json::from_str(&measured().render(Format::Json).unwrap()).unwrap();
        let schema = serde_json::to_value(Measurement::json_schema()).unwrap();
        jsonschema::validate(&schema, &json).unwrap();
    }
}
