//! Many metrics and seeds: what fits, and what is left out.

use regression_action::{report::Report, verdict::Verdict};

use super::{
    drawn::{Drawn, draw},
    values::{many, report},
};

/// What GitHub takes of a comment, less the hidden end that twenty runs leave.
const COMMENT: usize = 65_536 - 9_000;
/// What GitHub takes of a step's summary.
const SUMMARY: usize = 1 << 20;

/// The names in the first table without the arrows, and that they come worst first.
fn names(drawn: &Drawn) -> Vec<&str> {
    let rank = |row: &Vec<String>| {
        let words = ["regressed", "inconclusive", "pass"];
        words.iter().position(|word| verdict(row).contains(word)).unwrap()
    };
    assert!(drawn.verdicts.is_sorted_by_key(rank), "{:?}", drawn.verdicts);
    drawn.verdicts.iter().map(|row| row[0].trim_end_matches([' ', '↑', '↓'])).collect()
}

/// What the last column says.
fn verdict(row: &[String]) -> &str {
    row.last().unwrap()
}

fn number(report: &Report, verdict: Verdict) -> usize {
    report.metrics.iter().filter(|metric| metric.verdict == verdict).count()
}

pub fn a_comment_holds_fifty_metrics() {
    let report = report(&many(50, 16));
    let comment = report.comment();
    assert!(comment.chars().count() < COMMENT, "{}", comment.chars().count());
    assert!(!comment.contains("Left out"), "all of it fits");
    let drawn = draw(&comment, None);
    drawn.assert_clean();
    let mut shown = names(&drawn);
    shown.sort_unstable();
    let mut declared: Vec<&str> =
        report.metrics.iter().map(|metric| metric.name.as_str()).collect();
    declared.sort_unstable();
    assert_eq!(shown, declared);
    // Verdicts, readings, trainings, times.
    assert_eq!((drawn.tables, drawn.rows), (4, 50 + 50 + 32 + 6));
    // Causes, charts, seeds, requirements, time, reproduce.
    assert_eq!((drawn.details, drawn.summaries.len()), (6, 6), "{:?}", drawn.summaries);
    assert_eq!(drawn.diagrams, 8, "seeds and trend of four metrics");
}

pub fn a_summary_holds_five_hundred_metrics() {
    let report = report(&many(500, 16));
    let summary = report.summary();
    assert!(summary.len() < SUMMARY, "{}", summary.len());
    let drawn = draw(&summary, None);
    drawn.assert_clean();
    assert_eq!(names(&drawn).len(), 500);
    assert_eq!((drawn.tables, drawn.rows), (4, 500 + 500 + 32 + 6));
    assert_eq!((drawn.details, drawn.diagrams), (6, 8));
}

pub fn the_worst_stays_in_a_comment() {
    let report = report(&many(500, 16));
    let comment = report.comment();
    assert!(comment.chars().count() < COMMENT, "{}", comment.chars().count());
    let drawn = draw(&comment, None);
    drawn.assert_clean();
    let regressed = number(&report, Verdict::Regressed);
    let shown = drawn.verdicts.iter().filter(|row| verdict(row).contains("regressed")).count();
    assert_eq!(shown, regressed, "each that regressed");
    let folded = format!("and {} more pass", number(&report, Verdict::Pass));
    assert_eq!(drawn.verdicts.last().unwrap()[0], folded);
    assert!(comment.contains("every seed; the summary of the run has it"), "{comment}");
}
