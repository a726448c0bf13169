//! What an event asks about a pull request.

use std::num::NonZeroU32;

use super::{PullFacts, StatusNote};
use crate::{
    github::{Account, Pull, PullNumber, RepositoryName, Review},
    source::CommitSha,
};

/// May the head of this pull request be measured?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub(super) repository: RepositoryName,
    pub(super) number: PullNumber,
    /// The commit that must be the head; none: whatever the head is, or a command without one.
    pub(super) named: Option<CommitSha>,
    pub(super) base: Option<String>,
    pub(super) approvals: NonZeroU32,
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
    /// A comment commands it; none: an account that is gone.
    Command(Option<Account>),
    /// Someone pushed the button.
    Button(Account),
}

impl Question {
    /// The pull request to look at.
    pub fn number(&self) -> PullNumber {
        self.number
    }

    /// Whose permission is needed for the answer, each login once.
    pub fn whose_permission(&self, pull: &Pull, reviews: &[Review]) -> Vec<String> {
        match &self.trigger {
            Trigger::Command(author) => {
                let mut people = super::votes::objectors(reviews);
                people.extend(author.iter().map(|user| user.login.clone()));
                people.sort_unstable();
                people.dedup();
                people
            }
            Trigger::Button(_) => Vec::new(),
            Trigger::Changed
            | Trigger::Approving(_)
            | Trigger::Dismissed
            | Trigger::Withdrawing(_) => super::votes::whose_permission(pull, reviews),
        }
    }

    /// Whether an approval is needed; a command and the button name who answers for it.
    pub(super) fn needs_reviews(&self) -> bool {
        !matches!(self.trigger, Trigger::Command(_) | Trigger::Button(_))
    }

    /// What to tell the head, where reviews decide.  The run of a fork's event may not write.
    pub(super) fn note(&self, facts: &PullFacts, description: String) -> Option<StatusNote> {
        let ours = self.needs_reviews() && !facts.is_fork();
        ours.then(|| StatusNote { sha: facts.pull.head.sha.clone(), description })
    }
}
