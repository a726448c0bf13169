//! The comparison: base and head measured in looks of a few seeds each, until decided, hopeless, or
//! out of budget.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::Instant;

use super::{
    known::KnownBase,
    looks::{Comparison, Looks},
    turns::measure_in_turn,
};
use crate::{
    config::Pairing,
    experiment::measure::{
        Observation, Pairs, Plan, Role, Sharing, Side, Training, measure, order,
    },
};

/// What is to be decided, and what is known before.
#[derive(Debug)]
pub(super) struct DecisionInput<'a> {
    pub(super) plan: &'a Plan<'a>,
    pub(super) base: &'a Side<'a>,
    pub(super) head: &'a Side<'a>,
    /// What is known of the base beforehand.
    pub(super) known: KnownBase,
    /// When `limits.total` is used up.
    pub(super) deadline: Instant,
}

impl DecisionInput<'_> {
    /// Measures look after look.
    pub(super) async fn reach(&self) -> Result<Comparison> {
        let mut looks = Looks::new(self.plan.config, self.known.clone());
        while let Some(seeds) = looks.next() {
            let sides = self.in_turn(&looks);
            let wanted = self.wanted(&looks, &sides, seeds);
            let further = looks.made() > 0;
            if let Some(why) = self.refused(&wanted).filter(|_| further) {
                self.plan.progress.say(format!("no further look: {why}"));
                looks.stop(why);
                break;
            }
            self.train(&mut looks, wanted, (&sides, seeds)).await?;
            self.replace(&mut looks).await?;
            looks.judge();
            self.plan.progress.say(looks.state());
        }
        Ok(looks.finish())
    }

    /// Trains base alone with the seeds of the first look; nothing is judged.
    pub(super) async fn alone(&self) -> Result<Comparison> {
        let mut looks = Looks::new(self.plan.config, self.known.clone());
        let (sides, seeds) = ([self.base], self.plan.config.seeds.of_first_look());
        let wanted = self.wanted(&looks, &sides, seeds);
        self.train(&mut looks, wanted, (&sides, seeds)).await?;
        Ok(looks.finish())
    }

    /// What a look wants; and what was known and does not hold any more beside it.
    async fn train(
        &self,
        looks: &mut Looks<'_>,
        wanted: Vec<Vec<Training<'_>>>,
        (sides, seeds): (&[&Side<'_>], &[u64]),
    ) -> Result<()> {
        let trained = self.measure(wanted, &looks.unproven()).await?;
        if let Some(why) = looks.add(trained) {
            self.plan.progress.say(why);
            let missing = self.wanted(looks, sides, seeds);
            let trained = self.measure(missing, &looks.unproven()).await?;
            looks.add(trained);
        }
        looks.take();
        Ok(())
    }

    /// Trains a side that is not judged with the seeds of the first look, if that fits into the limits.
    pub(super) async fn aside(&self, side: &Side<'_>) -> Result<Vec<Observation>> {
        let seeds = self.plan.config.seeds.of_first_look();
        let wanted = order(&[side], seeds, Pairs::Anywhere);
        if let Some(why) = self.refused(&wanted) {
            bail!("{why}");
        }
        self.measure(wanted, &[side.role]).await
    }

    /// Base first; where the sides take turns, whichever was the last.
    fn in_turn(&self, looks: &Looks<'_>) -> [&Side<'_>; 2] {
        let turns = self.plan.company.sharing() == Sharing::Worker;
        if turns && looks.made() % 2 == 1 { [self.head, self.base] } else { [self.base, self.head] }
    }

    async fn measure(
        &self,
        wanted: Vec<Vec<Training<'_>>>,
        unproven: &[Role],
    ) -> Result<Vec<Observation>> {
        if self.plan.company.sharing() == Sharing::Worker {
            measure_in_turn(self.plan, [self.base, self.head], wanted, unproven).await
        } else {
            measure(self.plan, wanted, unproven).await
        }
    }

    /// Trains other seeds in place of those whose training diverged or crashed.
    async fn replace(&self, looks: &mut Looks<'_>) -> Result<()> {
        let spares = looks.spare();
        if spares.is_empty() {
            return Ok(());
        }
        let known = self.known.is_whole(self.plan.config);
        let sides = if known { &[self.head][..] } else { &[self.base, self.head] };
        let wanted = self.wanted(looks, sides, &spares);
        let seeds: Vec<String> = spares.iter().map(u64::to_string).collect();
        let seeds = seeds.join(", ");
        if let Some(why) = self.refused(&wanted) {
            self.plan.progress.say(format!("no training of other seeds: {why}"));
            return Ok(());
        }
        let told = format!("trainings diverged or crashed; training other seeds: {seeds}");
        self.plan.progress.say(told);
        looks.take_spare(self.measure(wanted, &[]).await?);
        Ok(())
    }

    /// The trainings of these seeds that are neither known nor done.
    fn wanted<'s>(
        &self,
        looks: &Looks<'_>,
        sides: &[&'s Side<'s>],
        seeds: &[u64],
    ) -> Vec<Vec<Training<'s>>> {
        let pairs = match self.plan.config.pairing {
            Pairing::Node => Pairs::OneNode,
            Pairing::None | Pairing::Seed => Pairs::Anywhere,
        };
        let mut chains = order(sides, seeds, pairs);
        for chain in &mut chains {
            chain.retain(|training| !looks.has(training.side.role, training.seed));
        }
        chains.retain(|chain| !chain.is_empty());
        chains
    }

    /// Why a further look does not fit, if it does not.
    fn refused(&self, wanted: &[Vec<Training<'_>>]) -> Option<String> {
        let trainings = wanted.iter().map(Vec::len).sum();
        self.plan.budget.refuses(trainings).or_else(|| self.too_late(trainings))
    }

    fn too_late(&self, trainings: usize) -> Option<String> {
        let each = self.plan.budget.spent().seconds_each()?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let (base, head) = (self.base.places, self.head.places);
        let places = match self.plan.company.sharing() {
            Sharing::Nothing => base + head,
            Sharing::Ray | Sharing::Worker => base.max(head),
        };
        #[expect(clippy::cast_precision_loss, reason = "a few thousand trainings")]
        let needed = Duration::from_secs_f64((trainings as f64 / places.max(1.0)).ceil() * each);
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
