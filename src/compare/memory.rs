//! What a comparison remembers: where it is kept, and what of it serves this one.
//!
//! Only readings of commits on the default branch are kept, and they are read from where the base's
//! side keeps them: a pull request cannot write its own baseline.

use super::past::Past;
use crate::{
    experiment::{
        history::{History, HistoryRead},
        tracking::Tracker,
    },
    git::CommitSha,
    progress::Progress,
};

/// Where things are remembered, and what a comparison is told of its place in the world.
#[derive(Debug, Default)]
pub struct Memory {
    /// Past readings of the default branch.
    pub history: Option<History>,
    /// The experiment tracker.
    pub tracker: Option<Tracker>,
    /// The last release, which drift is measured from.
    pub release: Option<Release>,
    /// Whether head is on the default branch too, so that its readings are kept as well.
    pub head_is_main: bool,
    /// Whether head's code is trusted: it is on the default branch, as far as is known.
    pub trusts_head: bool,
    /// The pull request, for the tracker.
    pub pull: Option<u64>,
}

/// A release of the default branch.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its tag.
    pub tag: String,
    /// Its commit.
    pub sha: CommitSha,
}

impl Memory {
    /// What is remembered; a memory that fails is one without anything, and a warning.
    pub(super) async fn recall(&self, progress: &Progress) -> Past {
        let Some(history) = &self.history else { return Past::default() };
        let task = progress.task("reading the history");
        match history.read().await {
            Ok(HistoryRead { records, warnings }) => {
                task.done(format!("history: {} records", records.len()));
                Past::new(records, warnings)
            }
            Err(error) => {
                let warning = format!("the history cannot be read: {error:#}");
                task.done(format!("warning: {warning}"));
                Past::new(Vec::new(), vec![warning])
            }
        }
    }
}
