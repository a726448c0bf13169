//! Mermaid charts of a search: how likely each commit is the culprit, and what was read.

use super::{BisectReport, Reached, Witness};
use crate::report::decimal;

/// Commits of a chart: the names of more would run into each other.
const MOST: usize = 30;

/// Less probability than this is no bar.
const LEAST: f64 = 0.001;

/// How likely each commit is, of those around the likeliest; none if nothing was read between the ends.
pub(super) fn probabilities(search: &Reached) -> Option<String> {
    let some = |witness: &Witness| witness.probability >= LEAST;
    let first = search.commits.iter().position(some)?.saturating_sub(1);
    let last = (search.commits.iter().rposition(some)? + 1).min(search.commits.len() - 1);
    let from = first.max(search.likeliest.saturating_sub(MOST / 2));
    let shown: Vec<&Witness> = search.commits.iter().take(last + 1).skip(from).take(MOST).collect();
    let percent = shown.iter().map(|witness| witness.probability * 100.0).collect();
    let title = "probability of being the culprit, in percent";
    Some(draw(title, &shown, (0.0, 100.0), &[("bar", percent)]))
}

/// Means of the commits that were read, and the step that fits best.
pub(super) fn readings(report: &BisectReport, search: &Reached) -> Option<String> {
    let (before, after) = search.levels?;
    let read: Vec<(usize, &Witness, f64)> = search
        .commits
        .iter()
        .enumerate()
        .filter_map(|(place, witness)| Some((place, witness, mean(witness)?)))
        .collect();
    let middle = read.partition_point(|(place, ..)| *place < search.likeliest);
    let from = middle.saturating_sub(MOST / 2);
    let read = read.get(from..).unwrap_or_default();
    let read = &read[..read.len().min(MOST)];
    let shown: Vec<&Witness> = read.iter().map(|(_, witness, _)| *witness).collect();
    let means: Vec<f64> = read.iter().map(|(.., mean)| *mean).collect();
    let level = |place: usize| if place < search.likeliest { before } else { after };
    let levels = read.iter().map(|(place, ..)| level(*place)).collect();
    let all = means.iter().copied().chain([before, after]);
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let room = if high > low { (high - low) / 10.0 } else { high.abs().max(1.0) / 10.0 };
    let title =
        format!("{}: means of readings, and the levels before and after", name(&report.metric));
    Some(draw(&title, &shown, (low - room, high + room), &[("bar", means), ("line", levels)]))
}

fn mean(witness: &Witness) -> Option<f64> {
    let values = witness.readings.iter().filter_map(|read| read.value);
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

fn draw(
    title: &str,
    shown: &[&Witness],
    (low, high): (f64, f64),
    series: &[(&str, Vec<f64>)],
) -> String {
    let names = shown.iter().map(|witness| format!("\"{}\"", witness.step.commit.sha.short()));
    let names = names.collect::<Vec<_>>().join(", ");
    let series = series.iter().map(|(kind, values)| {
        let values = values.iter().map(|value| decimal(*value)).collect::<Vec<_>>().join(", ");
        format!("  {kind} [{values}]\n")
    });
    format!(
        "```mermaid\n%%{{init: {{\"xyChart\": {{\"width\": 860, \"height\": 260, \"titleFontSize\": 14, \
         \"xAxis\": {{\"labelFontSize\": 10}}, \"yAxis\": {{\"labelFontSize\": 11}}}}, \"themeVariables\": \
         {{\"xyChart\": {{\"plotColorPalette\": \"#8c959f, #cf222e\"}}}}}}}}%%\nxychart-beta\n  title \
         \"{title}\"\n  x-axis [{names}]\n  y-axis {} --> {}\n{}```\n",
        decimal(low),
        decimal(high),
        series.collect::<String>()
    )
}

/// A stranger's name without what would end a Mermaid string.
fn name(metric: &str) -> String {
    metric.chars().filter(|c| c.is_alphanumeric() || " _-./%()".contains(*c)).take(60).collect()
}
