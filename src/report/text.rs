//! The report for a terminal.

use std::fmt::Write;

use super::{
    Report, Shadow,
    glance::{assumptions, bound_rates, drifted, outlooks, seeds, worsening},
    order::worst_first,
};
use crate::{
    output::{columns, excerpt, known},
    verdict::MetricVerdict,
};

/// Longer sentences are cut.
const LONGEST: usize = 300;

/// Plain text; the verdict comes first.
pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = body(report, &mut out);
    out
}

fn body(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}: {}", report.verdict.word(), excerpt(&report.reason, 2 * LONGEST))?;
    for (name, commit) in [("base", &report.base), ("head", &report.head)] {
        writeln!(out, "  {name} {} {}", commit.sha.short(), excerpt(&commit.subject, 72))?;
    }
    if let Some(merged) = &report.merge {
        writeln!(out, "  merge {}", excerpt(&merged.told(&report.head), LONGEST))?;
    }
    for hint in report.hints.iter().filter(|hint| hint.cause.is_first()) {
        writeln!(out, "  {}: {}", hint.cause.word(), excerpt(&hint.text, LONGEST))?;
    }
    for told in report.shadow.iter().flat_map(Shadow::told) {
        writeln!(out, "  own ruler: {}", excerpt(&told, LONGEST))?;
    }
    if let Some(difference) = report.environments.difference() {
        writeln!(out, "  environment {}", excerpt(&difference, LONGEST))?;
    }
    writeln!(out)?;
    if !report.metrics.is_empty() {
        table(&report.metrics, out)?;
        writeln!(out)?;
    }
    for (what, told) in lines(report) {
        writeln!(out, "{what}: {}", excerpt(&told, LONGEST))?;
    }
    // Whole, for both are copied.
    writeln!(out, "again: {}", report.reproduce)?;
    writeln!(out, "report and logs: {}", report.directory.display())
}

/// Everything that takes one line, by name.
fn lines(report: &Report) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = outlooks(report)
        .map(|(metric, outlook)| ("outlook".to_owned(), format!("{metric}: {outlook}")))
        .collect();
    let mut add = |what: &str, told: Option<String>| {
        lines.extend(told.map(|told| (what.to_owned(), told)));
    };
    for (metric, assumption) in assumptions(report) {
        add("assumption", Some(format!("{metric}: {assumption}")));
    }
    add("bounds", bound_rates(&report.metrics.iter()));
    add("no further look", report.stopped.clone());
    for hint in report.hints.iter().filter(|hint| !hint.cause.is_first()) {
        add("hint", Some(format!("{}: {}", hint.cause.word(), hint.text)));
    }
    add("drift", report.drift.as_ref().and_then(drifted));
    add("experiment", report.experiment_url.clone());
    add("time", Some(report.times.told()));
    let used = report.usage.told().join(", ");
    add("used", (!used.is_empty()).then_some(used));
    add("where", Some(report.cluster.clone()).filter(|cluster| !cluster.is_empty()));
    for (name, facts) in report.environments.sides() {
        add(&format!("image of {name}"), facts.image.clone());
    }
    add("config", Some(report.config.clone()));
    for cleanup in &report.cleanup {
        add("cleanup", Some(cleanup.summary.clone()));
    }
    for warning in &report.warnings {
        add("warning", Some(warning.clone()));
    }
    lines
}

fn table(metrics: &[MetricVerdict], out: &mut String) -> std::fmt::Result {
    let header =
        ["metric", "base", "head", "worsening", "margin", "seeds", "verdict"].map(str::to_owned);
    let rows: Vec<[String; 7]> =
        std::iter::once(header).chain(worst_first(metrics).into_iter().map(row)).collect();
    out.write_str(&columns(&rows))
}

fn row(metric: &MetricVerdict) -> [String; 7] {
    let gated = if metric.gated { "" } else { "not gated, " };
    [
        excerpt(&metric.name, 60),
        known(metric.base),
        known(metric.head),
        worsening(metric),
        known(metric.margin),
        seeds(metric),
        format!("{gated}{}: {}", metric.verdict.word(), excerpt(&metric.reason, LONGEST)),
    ]
}
