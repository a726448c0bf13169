//! What is remembered of earlier comparisons, as far as it serves this one.  Pure.

use std::path::PathBuf;

use super::Release;
use crate::{
    clock::now,
    config::{Config, Pairing},
    history::{self, Record},
    machine::Machine,
    measure::{Observation, Role},
    report::{Drift, Point, Trend},
    trace::Seen,
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
    /// lacks a metric, or of which one is not finite, stands for none.
    pub(super) fn known(&self, config: &Config, key: &str) -> Vec<Observation> {
        let Some(settings) = config.history.as_ref().filter(|settings| settings.reuse) else {
            return Vec::new();
        };
        let readings = history::known(&self.records, key, settings.age.duration(), now());
        let whole = |reading: &history::Reading| {
            let finite =
                |name| reading.metrics.get(name).is_some_and(|value: &f64| value.is_finite());
            config.seeds.values().contains(&reading.seed) && config.metrics.keys().all(finite)
        };
        readings.into_iter().filter(whole).map(|reading| self.observation(key, reading)).collect()
    }

    fn observation(&self, key: &str, reading: history::Reading) -> Observation {
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
        }
    }

    /// All readings of `key`, one for each seed, the oldest first.
    pub(super) fn earlier(&self, key: &str) -> Vec<history::Reading> {
        history::latest(&self.records, key)
    }

    /// Each metric over the last commits of the default branch, where there are two or more.
    pub(super) fn trend(&self, config: &Config) -> Vec<Trend> {
        let of_metric = |name: &String| {
            let points = history::trend(&self.records, name, TREND);
            let point = |point: &history::Point| Point {
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
        let of_release: Vec<&history::Reading> = self
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{history::Schema, source::CommitSha};

    #[test]
    fn what_a_bisect_read_is_no_base() {
        let record = |role| Record {
            schema: Schema,
            key: "0123456789abcdef".into(),
            commit: CommitSha::parse(&"a".repeat(40)).unwrap(),
            subject: "a change".into(),
            at: u64::MAX,
            run: "r".into(),
            role,
            readings: vec![history::Reading {
                seed: 1,
                metrics: [("accuracy".to_owned(), 0.9)].into(),
                data: BTreeMap::new(),
                seconds: 1.0,
                machine: None,
            }],
            image: None,
            experiment: None,
            search: None,
        };
        let text = "entrypoint: x\nmetrics: {accuracy: {direction: higher, absolute: 0.1}}\n\
                    history: {directory: h}";
        let config = Config::parse(text, "test").unwrap();
        for (role, known) in [(Role::Base, 1), (Role::Head, 1), (Role::Bisect, 0)] {
            let record = record(role);
            let past = Past::new(vec![record.clone()], Vec::new());
            assert_eq!(past.known(&config, &record.key).len(), known, "{role:?}");
            assert_eq!(past.earlier(&record.key).len(), known, "{role:?}");
        }
    }

    /// The same number stored five times is known once, and the last time counts.
    #[test]
    fn what_is_earlier_has_one_reading_for_each_seed() {
        let record = |at: u64, seed: u64, value: f64| Record {
            schema: Schema,
            key: "0123456789abcdef".into(),
            commit: CommitSha::parse(&"a".repeat(40)).unwrap(),
            subject: "a change".into(),
            at,
            run: format!("r{at}"),
            role: Role::Base,
            readings: vec![history::Reading {
                seed,
                metrics: [("accuracy".to_owned(), value)].into(),
                data: BTreeMap::new(),
                seconds: 1.0,
                machine: None,
            }],
            image: None,
            experiment: None,
            search: None,
        };
        let mut records: Vec<Record> = (1..=5).map(|at| record(at, 7, 0.9)).collect();
        records.extend([record(6, 8, 0.8), record(7, 7, 0.95), record(2, 9, 0.7)]);
        let earlier = Past::new(records, Vec::new()).earlier("0123456789abcdef");
        let told: Vec<(u64, f64)> =
            earlier.iter().map(|one| (one.seed, one.metrics["accuracy"])).collect();
        assert_eq!(told, [(9, 0.7), (8, 0.8), (7, 0.95)]);
    }
}
