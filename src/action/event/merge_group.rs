//! The event of a merge queue.

use serde::Deserialize;

use crate::{clients::github::PullNumber, git::CommitSha};

/// `merge_group`: the queue asks for checks, or gave a group up.
///
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MergeGroupEvent {
    /// `checks_requested`, `destroyed`.
    pub action: String,
    /// The group.
    pub merge_group: MergeGroup,
}

/// Pull requests merged on trial.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MergeGroup {
    /// The merge on trial.
    pub head_sha: CommitSha,
    /// Its branch.
    pub head_ref: String,
    /// What it is merged into.
    pub base_sha: CommitSha,
    /// The target branch.
    pub base_ref: String,
}

impl MergeGroup {
    /// The last pull request of the group, which only the branch's name tells.
    pub fn pull(&self) -> Option<PullNumber> {
        queued(&self.head_ref).map(|(pull, _)| pull)
    }
}

/// What the branch of a group tells by its name, `gh-readonly-queue/<base>/pr-<number>-<sha>`: the last pull request
/// of the group, and the commit that it is merged into.
pub(super) fn queued(branch: &str) -> Option<(PullNumber, CommitSha)> {
    let (_, queued) = branch.split_once("gh-readonly-queue/")?;
    let (_, name) = queued.rsplit_once('/')?;
    let (number, sha) = name.strip_prefix("pr-")?.split_once('-')?;
    Some((PullNumber(number.parse().ok()?), CommitSha::parse(sha).ok()?))
}
