//! What came of one asked reading.

use std::path::PathBuf;

use crate::{
    bisect::policy::{Measure, SkipReason},
    git::{Commit, CommitSha},
};

/// A reading that is asked for.
#[derive(Debug, Clone)]
pub(super) struct ReadingRequest {
    pub(super) measure: Measure,
    pub(super) commit: Commit,
    /// `REGRESSION_SEED`.
    pub(super) seed: u64,
    /// The commit whose environment it runs in, if that is not its own.
    pub(super) home: Option<CommitSha>,
}

impl ReadingRequest {
    /// What it is called in names of logs and directories.
    pub(super) fn name(&self) -> String {
        format!("{}-seed-{}", self.commit.sha.short(), self.seed)
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ReadingOutcome {
    /// A value in the metric's own unit; not finite: it diverged.
    Read(TakenReading),
    /// The commit cannot be read.
    Unreadable(Unreadable),
    /// Nobody waits for it any more.
    Dropped,
}

/// A reading.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TakenReading {
    pub(super) value: f64,
    pub(super) seconds: f64,
    /// That it had.
    pub(super) gpus: f64,
    pub(super) log: PathBuf,
}

/// A commit that cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Unreadable {
    pub(super) reason: SkipReason,
    /// The same in words.
    pub(super) why: String,
}

impl ReadingOutcome {
    pub(super) fn unreadable(reason: SkipReason, why: impl Into<String>) -> Self {
        Self::Unreadable(Unreadable { reason, why: why.into() })
    }
}
