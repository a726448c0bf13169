//! The comparison: base and head measured in looks of a few seeds each, until decided, hopeless, or
//! out of budget.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use tokio::time::Instant;

use super::{
    looks::{Comparison, Looks},
    past::Past,
};
use crate::{
    config::Pairing,
    data::{DataVersions, differ},
    measure::{Observation, Pairs, Plan, Role, Side, Training, measure, order},
    verdict::Prior,
};

/// What is to be decided, and what is known before.
#[derive(Debug)]
pub(super) struct Decision<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) base: &'a Side<'a>,
    pub(super) head: &'a Side<'a>,
    /// Trainings of the base that need not be done again.
    pub(super) known: Vec<Observation>,
    /// The base's earlier readings, and the name of its trainings among them.
    pub(super) past: (&'a Past, &'a str),
    /// When `limits.total` is used up.
    pub(super) deadline: Instant,
}

impl<'a> Decision<'a> {
    /// Measures look after look.
    pub(super) async fn reach(mut self) -> Result<Comparison> {
        let mut looks = Looks::new(self.plan.config, BTreeMap::new());
        while let Some(seeds) = looks.next() {
            let wanted = self.wanted(seeds, &[]);
            if let Some(why) = self.refused(&wanted).filter(|_| looks.any()) {
                self.plan.progress.say(format!("no further look: {why}"));
                looks.stop(why);
                break;
            }
            let mut observations = measure(self.plan, wanted).await?;
            if let Some(why) = self.forget(&observations) {
                self.plan.progress.say(&why);
                looks.renew(why);
                let missing = self.wanted(seeds, &observations);
                observations.extend(measure(self.plan, missing).await?);
            }
            if !looks.any() {
                looks.remember(self.priors(&observations));
            }
            let known = self.known.iter().filter(|known| seeds.contains(&known.seed));
            observations.extend(known.cloned());
            looks.take(observations);
            let again = self.again(&looks.reruns()).await?;
            looks.take_again(again);
            self.plan.progress.say(looks.state());
        }
        Ok(looks.finish())
    }

    /// Forgets trainings of the base that read other data than the head's; yields why, if there are any.
    fn forget(&mut self, observed: &[Observation]) -> Option<String> {
        let data = data_of_head(observed);
        let (stale, known): (Vec<_>, Vec<_>) = std::mem::take(&mut self.known)
            .into_iter()
            .partition(|known| data.iter().any(|data| differ(data, &known.data)));
        self.known = known;
        (!stale.is_empty()).then(|| {
            format!(
                "the data changed since the base was trained, so {} earlier trainings of it do not count",
                stale.len()
            )
        })
    }

    /// The base's earlier readings of the same data, by metric.
    fn priors(&self, observed: &[Observation]) -> BTreeMap<String, Prior> {
        let (past, key) = self.past;
        past.priors(self.plan.config, key, &self.known, &data_of_head(observed))
    }

    /// The trainings of these seeds that are not known yet, and not done.
    fn wanted(&self, seeds: &[u64], done: &[Observation]) -> Vec<Vec<Training<'a>>> {
        let pairs = match self.plan.config.pairing {
            Pairing::Node => Pairs::OneNode,
            Pairing::None | Pairing::Seed => Pairs::Anywhere,
        };
        let mut chains = order(&[self.base, self.head], seeds, pairs);
        let is_known = |training: &Training<'_>| {
            let known = |known: &Observation| {
                (known.role, known.seed) == (training.side.role, training.seed)
            };
            self.known.iter().chain(done).any(known)
        };
        for chain in &mut chains {
            chain.retain(|training| !is_known(training));
        }
        chains.retain(|chain| !chain.is_empty());
        chains
    }

    /// Trains head once more with the seeds of which one training was not finite: was it chance?
    async fn again(&self, seeds: &[u64]) -> Result<Vec<Observation>> {
        if seeds.is_empty() {
            return Ok(Vec::new());
        }
        self.plan.progress.say("head was not finite in one training; is that chance?");
        let training = |seed: &u64| vec![Training { side: self.head, seed: *seed, again: true }];
        measure(self.plan, seeds.iter().map(training).collect()).await
    }

    /// Why a further look does not fit, if it does not.
    fn refused(&self, wanted: &[Vec<Training<'_>>]) -> Option<String> {
        let trainings = wanted.iter().map(Vec::len).sum();
        self.plan.budget.refuses(trainings).or_else(|| self.too_late(trainings))
    }

    fn too_late(&self, trainings: usize) -> Option<String> {
        let each = self.plan.budget.spent().seconds_each()?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let places = self.base.places.max(self.head.places).max(1.0);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand trainings")]
        let needed = Duration::from_secs_f64((trainings as f64 / places).ceil() * each);
        (needed > left).then(|| {
            format!(
                "limits.total ({}): {} are left, {trainings} more trainings take about {}",
                self.plan.config.limits.total,
                crate::progress::seconds(left),
                crate::progress::seconds(needed),
            )
        })
    }
}

/// What the head's trainings say that they read.
fn data_of_head(observed: &[Observation]) -> Vec<DataVersions> {
    let head = observed.iter().filter(|one| one.role == Role::Head);
    head.map(|one| one.data.clone()).collect()
}
