//! What is remembered of earlier comparisons, as far as it serves this one.  Pure.

use std::path::PathBuf;

use super::{
    Release,
    anchor::{self, Anchor, Dated},
    known::KnownBase,
};
use crate::{
    clock::now,
    config::{Config, Pairing, Reuse},
    experiment::{
        history::{self, Record},
        machine::Machine,
        measure::{Exposure, Observation, Role},
        trace::Seen,
    },
    report::{Drift, Point, Trend},
    verdict::{Look, Measured, Reading, judge_all},
};

/// Points of the trend chart.
const TREND: usize = 20;

/// Trainings whose time says what a training takes.
const TIMED: usize = 20;

/// What is remembered.
#[derive(Debug, Default)]
pub(super) struct Past {
    records: Vec<Record>,
    /// What could not be read.
    pub(super) warnings: Vec<String>,
}

impl Past {
    /// Of records without those of bisects.  What a bisect read of a commit depends on what it had read
    /// before: it reads on where numbers look bad.  The tests of a comparison know of no such choice.
    pub(super) fn new(mut records: Vec<Record>, warnings: Vec<String>) -> Self {
        records.retain(|record| record.role != Role::Bisect);
        Self { records, warnings }
    }

    /// Seconds that the last trainings took, on average; none if none is known.
    pub(super) fn seconds_each(&self) -> Option<f64> {
        let readings = self.records.iter().flat_map(|record| &record.readings);
        let seconds: Vec<f64> = readings.take(TIMED).map(|reading| reading.seconds).collect();
        #[expect(clippy::cast_precision_loss, reason = "twenty at most")]
        let count = seconds.len() as f64;
        (!seconds.is_empty()).then(|| seconds.iter().sum::<f64>() / count)
    }

    /// Readings of `key` that stand for a training of the base, by the config's seeds.  A reading that
    /// lacks a metric, or of which one is not finite, stands for none; nor do those of later seeds alone,
    /// since no seed of the first look tells whether they still hold.
    pub(super) fn known(&self, config: &Config, key: &str) -> Vec<Observation> {
        let settings = config.history.as_ref().filter(|settings| settings.reuse != Reuse::Never);
        let Some(settings) = settings else { return Vec::new() };
        let every = history::every(&self.records, key);
        let records = self.since(config, anchor::steady(config, &every));
        let readings = history::known(records, key, settings.age.duration(), now());
        let whole = |reading: &history::RecordedReading| {
            let finite =
                |name| reading.metrics.get(name).is_some_and(|value: &f64| value.is_finite());
            config.seeds.values().contains(&reading.seed) && config.metrics.keys().all(finite)
        };
        let known =
            readings.into_iter().filter(whole).map(|reading| self.observation(key, reading));
        let known: Vec<Observation> = known.collect();
        let anchored = settings.reuse == Reuse::Unchecked || anchoring(config, &known).is_some();
        if anchored { known } else { Vec::new() }
    }

    /// All that is known of the base with `key`; of its trainings, `observations` stand for new ones.
    pub(super) fn of_base(
        &self,
        config: &Config,
        key: &str,
        observations: Vec<Observation>,
    ) -> KnownBase {
        let seed = anchoring(config, &observations).filter(|_| config.reuse() == Reuse::Anchored);
        let every = history::every(&self.records, key);
        let steady = anchor::steady(config, &every);
        let anchor = seed.map(|seed| Anchor::new(seed, steady));
        let earlier = history::latest(self.since(config, steady), key);
        KnownBase { observations, earlier, anchor }
    }

