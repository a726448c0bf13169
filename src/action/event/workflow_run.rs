//! The event of a run that ended: it comes on the default branch, with rights that the run had not.

use serde::Deserialize;

use super::{QueueBranch, payload::EventRepository};
use crate::{
    clients::github::{Account, RepositoryOf},
    git::CommitSha,
};

/// `workflow_run`: a run of another workflow was asked for, began, or ended.
///
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkflowRunEvent {
    /// `requested`, `in_progress`, `completed`.
    pub action: String,
    /// The run.
    pub workflow_run: EndedRun,
    /// Where it ran.
    pub repository: EventRepository,
}

/// A run whose workflow may be a pull request's own.  It names no pull request if that is from a fork.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EndedRun {
    /// Why it ran: `pull_request`, `pull_request_review`, `merge_group`, `push` ...
    pub event: String,
    /// The commit that it was of: in events of pull requests the head, not the merge.
    pub head_sha: CommitSha,
    /// The branch of that commit, as its owner called it.
    pub head_branch: Option<String>,
    /// The repository of that branch; none: a fork that was deleted.
    pub head_repository: Option<RepositoryOf>,
    actor: Option<Account>,
    triggering_actor: Option<Account>,
}

impl EndedRun {
    /// What its branch tells, if it is that of a group of a merge queue.
    pub fn queued(&self) -> Option<QueueBranch> {
        QueueBranch::parse(self.head_branch.as_deref()?)
    }

    /// Whose event it was, or who ran it again; none: an account that is gone.
    pub fn maker(&self) -> Option<&Account> {
        self.triggering_actor.as_ref().or(self.actor.as_ref())
    }
}
