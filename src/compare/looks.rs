//! The looks of a comparison: which seeds are next, and what was seen comes to.  Pure.

use super::known::KnownBase;
use crate::{
    config::{Config, Metric, Pairing},
    experiment::{
        history,
        measure::{Observation, Role},
        trace::unexercised,
    },
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
        let ended = |one: &&Observation| one.role == Role::Head && one.crashed.is_none();
        let head = self.observations.iter().filter(ended);
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
    /// What is known of the base beforehand.
    known: KnownBase,
    observations: Vec<Observation>,
    /// Seeds beyond the plan that stand in for those of which a training diverged or crashed.
    spares: Vec<u64>,
    metrics: Vec<MetricVerdict>,
    stopped: Option<String>,
    renewed: Option<String>,
}

impl<'a> Looks<'a> {
    /// No look yet.
    pub(super) fn new(config: &'a Config, known: KnownBase) -> Self {
        Self {
            config,
            plan: config.seeds.looks(),
            made: 0,
            known,
            observations: Vec::new(),
            spares: Vec::new(),
            metrics: Vec::new(),
            stopped: None,
            renewed: None,
        }
    }

    /// Takes trainings in, and forgets what is known of the base that does not hold any more beside them.
    /// Yields why, if trainings are missing then.
    pub(super) fn add(&mut self, observations: Vec<Observation>) -> Option<&str> {
        let why = self.known.renew(self.config, &observations);
        self.observations.extend(observations);
        Some(self.renewed.insert(why?))
    }

    /// Whether a training need not be done any more.
    pub(super) fn has(&self, role: Role, seed: u64) -> bool {
        role == Role::Base && self.known.has(seed) || self.find(role, seed).is_some()
    }

    /// The sides of which no training is known that came to its end.
    pub(super) fn unproven(&self) -> Vec<Role> {
        let ended = |role| {
            let all = self.known.observations.iter().chain(&self.observations);
            all.into_iter().any(|one| one.role == role && one.crashed.is_none())
        };
        [Role::Base, Role::Head].into_iter().filter(|role| !ended(*role)).collect()
    }

    /// Looks that were made.
    pub(super) fn made(&self) -> usize {
        self.made
    }

    /// There will be no further look, for a reason that has nothing to do with what was seen.
    pub(super) fn stop(&mut self, why: String) {
        self.stopped = Some(why);
    }

    /// The seeds to train both sides with for the next look; none if there is to be none.
    pub(super) fn next(&self) -> Option<&'a [u64]> {
        let undecided = overall(&self.metrics) == Verdict::Inconclusive;
        let worth = self.made == 0 || worth_another_look(&self.look(), &self.metrics);
        let end = *self.plan.get(self.made)?;
        (undecided && worth).then(|| &self.config.seeds.values()[self.seen()..end])
    }

    /// The next look is of all trainings that were added, and of what is known of the base.
    pub(super) fn take(&mut self) {
        self.made += 1;
        let end = if self.is_paired() { self.seen() } else { self.config.seeds.values().len() };
        let wanted = [&self.config.seeds.values()[..end], &self.spares].concat();
        self.observations.extend(self.known.take(&wanted));
    }

    /// Other seeds to train in place of those of the last look whose training diverged or crashed, on the
    /// side where more did: the same seed would most likely do the same again.
    pub(super) fn spare(&mut self) -> Vec<u64> {
        let before = self.made.checked_sub(2).map_or(0, |last| self.plan[last]);
        let fresh = &self.config.seeds.values()[before..self.seen()];
        let lost = |role| fresh.iter().filter(|seed| self.is_lost(role, **seed)).count();
        let lost = lost(Role::Base).max(lost(Role::Head));
        let used =
            |seed: &u64| self.config.seeds.values().contains(seed) || self.spares.contains(seed);
        let spares: Vec<u64> = (1..).filter(|seed| !used(seed)).take(lost).collect();
        self.spares.extend(&spares);
        spares
    }

    /// Whether a training has no finite value of a metric that counts, and could have had one.
    fn is_lost(&self, role: Role, seed: u64) -> bool {
        let gated = self.config.metrics.iter().filter(|(_, metric)| metric.gate);
        let mut readings = gated.map(|(name, _)| self.reading(role, seed, name));
        readings.any(|reading| match reading {
            Reading::Missing => false,
            Reading::Crashed => true,
            Reading::Value(value) => !value.is_finite(),
        })
    }

    /// Takes the trainings of spare seeds in.
    pub(super) fn take_spare(&mut self, observations: Vec<Observation>) {
        let spare = |one| Observation { spare: true, ..one };
        self.observations.extend(observations.into_iter().map(spare));
    }

    /// Judges what is undecided yet at the last look that was made.
    pub(super) fn judge(&mut self) {
        let names = self.config.metrics.keys();
        let priors: Vec<Prior> = names.map(|name| self.prior(name)).collect();
        let measure = |((name, metric), prior): ((&'a String, &Metric), _)| Measured {
            name,
            metric: *metric,
            base: self.readings(Role::Base, name),
            head: self.readings(Role::Head, name),
            prior: Some(prior),
        };
        let metrics = self.config.metrics.iter().zip(&priors);
        let measured: Vec<Measured<'_>> = metrics.map(measure).collect();
        let look = self.look();
        let mut metrics = judge_all(&look, &measured, &self.metrics);
        for metric in &mut metrics {
            metric.outlook = outlook(&look, metric);
        }
        self.metrics = metrics;
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

    fn is_paired(&self) -> bool {
        self.config.pairing != Pairing::None
    }

    /// Of the seeds so far, of spare ones, and of the base what is known of further ones.
    fn readings(&self, role: Role, name: &str) -> Vec<Reading> {
        let (seen, ahead) = self.config.seeds.values().split_at(self.seen());
        let observed = |seed: &&u64| self.find(role, **seed).is_some();
        let other = if role == Role::Base { Role::Head } else { Role::Base };
        // Half a pair is none.
        let whole = |seed: &&u64| !self.is_paired() || self.find(other, **seed).is_some();
        let spares = self.spares.iter().filter(observed).filter(whole);
        let ahead = ahead.iter().filter(|_| role == Role::Base && !self.is_paired());
        let seeds = seen.iter().chain(spares).chain(ahead.filter(observed));
        seeds.map(|seed| self.reading(role, *seed, name)).collect()
    }

    fn find(&self, role: Role, seed: u64) -> Option<&Observation> {
        self.observations.iter().find(|one| one.role == role && one.seed == seed)
    }

    fn reading(&self, role: Role, seed: u64, name: &str) -> Reading {
        let Some(observation) = self.find(role, seed) else { return Reading::Missing };
        match observation.readings.get(name) {
            _ if observation.crashed.is_some() => Reading::Crashed,
            Some(value) => Reading::Value(*value),
            None => Reading::Missing,
        }
    }

    /// The base's earlier readings of other seeds than those read in this comparison.
    fn prior(&self, name: &str) -> Prior {
        let other = |one: &&history::RecordedReading| self.find(Role::Base, one.seed).is_none();
        let earlier = self.known.earlier.iter().filter(other);
        Prior { values: earlier.filter_map(|one| one.metrics.get(name).copied()).collect() }
    }
}

#[cfg(test)]
mod tests;
