//! The report in GitHub's Markdown: a comment, and the longer summary of a step.  What does not fit is
//! left out step by step, from what matters least; the worst always stays.

use std::fmt::{Result, Write};

use super::{Report, details, glance, order::worst_first};
use crate::{
    output::count,
    verdict::{MetricVerdict, Verdict},
};

/// Hidden end of the comment, by which it is found again.  It stays last.
pub const MARKER: &str = "<!-- regression-action: verdict -->";

/// GitHub takes 65,536 characters of a comment; there is room for a hidden end and for its growth.
const COMMENT: usize = 55_000;

/// GitHub drops the whole of a summary of more than 1 MiB; there is room for what else a step tells.
const SUMMARY: usize = (1 << 20) - (64 << 10);

/// How much is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Metrics that have charts.
    pub(super) charts: usize,
    /// Whether every seed is listed.
    pub(super) seeds: bool,
    /// Rows for metrics that pass or do not count.
    pub(super) calm: usize,
    /// Rows for the others.
    pub(super) worst: usize,
    /// Entries of a list: warnings, changes of requirements.
    pub(super) entries: usize,
    /// Characters of a name or a reason.
    pub(super) words: usize,
}

/// All there is.  More charts are noise.
const WHOLE: Shape =
    Shape { charts: 4, seeds: true, calm: usize::MAX, worst: usize::MAX, entries: 50, words: 200 };

/// Without what is read last.
const BARE: Shape = Shape { charts: 1, seeds: false, calm: 0, ..WHOLE };

/// From all to almost nothing: the last is short whatever strangers wrote.
const SHAPES: [Shape; 9] = [
    WHOLE,
    Shape { charts: 2, ..WHOLE },
    Shape { charts: 1, ..WHOLE },
    Shape { charts: 1, seeds: false, ..WHOLE },
    BARE,
    Shape { charts: 0, entries: 10, words: 80, ..BARE },
    Shape { charts: 0, entries: 10, worst: 100, words: 80, ..BARE },
    Shape { charts: 0, entries: 10, worst: 30, words: 60, ..BARE },
    Shape { charts: 0, entries: 10, worst: 10, words: 40, ..BARE },
];

/// The comment, without its hidden end.
pub(super) fn comment(report: &Report) -> String {
    // By UTF-16, which no way of counting characters exceeds.
    fitted(report, "the summary of the run", |text| text.encode_utf16().count() <= COMMENT)
}

/// The summary of a step.
pub(super) fn summary(report: &Report) -> String {
    fitted(report, "the JSON report", |text| text.len() <= SUMMARY)
}

/// The fullest shape that fits, saying what it leaves out and where that is.
fn fitted(report: &Report, rest: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for shape in SHAPES {
        text = render(report, &shape, rest);
        if fits(&text) {
            break;
        }
    }
    text
}

fn render(report: &Report, shape: &Shape, rest: &str) -> String {
    let metrics = MetricRows::of(report, shape);
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(report, shape, &metrics, rest, &mut out);
    out
}

fn write(
    report: &Report,
    shape: &Shape,
    metrics: &MetricRows<'_>,
    rest: &str,
    out: &mut String,
) -> Result {
    glance::write(report, shape, metrics, out)?;
    if let Some(left_out) = left_out(report, shape, metrics) {
        writeln!(out, "\nLeft out for length: {left_out}; {rest} has it.")?;
    }
    details::write(report, shape, metrics, out)
}

/// The metrics that have rows, worst first, and how many of the rest come to what.
pub(super) struct MetricRows<'a> {
    pub(super) shown: Vec<&'a MetricVerdict>,
    /// Such as `31 more pass`.
    pub(super) folded: Vec<String>,
}

impl<'a> MetricRows<'a> {
    fn of(report: &'a Report, shape: &Shape) -> Self {
        let calm = |metric: &MetricVerdict| !metric.gated || metric.verdict == Verdict::Pass;
        let (calms, worst): (Vec<_>, Vec<_>) =
            worst_first(&report.metrics).into_iter().partition(|metric| calm(metric));
        let shown = worst.iter().take(shape.worst).chain(calms.iter().take(shape.calm));
        let hidden: Vec<&MetricVerdict> =
            worst.iter().skip(shape.worst).chain(calms.iter().skip(shape.calm)).copied().collect();
        // They come sorted, so that each kind is in one piece.
        let kinds = hidden.chunk_by(|a, b| folded_as(a) == folded_as(b));
        let counts = kinds.map(|kind| format!("{} {}", kind.len(), folded_as(kind[0])));
        Self { shown: shown.copied().collect(), folded: counts.collect() }
    }
}

/// How a metric without a row is counted.
fn folded_as(metric: &MetricVerdict) -> &'static str {
    if !metric.gated {
        return "more that do not count";
    }
    match metric.verdict {
        Verdict::Regressed => "more regressed",
        Verdict::Inconclusive => "more inconclusive",
        Verdict::Pass => "more pass",
    }
}

fn left_out(report: &Report, shape: &Shape, metrics: &MetricRows<'_>) -> Option<String> {
    let charts = details::charts(report, WHOLE.charts).count();
    let charts = charts - details::charts(report, shape.charts).count();
    let rows = report.metrics.len() - metrics.shown.len();
    let mut parts = Vec::new();
    if rows > 0 {
        parts.push(count(rows, "metric"));
    }
    if charts > 0 {
        parts.push(count(charts, "chart"));
    }
    if !shape.seeds {
        parts.push("every seed".to_owned());
    }
    if shape.words < WHOLE.words {
        parts.push("the end of long names and reasons".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
