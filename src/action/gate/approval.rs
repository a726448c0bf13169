//! What the gate says.

use super::{GateInput, PullFacts, Refusal, Rule};
use crate::{clients::github::PullNumber, git::CommitSha};

/// The gate's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Measure.
    Approved(Approval),
    /// Do not.
    Held(Refusal),
}

/// Leave to start a cluster for one commit.  Only the gate makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    head: CommitSha,
    base: Base,
    pull: Option<PullNumber>,
    who: String,
    question: Option<GateInput>,
}

/// What the head is to be compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// A branch: that into which the pull request is to be merged.
    Branch(String),
    /// A commit: what the queue merges into, or what was there before the push.
    Commit(CommitSha),
    /// What the input `base` says.
    Input(String),
    /// Nobody said; the caller decides.
    Unsaid,
}

impl Approval {
    /// An approval that rests on no pull request, or, in a merge queue, on no look at it.
    pub(super) fn of_commit(head: CommitSha, base: Base, who: String) -> Self {
        Self { head, base, pull: None, who, question: None }
    }

    /// From now on only this head will do, whatever the question left open.
    pub(super) fn of_pull(question: &GateInput, facts: &PullFacts, who: String) -> Self {
        let head = facts.pull.head.sha.clone();
        let target = || Base::Branch(facts.pull.base.name.clone());
        let base = question.base.clone().map_or_else(target, Base::Input);
        let question = GateInput { named: Some(head.clone()), ..question.clone() };
        Self { head, base, pull: Some(question.number), who, question: Some(question) }
    }

    pub(super) fn with_pull(self, pull: Option<PullNumber>) -> Self {
        Self { pull, ..self }
    }

    /// The commit that was approved, and no other.
    pub fn head(&self) -> &CommitSha {
        &self.head
    }

    /// What to compare it with.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// The pull request to comment on.
    pub fn pull(&self) -> Option<PullNumber> {
        self.pull
    }

    /// Why a bisect does not begin, if it does not: it is for the button and for schedules.
    pub fn refused_bisect(&self) -> Option<Refusal> {
        self.pull.map(|pull| {
            let reason = format!("pull request {pull} is compared, not searched");
            Refusal::new(Rule::OtherEvent, reason).remedy(
                "run `command: bisect` by workflow_dispatch or schedule, without pull-request",
            )
        })
    }

    /// Who approved, in words: `approved by alice (write)`.
    pub fn who(&self) -> &str {
        &self.who
    }

    /// What to look at again for [`still`](super::still); none: nothing can change it.
    pub fn question(&self) -> Option<&GateInput> {
        self.question.as_ref()
    }
}
