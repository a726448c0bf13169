//! What a search of one line came to.

use super::line::SearchedLine;
use crate::bisect::policy::{BisectOutcome, CommitSpan, Evidence};

/// A line that was searched to the end.
#[derive(Debug)]
pub(super) struct LineResult {
    pub(super) searched: SearchedLine,
    pub(super) evidence: Evidence,
    pub(super) outcome: BisectOutcome,
    /// Readings that it might have made still.
    pub(super) left: usize,
    /// For each commit how likely it is the culprit.
    pub(super) posterior: Vec<f64>,
    /// The limit that left no reading, if it was not the question's own number of readings.
    pub(super) over: Option<String>,
    /// Why the inside of its culprit, a merge, was not searched.
    pub(super) closed: Option<String>,
}

impl LineResult {
    /// The place of the one commit that it names.
    pub(super) fn culprit(&self) -> Option<usize> {
        let BisectOutcome::Culprit(claim) = &self.outcome else { return None };
        let CommitSpan { from, to } = claim.commits;
        (from == to).then_some(to)
    }
}
