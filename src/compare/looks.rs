//! The comparison: base and head measured in looks of a few seeds each, until decided.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::{
    config::{Config, Metric},
    measure::{Observation, Plan, Role, Side, measure},
    progress::Progress,
    verdict::{
        Look, Measured, MetricVerdict, Prior, Reading, Verdict, judge_all, outlook, overall,
        worth_another_look,
    },
};

/// What was observed, and what it comes to.
#[derive(Debug)]
pub(super) struct Comparison {
    /// Every training, base first, in the order of seeds.
    pub observations: Vec<Observation>,
    /// Every declared metric, in the order of the config.
    pub metrics: Vec<MetricVerdict>,
    /// The overall verdict.
    pub verdict: Verdict,
}

/// Measures look after look.  Stops once a metric is shown to have regressed, all are decided, or
/// the looks that are left have no real chance to decide one.
pub(super) async fn decide(
    plan: &Plan<'_>,
    sides: &[Side<'_>],
    progress: &Progress,
) -> Result<Comparison> {
    let mut looks = Looks::new(plan.config, BTreeMap::new());
    while let Some(seeds) = looks.next() {
        looks.take(measure(plan, sides, seeds, progress).await?);
        progress.say(looks.state());
    }
    Ok(looks.finish())
}

/// The looks that were made, and what they came to.  Trains nothing itself.
#[derive(Debug)]
pub(super) struct Looks<'a> {
    config: &'a Config,
    /// Seeds a side at each planned look.
    plan: Vec<usize>,
    /// Looks that were made.
    made: usize,
    /// The base's earlier readings, by metric.
    priors: BTreeMap<String, Prior>,
    observations: Vec<Observation>,
    /// Trainings of [`Self::reruns`]; after they are set, [`Self::judge`] takes them in.
    pub again: Vec<Observation>,
    metrics: Vec<MetricVerdict>,
}

impl<'a> Looks<'a> {
    /// No look yet.
    pub(super) fn new(config: &'a Config, priors: BTreeMap<String, Prior>) -> Self {
        Self {
            config,
            plan: config.seeds.looks(),
            made: 0,
            priors,
            observations: Vec::new(),
            again: Vec::new(),
            metrics: Vec::new(),
        }
    }

    /// The seeds to train both sides with for the next look; none if there is to be none.
    pub(super) fn next(&self) -> Option<&'a [u64]> {
        let undecided = overall(&self.metrics) == Verdict::Inconclusive;
        let worth = self.made == 0 || worth_another_look(&self.look(), &self.metrics);
        let end = *self.plan.get(self.made)?;
        (undecided && worth).then(|| &self.config.seeds.values()[self.seen()..end])
    }

    /// Takes the trainings of the next look in, and judges.
    pub(super) fn take(&mut self, observations: Vec<Observation>) {
        self.observations.extend(observations);
        self.made += 1;
        self.judge();
    }

    /// Judges what is undecided yet at the last look that was made.
    pub(super) fn judge(&mut self) {
        let measure = |(name, metric): (&'a String, &Metric)| Measured {
            name,
            metric: *metric,
            base: self.readings(Role::Base, name),
            head: self.readings(Role::Head, name),
            prior: self.priors.get(name),
        };
        let measured: Vec<Measured<'_>> = self.config.metrics.iter().map(measure).collect();
        let look = self.look();
        let mut metrics = judge_all(&look, &measured, &self.metrics);
        for metric in &mut metrics {
            metric.outlook = outlook(&look, metric);
        }
        self.metrics = metrics;
    }

    /// Seeds of head that should be trained once more, since a gated metric was not finite in one
    /// training, which may be chance.
    pub(super) fn reruns(&self) -> Vec<u64> {
        let gated = self.metrics.iter().filter(|metric| metric.gated);
        let places = gated.flat_map(|metric| metric.rerun.iter().copied());
        let mut seeds: Vec<u64> =
            places.filter_map(|place| self.config.seeds.values().get(place).copied()).collect();
        seeds.sort_unstable();
        seeds.dedup();
        seeds
    }

    /// Where it stands, in a sentence.
    pub(super) fn state(&self) -> String {
        let verdict = overall(&self.metrics);
        let mut parts = vec![format!("after {} seeds a side: {}", self.seen(), verdict.word())];
        let reruns = self.reruns();
        if !reruns.is_empty() {
            let seeds: Vec<String> = reruns.iter().map(u64::to_string).collect();
            parts.push(format!("head was not finite with seed {}", seeds.join(", ")));
        }
        if verdict == Verdict::Inconclusive && self.next().is_none() {
            let most = self.config.seeds.values().len();
            parts.push(format!("{most} seeds a side cannot decide"));
        }
        parts.join("; ")
    }

    /// The end of it.
    pub(super) fn finish(mut self) -> Comparison {
        self.observations.sort_by_key(|observation| (observation.role, observation.seed));
        Comparison {
            verdict: overall(&self.metrics),
            observations: self.observations,
            metrics: self.metrics,
        }
    }

    fn look(&self) -> Look<'_> {
        Look {
            plan: &self.plan,
            index: self.made.saturating_sub(1),
            rates: self.config.error_rates,
            pairing: self.config.pairing,
        }
    }

    /// Seeds a side so far.
    fn seen(&self) -> usize {
        self.made.checked_sub(1).and_then(|last| self.plan.get(last)).copied().unwrap_or(0)
    }

    fn readings(&self, role: Role, name: &str) -> Vec<Reading> {
        let seeds = &self.config.seeds.values()[..self.seen()];
        seeds.iter().map(|seed| self.reading(role, *seed, name)).collect()
    }

    fn reading(&self, role: Role, seed: u64, name: &str) -> Reading {
        let find = |observations: &'_ [Observation]| {
            observations
                .iter()
                .find(|one| one.role == role && one.seed == seed)
                .map(|one| one.readings.get(name).copied())
        };
        match (find(&self.observations).flatten(), find(&self.again)) {
            (None, _) => Reading::Missing,
            (Some(first), Some(again)) if !first.is_finite() => Reading::Rerun { first, again },
            (Some(value), _) => Reading::Value(value),
        }
    }
}

#[cfg(test)]
mod tests;
