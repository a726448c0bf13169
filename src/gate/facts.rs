//! What GitHub says about a pull request, asked after the event.

use std::collections::BTreeMap;

use crate::github::{Account, Branch, Permission, Pull, Review};

/// All that the gate needs to know of a pull request, fresh from the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullFacts {
    /// The pull request.
    pub pull: Pull,
    /// All its reviews.
    pub reviews: Vec<Review>,
    /// By login, at least [`whose_permission`](super::Question::whose_permission) asks for.
    pub permissions: BTreeMap<String, Permission>,
}

impl PullFacts {
    pub(super) fn permission(&self, login: &str) -> Option<Permission> {
        let mut permissions = self.permissions.iter();
        let (_, found) = permissions.find(|(known, _)| known.eq_ignore_ascii_case(login))?;
        Some(*found)
    }

    /// Whether the head is in another repository, or in none.
    pub(super) fn is_fork(&self) -> bool {
        let Pull { head, base, .. } = &self.pull;
        let name = |branch: &'_ Branch| branch.repo.as_ref().map(|repo| repo.full_name.clone());
        head.repo.is_none() || name(head) != name(base)
    }
}

/// Whether a person answers for this account: not a bot, an organisation or a stand-in.
pub(super) fn is_person(account: &Account) -> bool {
    account.kind == "User" && !account.login.ends_with("[bot]")
}