    /// The records since the first of the `steady` readings: the last time that a training did not repeat what
    /// it had given before.
    fn since(&self, config: &Config, steady: &[Dated<'_>]) -> impl Iterator<Item = &Record> {
        let first = steady.first().map(|(at, _)| *at);
        let since = first.filter(|_| config.reuse() == Reuse::Anchored).unwrap_or(0);
        self.records.iter().filter(move |record| record.at >= since)
    }

    fn observation(&self, key: &str, reading: history::RecordedReading) -> Observation {
        let of_key = self.records.iter().filter(|record| record.key == key);
        let run = of_key
            .filter(|record| record.readings.contains(&reading))
            .map(|record| record.run.clone())
            .next();
        let machine = reading.machine.as_ref().map(Machine::of_facts).unwrap_or_default();
        Observation {
            role: Role::Base,
            seed: reading.seed,
            readings: reading.metrics,
            data: reading.data,
            seen: Seen::default(),
            span: (0, 0),
            seconds: reading.seconds,
            log: PathBuf::new(),
            machine,
            retried: None,
            reused: Some(run.unwrap_or_default()),
            crashed: None,
            spare: false,
            exposure: Exposure::None,
        }
    }

    /// Each metric over the last commits of the default branch, where there are two or more.
    pub(super) fn trend(&self, config: &Config) -> Vec<Trend> {
        let of_metric = |name: &String| {
            let points = history::trend(&self.records, name, TREND);
            let point = |point: &history::HistoryPoint| Point {
                commit: point.commit.short().to_owned(),
                mean: point.mean,
                count: point.n,
            };
            let points: Vec<Point> = points.iter().map(point).collect();
            (points.len() > 1).then(|| Trend { metric: name.clone(), points })
        };
        config.metrics.keys().filter_map(of_metric).collect()
    }

    /// Head against the last release, if that was measured: a look of its own, which decides nothing.
    pub(super) fn drift(
        &self,
        config: &Config,
        release: Option<&Release>,
        observations: &[Observation],
    ) -> Option<Drift> {
        let release = release?;
        let of_release: Vec<&history::RecordedReading> = self
            .records
            .iter()
            .filter(|record| record.commit == release.sha)
            .flat_map(|record| &record.readings)
            .collect();
        let of_head = |one: &&Observation| one.role == Role::Head && one.crashed.is_none();
        let of_head: Vec<&Observation> = observations.iter().filter(of_head).collect();
        let seeds = of_release.len().min(of_head.len());
        if seeds == 0 {
            return None;
        }
        let measured: Vec<Measured<'_>> = config
            .metrics
            .iter()
            .map(|(name, metric)| {
                let reading = |value: Option<f64>| value.map_or(Reading::Missing, Reading::Value);
                let base = of_release.iter().map(|one| reading(one.metrics.get(name).copied()));
                let head = of_head.iter().map(|one| reading(one.readings.get(name).copied()));
                let (base, head) = (base.take(seeds).collect(), head.take(seeds).collect());
                Measured { name, metric: *metric, base, head, prior: None }
            })
            .collect();
        let plan = [seeds];
        let pairing = Pairing::None;
        let look = Look { plan: &plan, index: 0, rates: config.error_rates, pairing };
        let metrics = judge_all(&look, &measured, &[]);
        Some(Drift { since: release.tag.clone(), metrics })
    }
}

/// The seed of the first look that is known, if one is: trained again, it tells whether the rest holds.
fn anchoring(config: &Config, known: &[Observation]) -> Option<u64> {
    let mut seeds = config.seeds.of_first_look().iter().copied();
    seeds.find(|seed| known.iter().any(|one| one.seed == *seed))
}

/// A training as the history keeps it.  One that crashed stands as one that diverged.
pub(super) fn kept(config: &Config, one: &Observation) -> history::RecordedReading {
    let lost = || config.metrics.keys().map(|name| (name.clone(), f64::NAN)).collect();
    history::RecordedReading {
        seed: one.seed,
        metrics: if one.crashed.is_some() { lost() } else { one.readings.clone() },
        data: one.data.clone(),
        seconds: one.seconds,
        machine: Some(one.machine.named()),
    }
}

#[cfg(test)]
mod tests;
