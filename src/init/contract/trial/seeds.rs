//! Whether the seed changes what trainings report.  Pure.

use super::Sources;
use crate::{
    config::Metric,
    experiment::measure::Observation,
    output::{Check, State, first_few, number},
};

impl Sources<'_> {
    /// Whether the seed changes anything; none if there is nothing to compare.
    pub(super) fn seed_by(&self, one: &Observation, other: &Observation) -> Option<Check> {
        let both = |name: &str| {
            let both = one.readings.get(name).zip(other.readings.get(name));
            both.filter(|(one, other)| one.is_finite() && other.is_finite())
        };
        let is_same =
            |name: &str| both(name).is_some_and(|(one, other)| one.total_cmp(other).is_eq());
        let metrics = &self.config.metrics;
        let fixed = |metric: &Metric| metric.deterministic;
        let is_wrong = |(name, metric): &(&String, &Metric)| {
            fixed(metric) && both(name).is_some() && !is_same(name)
        };
        if let Some((name, _)) = metrics.iter().find(is_wrong) {
            return Some(of_chance(name, one, other));
        }
        if metrics.values().all(fixed) {
            return Some(self.seed());
        }
        let free = metrics.iter().filter(|(name, metric)| !fixed(metric) && both(name).is_some());
        let free: Vec<String> = free.map(|(name, _)| name.clone()).collect();
        if free.is_empty() {
            return None;
        }
        let seeds = format!("seeds {} and {}", one.seed, other.seed);
        let is_idle = free.iter().all(|name| is_same(name));
        Some(if is_idle { self.idle(&seeds, &free) } else { self.effective(&seeds) })
    }

    /// Readings that differ from seed to seed.
    fn effective(&self, seeds: &str) -> Check {
        let expected = self.seed();
        if expected.state == State::Ok {
            return Check::ok(
                "seed",
                format!("{}, and {seeds} give different readings", expected.found),
            );
        }
        let found = format!(
            "{seeds} give different readings, and no source reads the seed: by chance then, so that no training can \
             be repeated"
        );
        Check { state: State::Warning, found, ..expected }
    }

    /// Readings that do not.  A single one may be the same by chance, such as an accuracy of few samples: then the
    /// sources count as well.
    fn idle(&self, seeds: &str, names: &[String]) -> Check {
        let (expected, names_told) = (self.seed(), first_few(names));
        let same = format!("{seeds} gave the same {names_told}");
        let nothing = "the seed changes nothing, and then nothing passes";
        if expected.state != State::Ok {
            return Check { found: format!("{same}: {nothing}"), ..expected };
        }
        let check = if names.len() > 1 {
            Check::new(
                "seed",
                State::Problem,
                format!("{same}, though {}: {nothing}", expected.found),
            )
        } else {
            Check::warning("seed", format!("{same}, by chance, or {nothing}"))
        };
        check.remedy(self.reaching())
    }
}

/// A metric that is said to be the same each time, and is not.
fn of_chance(name: &str, one: &Observation, other: &Observation) -> Check {
    let found = format!(
        "{name} is declared deterministic, and seeds {} and {} gave {} and {}",
        one.seed,
        other.seed,
        number(one.readings[name]),
        number(other.readings[name])
    );
    Check::new("seed", State::Problem, found)
        .remedy(format!("take `deterministic: true` of {name} out of the config"))
}
