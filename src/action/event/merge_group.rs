//! The event of a merge queue.

use serde::Deserialize;

use super::payload::EventRepository;
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
    /// Where it is merged.
    pub repository: EventRepository,
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
        QueueBranch::parse(&self.head_ref).map(|branch| branch.pull)
    }

    /// The target branch, without `refs/heads/`.
    pub fn target(&self) -> &str {
        self.base_ref.strip_prefix("refs/heads/").unwrap_or(&self.base_ref)
    }
}

/// What the branch of a group tells by its name, `gh-readonly-queue/<base>/pr-<number>-<sha>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueBranch {
    /// The branch that the group goes into.
    pub target: String,
    /// The last pull request of the group.
    pub pull: PullNumber,
    /// The commit that it is merged into.
    pub base: CommitSha,
}

impl QueueBranch {
    pub(super) fn parse(branch: &str) -> Option<Self> {
        let (_, queued) = branch.split_once("gh-readonly-queue/")?;
        let (target, name) = queued.rsplit_once('/')?;
        let (number, sha) = name.strip_prefix("pr-")?.split_once('-')?;
        let (pull, base) = (PullNumber(number.parse().ok()?), CommitSha::parse(sha).ok()?);
        Some(Self { target: target.to_owned(), pull, base })
    }
}
