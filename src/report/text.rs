//! The report for a terminal.

use std::fmt::Write;

use super::{
    Report,
    number::{known, number, signed},
};
use crate::verdict::{MetricVerdict, Verdict};

/// Plain text; the verdict comes first, and again last as the line that stays in sight.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = body(report, &mut out);
    out
}

fn body(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}: {}", report.verdict.word(), report.reason)?;
    for (name, commit) in [("base", &report.base), ("head", &report.head)] {
        writeln!(
            out,
            "  {name} {} {}",
            commit.sha.short(),
            crate::output::excerpt(&commit.subject, 72)
        )?;
    }
    if let Some(difference) = report.environments.difference() {
        writeln!(out, "  environment {}", crate::output::excerpt(&difference, 300))?;
    }
    writeln!(out)?;
    table(&report.metrics, out)?;
    writeln!(out)?;
    let times = report.times.rows().map(|(what, seconds)| format!("{what} {seconds:.2} s"));
    writeln!(out, "time: {}", times.join(", "))?;
    writeln!(out, "where: {}", report.cluster)?;
    for (name, facts) in report.environments.sides() {
        if let Some(image) = &facts.image {
            writeln!(out, "image of {name}: {image}")?;
        }
    }
    for cleanup in &report.cleanup {
        writeln!(out, "cleanup: {}", cleanup.summary)?;
    }
    for warning in &report.warnings {
        writeln!(out, "warning: {}", crate::output::excerpt(warning, 500))?;
    }
    writeln!(out, "again: {}", report.reproduce)?;
    writeln!(out, "report and logs: {}", report.directory.display())
}

fn table(metrics: &[MetricVerdict], out: &mut String) -> std::fmt::Result {
    let header = ["metric", "base", "head", "worsening", "margin", "verdict"].map(str::to_owned);
    let rows: Vec<[String; 6]> =
        std::iter::once(header).chain(worst_first(metrics).map(row)).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let cells: Vec<String> =
            row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        writeln!(out, "  {}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

fn row(metric: &MetricVerdict) -> [String; 6] {
    [
        metric.name.clone(),
        known(metric.base),
        known(metric.head),
        worsening(metric),
        metric.margin.map_or_else(|| "?".to_owned(), number),
        format!("{}: {}", metric.verdict.word(), metric.reason),
    ]
}

/// `+0.76 [+0.55, +0.97]`: the worsening and its bounds.
pub(super) fn worsening(metric: &MetricVerdict) -> String {
    let Some(worsening) = metric.worsening else { return "?".to_owned() };
    match metric.lower.zip(metric.upper) {
        Some((lower, upper)) => {
            format!("{} [{}, {}]", signed(worsening), signed(lower), signed(upper))
        }
        None => signed(worsening),
    }
}

/// What needs a look comes first.
pub(super) fn worst_first(metrics: &[MetricVerdict]) -> impl Iterator<Item = &MetricVerdict> {
    let of = |verdict| metrics.iter().filter(move |metric| metric.verdict == verdict);
    [Verdict::Regressed, Verdict::Inconclusive, Verdict::Pass].into_iter().flat_map(of)
}
