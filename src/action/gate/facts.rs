//! What GitHub says about a pull request, asked after the event.

use std::collections::BTreeMap;

use crate::clients::github::{
    Account, Activity, Branch, Permission, Pull, Review, is_every_workflow,
};

/// All that the gate needs to know of a pull request, fresh from the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullFacts {
    /// The pull request.
    pub pull: Pull,
    /// All its reviews.
    pub reviews: Vec<Review>,
    /// By login, at least [`whose_permission`](super::GateInput::whose_permission) asks for.
    pub permissions: BTreeMap<String, Permission>,
    /// When it was made to go into the branch that it goes into, RFC 3339, if it went into another before; asked for
    /// where [it matters](super::GateInput::asks_for_reviews).
    pub retargeted: Option<String>,
    /// What was done last to the head's branch, or why GitHub does not tell; asked for where
    /// [it matters](super::GateInput::asks_who_pushed).
    pub activity: Result<Option<Activity>, String>,
}

impl PullFacts {
    pub(super) fn permission(&self, login: &str) -> Option<Permission> {
        let mut permissions = self.permissions.iter();
        let (_, found) = permissions.find(|(known, _)| known.eq_ignore_ascii_case(login))?;
        Some(*found)
    }

    /// Who pushed the head last, or why nobody knows.
    pub(super) fn pusher(&self) -> Result<&Account, String> {
        let head = &self.pull.head.sha;
        let Some(last) = self.activity.as_ref().map_err(Clone::clone)? else {
            return Err("GitHub lists no push to its branch".to_owned());
        };
        if last.after != head.as_str() {
            return Err("the last push that GitHub lists is of another commit".to_owned());
        }
        match &last.actor {
            None => Err("whoever did has no account any more".to_owned()),
            Some(actor) if is_every_workflow(&actor.login) => {
                Err(format!("{} did, as which every workflow pushes", actor.login))
            }
            Some(actor) => Ok(actor),
        }
    }

    pub(super) fn is_pushed_by(&self, account: &Account) -> bool {
        self.pusher().is_ok_and(|pusher| pusher.login.eq_ignore_ascii_case(&account.login))
    }

    /// Whether what was said at this time is of another change: by the same head, but into another branch.
    pub(super) fn was_of_another_target(&self, said: Option<&str>) -> bool {
        let at = |text: &str| humantime::parse_rfc3339(text).ok();
        let Some(changed) = self.retargeted.as_deref().map(at) else { return false };
        // Of what cannot be read the worse is taken to be true.
        changed.zip(said.and_then(at)).is_none_or(|(changed, said)| said <= changed)
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
