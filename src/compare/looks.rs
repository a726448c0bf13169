//! The looks of a comparison: which seeds are next, and what was seen comes to.  Pure.

use std::collections::BTreeMap;

use crate::{
    config::{Config, Metric},
    measure::{Observation, Role},
    trace::unexercised,
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
    /// Why no further look was taken, if seeds were left and it is not decided.
    pub stopped: Option<String>,
    /// Why earlier readings of the base were not used after all.
    pub renewed: Option<String>,
    /// Why the trainings say nothing about the change, if they do not.
    pub unexercised: Option<String>,
}

impl Comparison {
    /// The same, and inconclusive if no training of head read any of the files that it should.
    pub(super) fn if_exercised(self, watched: &[String]) -> Self {
        let head = self.observations.iter().filter(|one| one.role == Role::Head);
        match unexercised(head.map(|one| &one.seen), watched) {
            None => self,
            why => Self { verdict: Verdict::Inconclusive, unexercised: why, ..self },
        }
    }
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
    /// Second trainings of seeds of which the first was not finite.
    again: Vec<Observation>,
    metrics: Vec<MetricVerdict>,
    stopped: Option<String>,
    renewed: Option<String>,
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
            stopped: None,
            renewed: None,
        }
    }

    /// Earlier readings of the base do not count, for a reason that a reader should know.
    pub(super) fn renew(&mut self, why: String) {
        self.renewed = Some(why);
    }

    /// The base's earlier readings, by metric.
    pub(super) fn remember(&mut self, priors: BTreeMap<String, Prior>) {
        self.priors = priors;
    }

    /// Whether a look was made.
    pub(super) fn any(&self) -> bool {
        self.made > 0
    }

    /// There will be no further look, for a reason that has nothing to do with what was seen.
    pub(super) fn stop(&mut self, why: String) {
        self.stopped = Some(why);
    }

    /// Takes the trainings of [`Self::reruns`] in, and judges anew.
    pub(super) fn take_again(&mut self, again: Vec<Observation>) {
        if !again.is_empty() {
            self.again.extend(again);
            self.judge();
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
    fn judge(&mut self) {
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
        let state = format!("after {} seeds a side: {}", self.seen(), verdict.word());
        match self.hopeless() {
            Some(hopeless) => format!("{state}; {hopeless}"),
            None => state,
        }
    }

    /// Why the seeds that are left are not worth their trainings.
    fn hopeless(&self) -> Option<String> {
        let left = self.made < self.plan.len();
        let undecided = overall(&self.metrics) == Verdict::Inconclusive;
        (left && undecided && self.next().is_none()).then(|| {
            format!("{} seeds a side would not decide it either", self.config.seeds.values().len())
        })
    }

    /// The end of it.
    pub(super) fn finish(self) -> Comparison {
        let stopped = self.stopped.clone().or_else(|| self.hopeless());
        let verdict = overall(&self.metrics);
        let mut observations = self.observations;
        observations.extend(self.again);
        observations.sort_by_key(|observation| (observation.role, observation.seed));
        Comparison {
            verdict,
            observations,
            metrics: self.metrics,
            stopped,
            renewed: self.renewed,
            unexercised: None,
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
