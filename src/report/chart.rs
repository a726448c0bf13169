//! Mermaid charts (<https://mermaid.js.org/syntax/xyChart.html>), which GitHub draws.

use std::fmt::Write;

use super::Report;
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
    let list = |values: &[f64]| values.iter().copied().map(decimal).collect::<Vec<_>>().join(", ");
    let (low, high) = range(base.iter().chain(&head).copied());
    let title = label(metric);
    let mut chart = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        chart,
        "```mermaid\nxychart-beta\n  title \"{title} by seed: head (bars), base (line)\"\n  x-axis \"seed\" [{}]\n  \
         y-axis \"{title}\" {} --> {}\n  bar [{}]\n  line [{}]\n```\n",
        seeds.join(", "),
        decimal(low),
        decimal(high),
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

/// Five significant digits without an exponent, which Mermaid does not read.
fn decimal(value: f64) -> String {
    format!("{value:.4e}").parse().unwrap_or(value).to_string()
}

/// A metric's name without what would end a Mermaid string.
fn label(metric: &str) -> String {
    metric.chars().filter(|c| c.is_alphanumeric() || " _-./%()".contains(*c)).collect()
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
