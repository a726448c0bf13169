//! Mermaid charts (<https://mermaid.js.org/syntax/xyChart.html>), which GitHub draws.

use super::{Report, order::limit, past::Point};
use crate::{
    experiment::measure::{Observation, Role},
    verdict::{MetricVerdict, Verdict},
};

/// Points of the past in a chart: the names of more would run into each other.
const MOST_POINTS: usize = 11;

/// More bars than this are lines, and GitHub draws no chart of more than 50,000 characters.
const MOST_BARS: usize = 80;

/// Names of more trainings than this are short ones.
const MOST_LONG_NAMES: usize = 12;

/// Base and head, seed by seed and side by side, and the limit; none where a value cannot be drawn.
pub(super) fn seeds(report: &Report, metric: &MetricVerdict) -> Option<String> {
    let (base, head) = (side(report, Role::Base, metric)?, side(report, Role::Head, metric)?);
    if base.is_empty() || head.is_empty() || base.len() + head.len() > MOST_BARS {
        return None;
    }
    let long = base.len() + head.len() <= MOST_LONG_NAMES;
    let names = |word: &str, side: &[(String, f64)]| -> Vec<String> {
        let word = if long { format!("{word} ") } else { word.chars().take(1).collect() };
        side.iter().map(|(seed, _)| format!("{word}{seed}")).collect()
    };
    let values = |side: &[(String, f64)]| side.iter().map(|(_, value)| *value).collect::<Vec<_>>();
    Some(draw(
        metric,
        "by seed: base",
        &Columns {
            names: [names("base", &base), names("head", &head)].concat(),
            before: values(&base),
            after: values(&head),
        },
    ))
}

/// The default branch, base and head, and the limit; none without a past.
pub(super) fn trend(report: &Report, metric: &MetricVerdict) -> Option<String> {
    let trend = report.trend.iter().find(|trend| trend.metric == metric.name)?;
    let (base, head) =
        metric.base.zip(metric.head).filter(|(b, h)| b.is_finite() && h.is_finite())?;
    let is_base = |point: &&Point| report.base.sha.as_str().starts_with(&point.commit);
    let past: Vec<&Point> =
        trend.points.iter().filter(|point| point.mean.is_finite() && !is_base(point)).collect();
    let past = &past[past.len().saturating_sub(MOST_POINTS)..];
    if past.is_empty() {
        return None;
    }
    let names = past.iter().enumerate().map(|(at, point)| {
        // Mermaid draws what has the same name at the same place.
        let before = past[..at].iter().filter(|other| other.commit == point.commit).count();
        label(&point.commit) + &"'".repeat(before)
    });
    Some(draw(
        metric,
        "over commits: default branch",
        &Columns {
            names: names.chain(["base".to_owned(), "head".to_owned()]).collect(),
            before: past.iter().map(|point| point.mean).chain([base]).collect(),
            after: vec![head],
        },
    ))
}

/// Seeds and readings in order, without crashed trainings; none if a reading cannot be drawn.
fn side(report: &Report, role: Role, metric: &MetricVerdict) -> Option<Vec<(String, f64)>> {
    let mut side: Vec<&Observation> = report
        .observations
        .iter()
        .filter(|observation| observation.role == role && observation.crashed.is_none())
        .collect();
    side.sort_by_key(|observation| observation.seed);
    let read = |observation: &&Observation| {
        let value = observation.readings.get(&metric.name).copied();
        Some((observation.seed.to_string(), value.filter(|value| value.is_finite())?))
    };
    side.iter().map(read).collect()
}

/// One bar each.
struct Columns {
    names: Vec<String>,
    /// The first ones.
    before: Vec<f64>,
    /// Those after them, in the colour of the verdict.
    after: Vec<f64>,
}

fn draw(metric: &MetricVerdict, by: &str, columns: &Columns) -> String {
    let name = label(&metric.name);
    let all = [columns.before.as_slice(), &columns.after].concat();
    let limit = limit(metric).filter(|limit| limit.is_finite());
    let (low, high) = range(all.iter().copied().chain(limit));
    let list = |values: &[f64]| values.iter().copied().map(decimal).collect::<Vec<_>>().join(", ");
    let names: Vec<String> = columns.names.iter().map(|name| format!("\"{name}\"")).collect();
    let (colour, shown) = (colour(metric), if limit.is_some() { ", limit (line)" } else { "" });
    let line = limit.map(|limit| format!("  line [{}]\n", list(&vec![limit; all.len()])));
    // All in the colour of head, and those of base once more on top of theirs.
    format!(
        "```mermaid\n%%{{init: {{\"xyChart\": {{\"width\": 860, \"height\": 260, \"titleFontSize\": 14, \
         \"xAxis\": {{\"labelFontSize\": 11}}, \"yAxis\": {{\"labelFontSize\": 11}}}}, \
         \"themeVariables\": {{\"xyChart\": {{\"plotColorPalette\": \"{colour}, #8c959f, #0969da\"}}}}}}}}%%\n\
         xychart-beta\n  title \"{name} {by} (grey), head{shown}\"\n  x-axis [{}]\n  \
         y-axis {} --> {}\n  bar [{}]\n  bar [{}]\n{}```\n",
        names.join(", "),
        decimal(low),
        decimal(high),
        list(&all),
        list(&columns.before),
        line.unwrap_or_default(),
    )
}

/// As GitHub paints failed, waiting and passed checks.
fn colour(metric: &MetricVerdict) -> &'static str {
    match metric.verdict {
        Verdict::Regressed => "#cf222e",
        Verdict::Inconclusive => "#d4a72c",
        Verdict::Pass => "#2da44e",
    }
}

/// The values' range with a tenth of room on both sides; bars from zero where zero is near.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let room = if high > low { (high - low) / 10.0 } else { high.abs().max(1.0) / 10.0 };
    let from = if low >= 0.0 && low <= high - low { 0.0 } else { low - room };
    (from, high + room)
}

/// Five significant digits without an exponent, which Mermaid does not read.
pub(crate) fn decimal(value: f64) -> String {
    format!("{value:.4e}").parse().unwrap_or(value).to_string()
}

/// A stranger's name without what would end a Mermaid string, and not too long for a title.
fn label(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || " _-./%()".contains(*c)).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_exponent() {
        assert_eq!(decimal(1.234_56e-7), "0.00000012346");
        assert_eq!(decimal(-2.5e12), "-2500000000000");
        assert_eq!(decimal(0.95), "0.95");
    }

    #[test]
    fn the_range_holds_all_values_and_bars_start_at_a_near_zero() {
        assert_eq!(range([0.0, 1.0].into_iter()), (0.0, 1.1));
        assert_eq!(range([-1.0, 1.0].into_iter()), (-1.2, 1.2));
        let (low, high) = range([5.0, 5.0].into_iter());
        assert!(low < 5.0 && high > 5.0);
    }
}
