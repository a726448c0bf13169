//! The report for a terminal.

use std::fmt::{Result, Write};

use super::{BisectReport, Reached, Suspect, commit};
use crate::output::{count, duration, excerpt, number};

/// Longer sentences are cut.
const LONGEST: usize = 600;

/// Commits around the likeliest that are listed.
const AROUND: usize = 3;

/// Skipped commits that are listed.
const SKIPPED: usize = 10;

/// Plain text; the answer comes first.
pub(super) fn render(report: &BisectReport) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = body(report, &mut out);
    out
}

fn body(report: &BisectReport, out: &mut String) -> Result {
    for search in &report.searches {
        let inside = search.inside.as_ref();
        let inside = inside.map(|merge| format!("inside merge {}: ", merge.sha.short()));
        writeln!(out, "{}{}", inside.unwrap_or_default(), excerpt(&search.answer, LONGEST))?;
        if let Some(known) = &search.known {
            writeln!(out, "  {known}")?;
        }
        if let Some(closed) = &search.closed {
            writeln!(out, "  its inside was not searched: {}", excerpt(closed, LONGEST))?;
        }
    }
    if let Some(Suspect { step, .. }) = &report.culprit {
        writeln!(out, "  {} {}", step.commit.sha, commit::origin(step))?;
    }
    if let Some(cause) = &report.cause {
        writeln!(out, "  {}", cause.told)?;
    }
    writeln!(out)?;
    if let Some(search) = report.deepest() {
        table(search, out)?;
        if let Some(assumed) = &search.assumed {
            writeln!(out, "assumed: {assumed}")?;
        }
        writeln!(out, "next: {}", search.advice)?;
    }
    writeln!(out, "used: {}", used(report))?;
    if let Some(url) = &report.experiment_url {
        writeln!(out, "experiment: {url}")?;
    }
    for warning in &report.warnings {
        writeln!(out, "warning: {}", excerpt(warning, LONGEST))?;
    }
    for line in skipped(report) {
        writeln!(out, "{line}")?;
    }
    if let Some(show) = &report.show {
        writeln!(out, "see it: {show}")?;
    }
    for cleanup in &report.cleanup {
        writeln!(out, "cleanup: {}", cleanup.summary)?;
    }
    writeln!(out, "again: {}", report.reproduce)?;
    writeln!(out, "logs: {}", report.logs.display())
}

/// Such as `41 readings in 6 rounds, 3 min 20 s, 12.5 GPU-minutes`.
pub(super) fn used(report: &BisectReport) -> String {
    let resumed = match report.resumed {
        0 => String::new(),
        known => format!(" ({known} of them from an interrupted search)"),
    };
    let rounds = count(report.rounds, "round");
    let readings = format!("{}{resumed} in {rounds}", count(report.readings, "reading"));
    let usage = report.usage.told();
    let queued = (report.queue_seconds > 0.0)
        .then(|| format!(" ({} of them in a queue)", duration(report.queue_seconds)));
    let took = duration(report.seconds) + &queued.unwrap_or_default();
    [readings, took].into_iter().chain(usage).collect::<Vec<_>>().join(", ")
}

fn skipped(report: &BisectReport) -> Vec<String> {
    let all = report.searches.iter().flat_map(|search| &search.commits);
    let lines = all.filter_map(|witness| {
        let why = witness.skipped.as_ref()?;
        Some(format!("skipped: {}: {}", witness.step.commit.sha.short(), excerpt(why, LONGEST)))
    });
    let mut lines: Vec<String> = lines.collect();
    let more = lines.len().saturating_sub(SKIPPED);
    lines.truncate(SKIPPED);
    if more > 0 {
        lines.push(format!("skipped: {more} more"));
    }
    lines
}

/// The likeliest commits and those around, with their readings.
fn table(search: &Reached, out: &mut String) -> Result {
    let from = search.likeliest.saturating_sub(AROUND);
    let shown = search.commits.iter().enumerate().skip(from).take(2 * AROUND + 1);
    for (place, witness) in shown {
        let mark = if place == search.likeliest { ">" } else { " " };
        let values = witness.readings.iter().map(|read| number(read.value.unwrap_or(f64::NAN)));
        let values: Vec<String> = values.collect();
        let values = match &witness.skipped {
            Some(_) => "skipped".to_owned(),
            None if values.is_empty() => "not read".to_owned(),
            None => excerpt(&values.join(" "), 120),
        };
        let (sha, percent) = (witness.step.commit.sha.short(), witness.probability * 100.0);
        writeln!(out, "{mark} {sha} {percent:5.1} %  {values}")?;
    }
    let all = search.commits.len();
    let (before, after) = (from, all.saturating_sub(from + 2 * AROUND + 1));
    if before + after > 0 {
        writeln!(out, "  {before} before and {after} after these, of {all}: --format json")?;
    }
    writeln!(out)
}
