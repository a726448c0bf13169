//! Whose code runs where base is trained.  On one Ray, head's code can overwrite what base's trainings run, end
//! them, or report in their place; so what base gave beside it says nothing of base to anybody else.

use std::sync::atomic::{AtomicBool, Ordering};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Role, Training};

/// What the sides of a comparison share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sharing {
    /// One Ray, or the machine of two.
    Ray,
    /// The only worker: each side has a cluster of its own, and they take turns.
    Worker,
    /// Nothing.
    #[default]
    Nothing,
}

/// What head's code could do to a training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Exposure {
    /// Nothing: it was not there, or is trusted.
    #[default]
    None,
    /// Anything: it came to the same Ray before the training ended.
    Beside,
    /// Anything; and the training was killed there, and done again.
    Killed,
}

/// Whether head's code has come to where base is trained.
#[derive(Debug, Default)]
pub struct Company {
    /// What the sides share.
    sharing: Sharing,
    /// Whether head is on the default branch.
    trusted: bool,
    /// Whether base's Ray asks nobody for a token, so that head's code reaches it from its own cluster.
    open: AtomicBool,
    arrived: AtomicBool,
}

impl Company {
    /// Of sides that share something; a head on the default branch is `trusted`.
    pub fn new(sharing: Sharing, trusted: bool) -> Self {
        Self { sharing, trusted, ..Self::default() }
    }

    /// What the sides share.
    pub fn sharing(&self) -> Sharing {
        self.sharing
    }

    /// Where the sides are trained, in words.
    pub fn told(&self, cluster: &str) -> String {
        match self.sharing {
            Sharing::Ray => cluster.to_owned(),
            Sharing::Worker => format!("{cluster}, a cluster for each side, which train in turn"),
            Sharing::Nothing => format!("{cluster}, a cluster for each side"),
        }
    }

    /// Base's Ray asks for no token.
    pub fn open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }

    /// Whether head's code reaches where base is trained, once it has come.
    fn is_reached(&self) -> bool {
        self.sharing == Sharing::Ray || self.open.load(Ordering::Relaxed)
    }

    /// Whether head's code may come to where base is trained, and is not trusted.
    pub(super) fn exposes(&self, role: Role) -> bool {
        role == Role::Base && self.is_reached() && !self.trusted
    }

    /// Code of a side is about to run, in a training or where its requirements are installed.
    pub fn arrive(&self, role: Role) {
        if role == Role::Head && self.is_reached() {
            self.arrived.store(true, Ordering::Relaxed);
        }
    }

    /// Whether head's code is where a side is trained that is not its own.
    pub(super) fn is_mixed(&self, role: Role) -> bool {
        role == Role::Base && self.arrived.load(Ordering::Relaxed)
    }

    /// What head's code could do to a training that just ended; `killed` of one that was done again.
    pub(super) fn exposure(&self, role: Role, killed: bool) -> Exposure {
        match (killed, self.is_mixed(role) && !self.trusted) {
            (true, _) => Exposure::Killed,
            (false, true) => Exposure::Beside,
            (false, false) => Exposure::None,
        }
    }

    /// Whether trainings run in places that base alone has.
    pub(super) fn of_base_alone(&self, chain: &[Training<'_>]) -> bool {
        let of_base = || chain.first().is_some_and(|one| one.side.role == Role::Base);
        self.sharing == Sharing::Nothing && of_base()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sharing: Sharing, trusted: bool) -> [Exposure; 4] {
        let company = Company::new(sharing, trusted);
        let before = company.exposure(Role::Base, false);
        company.arrive(Role::Base);
        company.arrive(Role::Head);
        let after = |role| company.exposure(role, false);
        [before, after(Role::Base), after(Role::Head), company.exposure(Role::Base, true)]
    }

    #[test]
    fn base_is_exposed_once_head_has_come_to_its_ray() {
        use Exposure::{Beside, Killed, None};
        assert_eq!(told(Sharing::Ray, false), [None, Beside, None, Killed]);
        // A head that is trusted changes nothing, but whatever killed a training is not known.
        assert_eq!(told(Sharing::Ray, true), [None, None, None, Killed]);
        assert_eq!(told(Sharing::Worker, false)[1], None);
        assert_eq!(told(Sharing::Nothing, false)[1], None);
    }

    #[test]
    fn a_ray_without_a_token_is_reached_from_another_cluster() {
        let company = Company::new(Sharing::Nothing, false);
        company.open();
        company.arrive(Role::Head);
        assert_eq!(company.exposure(Role::Base, false), Exposure::Beside);
        assert!(company.exposes(Role::Base) && !company.exposes(Role::Head));
    }

    #[test]
    fn only_a_kill_beside_head_is_one() {
        let company = Company::new(Sharing::Ray, false);
        assert!(!company.is_mixed(Role::Base));
        company.arrive(Role::Head);
        assert!(company.is_mixed(Role::Base) && !company.is_mixed(Role::Head));
        assert!(!company.is_mixed(Role::Bisect));
    }
}
