//! The part of the comment that is read in ten seconds: verdict, why, and the table.

use std::fmt::{Result, Write};

use super::{
    Report,
    markdown::{MetricRows, Shape},
    order::{margins, worst_first},
    past::Drift,
};
use crate::{
    config::Direction,
    output::{escape, known, link, number, percent, shortened, signed},
    verdict::{MetricVerdict, Verdict},
};

/// Sentences of one kind; more are counted.
const MOST_SENTENCES: usize = 3;

pub(super) fn write(
    report: &Report,
    shape: &Shape,
    metrics: &MetricRows<'_>,
    out: &mut String,
) -> Result {
    let (symbol, headline) = match report.verdict {
        Verdict::Pass if report.observations.is_empty() => ("✅", "there was nothing to train"),
        Verdict::Pass => ("✅", "no metric got worse than its margin allows"),
        Verdict::Regressed => ("❌", "this change makes the model worse"),
        Verdict::Inconclusive => ("⚠️", "neither a regression nor its absence was shown"),
    };
    writeln!(out, "## {symbol} {}: {headline}\n", report.verdict.word())?;
    // A stranger's first word could begin a list.
    writeln!(out, "**Why:** {}\n", shortened(&report.reason, 3 * shape.words))?;
    let first = report.hints.iter().filter(|hint| hint.cause.is_first());
    warnings(first.map(|hint| hint.text.as_str()), shape, out)?;
    if !report.metrics.is_empty() {
        table(shape, metrics, out)?;
    }
    if let Some(shadow) = &report.shadow {
        shadow.write(shape, metrics, out)?;
    }
    sentences(report, shape, out)?;
    facts(report, shape, out)?;
    warnings(report.warnings.iter().map(String::as_str), shape, out)
}

fn table(shape: &Shape, metrics: &MetricRows<'_>, out: &mut String) -> Result {
    writeln!(
        out,
        "| metric | base | head | change | worse by | allowed | seeds | verdict |\n|---|--:|--:|--:|--:|--:|--:|---|"
    )?;
    for metric in &metrics.shown {
        row(metric, shape, out)?;
    }
    if !metrics.folded.is_empty() {
        writeln!(out, "| and {} | | | | | | | |", metrics.folded.join(", "))?;
    }
    writeln!(out, "\n<sub>↑ higher is better, ↓ lower is better. {}</sub>", legend(&metrics.shown))
}

/// What the columns mean, and how sure the bounds are.
fn legend(metrics: &[&MetricVerdict]) -> String {
    let meaning = "Worse by: how much worse head is, with its one-sided bounds; below zero it is better. \
                   Seeds: trainings of base + head that this rests on.";
    match bound_rates(&metrics.iter().copied()) {
        Some(rates) => format!("{meaning} {rates}"),
        None => meaning.to_owned(),
    }
}

/// How often a worsening is beyond its bounds, in a sentence; none where there are no bounds.
pub(super) fn bound_rates<'a>(
    metrics: &(impl Iterator<Item = &'a MetricVerdict> + Clone),
) -> Option<String> {
    let range = |rate: fn(&MetricVerdict) -> Option<f64>| {
        let rates = metrics.clone().filter_map(rate).map(|rate| 100.0 * rate);
        let (low, high) = rates
            .fold((f64::INFINITY, 0.0_f64), |(low, high), rate| (low.min(rate), high.max(rate)));
        let (low, high) = (number(rounded(low)), number(rounded(high)));
        if low == high { format!("{low} %") } else { format!("{low} to {high} %") }
    };
    metrics.clone().any(|metric| metric.lower_rate.is_some()).then(|| {
        let (lower, upper) = (range(|metric| metric.lower_rate), range(|metric| metric.upper_rate));
        format!(
            "At each look the truth is below the first bound in at most {lower} of comparisons, and above \
             the second in at most {upper}, where both sides ran on like machines at the same time, with \
             noise of the same shape."
        )
    })
}

/// To two significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

/// `3 + 3`: trainings of base and head.
pub(super) fn seeds(metric: &MetricVerdict) -> String {
    format!("{} + {}", metric.base_seeds, metric.head_seeds)
}

fn row(metric: &MetricVerdict, shape: &Shape, out: &mut String) -> Result {
    let better = match metric.direction {
        Direction::Higher => "↑",
        Direction::Lower => "↓",
    };
    let change = metric.base.zip(metric.head).and_then(|(base, head)| percent(base, head));
    writeln!(
        out,
        "| {} {better} | {} | {} | {} | {} | {} | {} | {}: {} |",
        shortened(&metric.name, shape.words),
        known(metric.base),
        known(metric.head),
        unbroken(&change.unwrap_or_default()),
        // The bounds on a line of their own, and whole.
        unbroken(&worsening(metric)).replacen("\u{a0}[", "<br>[", 1),
        known(metric.margin),
        unbroken(&seeds(metric)),
        word(metric),
        shortened(&metric.reason, shape.words),
    )
}

