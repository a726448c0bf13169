//! What is behind the verdict, folded away.

use std::fmt::{Result, Write};

use super::{
    Report, chart,
    markdown::{MetricRows, Shape},
    order::worst_first,
    seeds,
};
use crate::{
    output::{count, duration, escape, excerpt, shortened},
    verdict::{MetricVerdict, Verdict},
};

pub(super) fn write(
    report: &Report,
    shape: &Shape,
    metrics: &MetricRows<'_>,
    out: &mut String,
) -> Result {
    causes(report, out)?;
    drawn(report, shape, out)?;
    if shape.seeds && !report.observations.is_empty() {
        fold(&format!("Every seed: {}", seeds::counted(report)), out, |out| {
            seeds::readings(report, &metrics.shown, out)?;
            writeln!(out)?;
            seeds::trainings(report, out)
        })?;
    }
    requirements(report, shape, out)?;
    fold(&format!("Time, cost and cleanup: {}", spent(report)), out, |out| costs(report, out))?;
    fold("Reproduce on a laptop", out, |out| {
        // A block by indent: nothing in it can end it.
        writeln!(out, "    {}", excerpt(&report.reproduce, 2000))
    })
}

/// A part that is opened by a click.
fn fold(title: &str, out: &mut String, body: impl FnOnce(&mut String) -> Result) -> Result {
    writeln!(out, "\n<details><summary>{title}</summary>\n")?;
    body(out)?;
    writeln!(out, "\n</details>")
}

/// Open because it is short.  The rest is told further up, as warnings.
fn causes(report: &Report, out: &mut String) -> Result {
    let hints: Vec<_> = report.hints.iter().filter(|hint| !hint.cause.is_first()).collect();
    if hints.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n<details open><summary>What it could come from</summary>\n")?;
    for hint in hints {
        writeln!(out, "- **{}**: {}", hint.cause.word(), shortened(&hint.text, 600))?;
    }
    writeln!(out, "\n</details>")
}

fn drawn(report: &Report, shape: &Shape, out: &mut String) -> Result {
    let charts: Vec<String> = charts(report, shape.charts).collect();
    if charts.is_empty() {
        return Ok(());
    }
    fold("Charts: base and head by seed, and over commits", out, |out| {
        out.write_str(&charts.join("\n"))
    })
}

/// Charts of the worst metrics: those that do not pass, or else of the first.
pub(super) fn charts(report: &Report, metrics: usize) -> impl Iterator<Item = String> {
    let sorted = worst_first(&report.metrics);
    let loud = |metric: &&&MetricVerdict| metric.gated && metric.verdict != Verdict::Pass;
    let wanted = sorted.iter().filter(loud).count().clamp(1, metrics.max(1)).min(metrics);
    let both = |metric| [chart::seeds(report, metric), chart::trend(report, metric)];
    let drawable = sorted.into_iter().map(both).filter(|charts| charts.iter().any(Option::is_some));
    drawable.take(wanted).flatten().flatten()
}

fn requirements(report: &Report, shape: &Shape, out: &mut String) -> Result {
    let changes = &report.environments.changes;
    if changes.is_empty() {
        return Ok(());
    }
    fold(&format!("Requirements: {}", count(changes.len(), "change")), out, |out| {
        for change in changes.iter().take(shape.entries) {
            writeln!(out, "- {}", changed(change))?;
        }
        match changes.len().saturating_sub(shape.entries) {
            0 => Ok(()),
            more => writeln!(out, "- and {more} more"),
        }
    })
}

/// A change that could begin a list of its own does not.
fn changed(change: &str) -> String {
    format!("\u{200d}{}", shortened(change, 120))
}

fn spent(report: &Report) -> String {
    let mut parts = vec![duration(report.times.total)];
    parts.extend(report.usage.told().iter().map(|part| escape(part)));
    parts.join(", ")
}

fn costs(report: &Report, out: &mut String) -> Result {
    writeln!(out, "| step | took |\n|---|--:|")?;
    for (what, seconds) in report.times.rows() {
        writeln!(out, "| {what} | {} |", duration(seconds))?;
    }
    writeln!(out)?;
    let used = report.usage.told();
    if !used.is_empty() {
        writeln!(out, "- used: {}", escape(&used.join(", ")))?;
    }
    if !report.cluster.is_empty() {
        writeln!(out, "- ran on {}", escape(&report.cluster))?;
    }
    for (name, facts) in report.environments.sides() {
        if let Some(image) = &facts.image {
            writeln!(out, "- image of {name}: {}", escape(image))?;
        }
    }
    writeln!(out, "- config: {}", escape(&report.config))?;
    for cleanup in &report.cleanup {
        writeln!(out, "- cleanup: {}", escape(&cleanup.summary))?;
    }
    Ok(())
}
