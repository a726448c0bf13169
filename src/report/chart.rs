//! Mermaid charts (<https://mermaid.js.org/syntax/xyChart.html>), which GitHub draws.

use std::fmt::Write;

use super::{Report, number::number};
use crate::measure::Role;

/// Head (bars) beside base (line) over seeds, for one metric; none where a value cannot be drawn.
pub(super) fn seeds(report: &Report, metric: &str) -> Option<String> {
    let series = |role: Role| -> Option<Vec<f64>> {
        let side = report.observations.iter().filter(|observation| observation.role == role);
        side.map(|observation| observation.readings.get(metric).copied().filter(|v| v.is_finite()))
            .collect()
    };
    let (base, head) = (series(Role::Base)?, series(Role::Head)?);
    if base.is_empty() || base.len() != head.len() {
        return None;
    }
    let of_base = report.observations.iter().filter(|observation| observation.role == Role::Base);
    let seeds: Vec<String> = of_base.map(|observation| observation.seed.to_string()).collect();
    let list = |values: &[f64]| values.iter().copied().map(number).collect::<Vec<_>>().join(", ");
    let (low, high) = range(base.iter().chain(&head).copied());
    let title = label(metric);
    let mut chart = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        chart,
        "```mermaid\nxychart-beta\n  title \"{title} by seed: head (bars), base (line)\"\n  x-axis \"seed\" [{}]\n  \
         y-axis \"{title}\" {} --> {}\n  bar [{}]\n  line [{}]\n```\n",
        seeds.join(", "),
        number(low),
        number(high),
        list(&head),
        list(&base),
    );
    Some(chart)
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

/// A metric's name without what would end a Mermaid string.
fn label(metric: &str) -> String {
    metric.chars().filter(|c| c.is_alphanumeric() || " _-./%()".contains(*c)).collect()
}
