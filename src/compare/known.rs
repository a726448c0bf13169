//! What is known of the base before anything is trained, and whether it still holds.  Pure.

use super::{anchor::Anchor, past::kept};
use crate::{
    config::{Config, Reuse},
    experiment::{
        data::{DataVersions, differ},
        history,
        measure::{Observation, Role},
    },
};

/// What is known of the base before anything is trained.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownBase {
    /// Trainings that need not be done again.
    pub(super) observations: Vec<Observation>,
    /// Earlier readings, the oldest first, one for each seed.
    pub(super) earlier: Vec<history::RecordedReading>,
    /// Which of the trainings is done again all the same, and what it must repeat.
    pub(super) anchor: Option<Anchor>,
}

impl KnownBase {
    /// How many trainings there are, in a sentence, if there are any.
    pub(super) fn told(&self) -> Option<String> {
        let count = self.observations.len();
        let told = format!("{count} trainings of the base are known from the history");
        (count > 0).then(|| match &self.anchor {
            Some(Anchor { seed, .. }) => {
                format!("{told}; seed {seed} is trained again, to see whether they still hold")
            }
            None => told,
        })
    }

    /// Whether no training of the base can be needed, so that it has no cluster of its own.
    pub(super) fn is_whole(&self, config: &Config) -> bool {
        is_whole(config, &self.observations)
    }

    /// Whether a training of the base need not be done.
    pub(super) fn has(&self, seed: u64) -> bool {
        let anchors = self.anchor.as_ref().is_some_and(|anchor| anchor.seed == seed);
        !anchors && self.observations.iter().any(|one| one.seed == seed)
    }

    /// Forgets what does not hold any more beside the trainings of today.  Yields why, if trainings are
    /// missing then.
    pub(super) fn renew(&mut self, config: &Config, today: &[Observation]) -> Option<String> {
        let stale = self.of_other_data(today);
        let changed = self.checked(config, today);
        changed.or(stale)
    }

    fn of_other_data(&mut self, today: &[Observation]) -> Option<String> {
        let is_stale = |known: &DataVersions| today.iter().any(|one| differ(&one.data, known));
        self.earlier.retain(|one| !is_stale(&one.data));
        let before = self.observations.len();
        self.observations.retain(|one| !is_stale(&one.data));
        let stale = before - self.observations.len();
        (stale > 0).then(|| {
            format!(
                "the data changed since the base was trained, so {stale} earlier trainings of it do not count"
            )
        })
    }

    /// What was done again counts in place of what is known of its seed.
    fn checked(&mut self, config: &Config, today: &[Observation]) -> Option<String> {
        let seed = self.anchor.as_ref()?.seed;
        let again = today.iter().find(|one| (one.role, one.seed) == (Role::Base, seed))?;
        let changed = self.anchor.take()?.refuted(config, &kept(config, again));
        if changed.is_some() {
            self.earlier.clear();
            self.observations.clear();
        }
        self.observations.retain(|one| one.seed != seed);
        changed
    }

    /// The trainings with these seeds, which are known no more.
    pub(super) fn take(&mut self, seeds: &[u64]) -> Vec<Observation> {
        let known = std::mem::take(&mut self.observations);
        let (taken, rest) = known.into_iter().partition(|one| seeds.contains(&one.seed));
        self.observations = rest;
        taken
    }
}

/// Whether these trainings of the base are all that can be needed.  One is needed where they are anchored; and
/// those that tell their data may turn out to be of other data than the head's.
pub(super) fn is_whole(config: &Config, known: &[Observation]) -> bool {
    let is_known = |seed: &u64| known.iter().any(|one| one.seed == *seed && one.data.is_empty());
    config.reuse() != Reuse::Anchored && config.seeds.values().iter().all(is_known)
}

#[cfg(test)]
mod tests;
