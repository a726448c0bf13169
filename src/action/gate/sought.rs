//! A run that ended -> the pull request that it was of.

use std::num::NonZeroU32;

use super::{GateInput, Refusal, Rule, question::Trigger};
use crate::{
    action::event::EndedRun,
    clients::github::{Pull, PullState, RepositoryName},
};

/// Most pull requests that a reason names.
const NAMED: usize = 5;

/// The pull request of a run that ended, which GitHub has to tell: the payload names none from a fork, and
/// what it names is only a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    pub(super) repository: RepositoryName,
    pub(super) approvals: NonZeroU32,
    pub(super) last_push_approval: bool,
    pub(super) run: EndedRun,
}

impl Sought {
    /// Repository and branch of the head, as the payload has them; the branch's name is its owner's choice.
    pub fn branch(&self) -> Option<(&RepositoryName, &str)> {
        let home = self.run.head_repository.as_ref()?;
        Some((&home.full_name, self.run.head_branch.as_deref()?))
    }

    /// Whether it is of the run's commit, and of no other.
    pub fn fits(&self, pull: &Pull) -> bool {
        pull.head.sha == self.run.head_sha
    }

    /// The question about the one of `pulls` that the run was of.  Several may have its commit: anyone can open
    /// one of whatever commit they can read.
    pub fn question(&self, pulls: &[Pull]) -> Result<GateInput, Refusal> {
        let mut fitting: Vec<&Pull> = pulls.iter().filter(|pull| self.fits(pull)).collect();
        let is_open = |pull: &Pull| pull.state == PullState::Open;
        let preferences: [&dyn Fn(&Pull) -> bool; 3] =
            [&|pull| self.is_of_branch(pull), &Pull::is_into_the_default_branch, &is_open];
        for prefers in preferences {
            if fitting.iter().any(|pull| prefers(pull)) {
                fitting.retain(|pull| prefers(pull));
            }
        }
        match fitting.as_slice() {
            [pull] => Ok(self.about(pull)),
            [] => Err(self.none()),
            several => Err(self.several(several)),
        }
    }

    fn is_of_branch(&self, pull: &Pull) -> bool {
        let home = pull.head.repo.as_ref().map(|repo| &repo.full_name);
        self.branch().is_some_and(|(repository, branch)| {
            home == Some(repository) && pull.head.name == branch
        })
    }

    fn about(&self, pull: &Pull) -> GateInput {
        GateInput {
            repository: self.repository.clone(),
            number: pull.number,
            named: Some(self.run.head_sha.clone()),
            base: None,
            approvals: self.approvals,
            last_push_approval: self.last_push_approval,
            trigger: Trigger::Ran(self.run.maker().cloned()),
        }
    }

    fn none(&self) -> Refusal {
        let head = self.run.head_sha.short();
        let reason = format!("{head} is not the head of an open pull request");
        Refusal::new(Rule::NoPull, reason)
            .remedy("approve the commit that is the head now, or dispatch the workflow")
    }

    fn several(&self, pulls: &[&Pull]) -> Refusal {
        let named: Vec<_> = pulls.iter().take(NAMED).map(|pull| pull.number.to_string()).collect();
        let (head, named) = (&self.run.head_sha, named.join(", "));
        let reason = format!("{} is the head of several pull requests: {named}", head.short());
        Refusal::new(Rule::SeveralPulls, reason)
            .remedy(format!("dispatch the workflow with `pull-request` and `sha: {head}`"))
    }
}
