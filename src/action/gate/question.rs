//! What an event asks about a pull request.

use std::num::NonZeroU32;

use super::{PullFacts, StatusNote, votes};
use crate::{
    clients::github::{Account, Permission, Pull, PullNumber, RepositoryName, Review},
    git::CommitSha,
};

/// May the head of this pull request be measured?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateInput {
    pub(super) repository: RepositoryName,
    pub(super) number: PullNumber,
    /// The commit that must be the head; none: whatever the head is, or a command without one.
    pub(super) named: Option<CommitSha>,
    pub(super) base: Option<String>,
    pub(super) approvals: NonZeroU32,
    pub(super) last_push_approval: bool,
    pub(super) trigger: Trigger,
}

/// What asks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trigger {
    /// It was opened, pushed to, or made ready or a draft: perhaps it is approved already.
    Changed,
    /// This reviewer approves; none: an account that is gone.
    Approving(Option<Account>),
    /// A review was dismissed: perhaps what it hindered may start, or it is not approved any more.
    Dismissed,
    /// This reviewer asks for changes: perhaps it is not approved any more; none: an account that is gone.
    Withdrawing(Option<Account>),
    /// A run of one of these ended, and does not tell which: perhaps it is approved, or not any more.  Who
    /// made the run; none: an account that is gone.
    Ran(Option<Account>),
    /// A comment commands it.
    Command {
        /// Who wrote it; none: an account that is gone.
        author: Option<Account>,
        /// When, RFC 3339.
        at: Option<String>,
    },
    /// Someone pushed the button.
    Button(Account),
}

impl GateInput {
    /// The pull request to look at.
    pub fn number(&self) -> PullNumber {
        self.number
    }

    /// Whose permission is needed for the answer, each login once.
    pub fn whose_permission(&self, pull: &Pull, reviews: &[Review]) -> Vec<String> {
        let maker = match &self.trigger {
            Trigger::Button(_) => return Vec::new(),
            Trigger::Command { author: user, .. } | Trigger::Ran(user) => user.as_ref(),
            Trigger::Changed
            | Trigger::Approving(_)
            | Trigger::Dismissed
            | Trigger::Withdrawing(_) => None,
        };
        let mut people = votes::whose_permission(pull, reviews);
        people.extend(maker.map(|user| user.login.clone()));
        people.sort_unstable();
        people.dedup();
        people
    }

    /// Whether reviews count; the button stands for them all.
    pub fn asks_for_reviews(&self) -> bool {
        !matches!(self.trigger, Trigger::Button(_))
    }

    /// Whether it matters who pushed the head last.
    pub fn asks_who_pushed(&self) -> bool {
        self.last_push_approval && self.asks_for_reviews()
    }

    /// Whether reviews alone decide; a command and the button name who answers for it.
    pub(super) fn needs_reviews(&self) -> bool {
        !matches!(self.trigger, Trigger::Command { .. } | Trigger::Button(_))
    }

    /// Whether it comes from somebody whose word starts a run, and takes back what was said.  Anyone may review,
    /// and open a pull request of whatever commit, and a run does not tell what happened.
    pub(super) fn is_heard(&self, facts: &PullFacts) -> bool {
        let Trigger::Ran(maker) = &self.trigger else { return true };
        let may = |maker: &Account| facts.permission(&maker.login) >= Some(Permission::Write);
        maker.as_ref().is_some_and(may)
    }

    /// What to tell the head, where reviews decide.  The job of a fork's own event may not write.
    pub(super) fn note(&self, facts: &PullFacts, description: String) -> Option<StatusNote> {
        let may_write = matches!(self.trigger, Trigger::Ran(_)) || !facts.is_fork();
        let (sha, takes_back) = (facts.pull.head.sha.clone(), self.is_heard(facts));
        let ours = self.needs_reviews() && may_write;
        ours.then_some(StatusNote { sha, description, takes_back })
    }
}