/// Text that a narrow table does not break.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

fn word(metric: &MetricVerdict) -> String {
    if !metric.gated {
        return format!("not gated, {}", metric.verdict.word());
    }
    match metric.verdict {
        Verdict::Regressed => "❌ **regressed**".to_owned(),
        Verdict::Inconclusive => "⚠️ **inconclusive**".to_owned(),
        Verdict::Pass => "✅ pass".to_owned(),
    }
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

/// What a further look could show, and why there was none.
fn sentences(report: &Report, shape: &Shape, out: &mut String) -> Result {
    for (name, outlook) in outlooks(report).take(MOST_SENTENCES) {
        let (name, outlook) = (shortened(name, shape.words), shortened(outlook, shape.words));
        writeln!(out, "\n**{name}**: {outlook}")?;
    }
    for (name, assumption) in assumptions(report).take(MOST_SENTENCES) {
        let (name, assumption) = (shortened(name, shape.words), shortened(assumption, shape.words));
        writeln!(out, "\n**{name}**: {assumption}")?;
    }
    if let Some(why) = &report.stopped {
        writeln!(out, "\n**No further look:** {}", escape(why))?;
    }
    Ok(())
}

/// Of the undecided metrics, by name.
pub(super) fn outlooks(report: &Report) -> impl Iterator<Item = (&str, &str)> {
    let undecided = worst_first(&report.metrics)
        .into_iter()
        .filter(|metric| metric.gated && metric.verdict == Verdict::Inconclusive);
    undecided.filter_map(|metric| Some((metric.name.as_str(), metric.outlook.as_deref()?)))
}

/// What was taken as true of a metric without being measured.
pub(super) fn assumptions(report: &Report) -> impl Iterator<Item = (&str, &str)> {
    let gated = worst_first(&report.metrics).into_iter().filter(|metric| metric.gated);
    gated.filter_map(|metric| Some((metric.name.as_str(), metric.assumption.as_deref()?)))
}

/// What was compared, and where to read on.
fn facts(report: &Report, shape: &Shape, out: &mut String) -> Result {
    writeln!(out)?;
    for (name, commit) in [("head", &report.head), ("base", &report.base)] {
        writeln!(out, "- **{name}** `{}` {}", commit.sha.short(), escape(&commit.subject))?;
    }
    if let Some(merged) = &report.merge {
        let told = merged.told(&report.head);
        writeln!(out, "- **merge** {}", shortened(&told, 3 * shape.words))?;
    }
    if let Some(difference) = report.environments.difference() {
        writeln!(out, "- **environment** {}", shortened(&difference, 3 * shape.words))?;
    }
    if let Some(drifted) = report.drift.as_ref().and_then(drifted) {
        writeln!(out, "- **drift** {}", shortened(&drifted, 3 * shape.words))?;
    }
    let experiment = report.experiment_url.as_deref();
    if let Some(page) = experiment.and_then(|url| link("all runs and metrics", url)) {
        writeln!(out, "- **experiment** {page}")?;
    }
    Ok(())
}

/// What is worse than its margin since the last release, in a sentence.
pub(super) fn drifted(drift: &Drift) -> Option<String> {
    let worse: Vec<&MetricVerdict> =
        worst_first(&drift.metrics).into_iter().filter(|metric| margins(metric) > 1.0).collect();
    let told = worse.iter().filter_map(|metric| {
        let ((base, head), margin) = (metric.base.zip(metric.head)?, metric.margin?);
        let (base, head) = (number(base), number(head));
        Some(format!("{} from {base} to {head} ({} is allowed)", metric.name, number(margin)))
    });
    let mut told: Vec<String> = told.collect();
    let more = told.len().saturating_sub(MOST_SENTENCES);
    told.truncate(MOST_SENTENCES);
    if more > 0 {
        told.push(format!("{more} more"));
    }
    (!told.is_empty()).then(|| format!("worse since {}: {}", drift.since, told.join(", ")))
}

fn warnings<'a>(
    mut warnings: impl Iterator<Item = &'a str>,
    shape: &Shape,
    out: &mut String,
) -> Result {
    for warning in warnings.by_ref().take(shape.entries) {
        writeln!(out, "\n> [!WARNING]\n> {}\n", escape(warning))?;
    }
    match warnings.count() {
        0 => Ok(()),
        more => writeln!(out, "\n> [!WARNING]\n> And {more} more.\n"),
    }
}
