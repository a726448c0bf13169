//! Whether the base is still what the history says: one of its trainings is done again.  Pure.
//!
//! What the name of the trainings (their evidence key) does not hold may have changed since: data that
//! nobody declared, a service, a driver, whatever a Ray that runs already has.  Then old readings of the base
//! beside new ones of head would say of head what is true of the world.  So the first seed that is known is
//! trained again, and what it gives must be what it gave, as far as its noise allows ([`repeats`]).
//!
//! It sees what moves that seed: all of it where seeds fix trainings, once one seed was read twice; else
//! what is large beside the noise.  It does not see a change that is small beside the noise of trainings
//! that their seeds do not fix, nor one of other seeds alone.

use std::collections::BTreeMap;

use crate::{
    clock::day,
    config::Config,
    experiment::{data::differ, history::RecordedReading, machine::Machine},
    output::{MOST_NAMED, excerpt, number},
    verdict::{EarlierValues, repeats},
};

/// Readings that are looked at; older ones add little.
const MOST: usize = 200;

/// A reading, and when it was made, in milliseconds since 1970.
pub(super) type Dated<'a> = (u64, &'a RecordedReading);

/// What is to be repeated.
#[derive(Debug, Clone)]
pub(super) struct Anchor {
    /// What the base is trained with again.
    pub(super) seed: u64,
    /// Its readings that repeat each other, the oldest first.
    past: Vec<(u64, RecordedReading)>,
}

impl Anchor {
    pub(super) fn new(seed: u64, past: &[Dated<'_>]) -> Self {
        let owned = |(at, reading): &Dated<'_>| (*at, (*reading).clone());
        Self { seed, past: past.iter().map(owned).collect() }
    }

    /// Why the earlier readings do not hold any more, if they do not: `again` is what the seed gives now.
    pub(super) fn refuted(&self, config: &Config, again: &RecordedReading) -> Option<String> {
        let past: Vec<Dated<'_>> = self.past.iter().map(|(at, reading)| (*at, reading)).collect();
        let moved = moved(config, &past, again)?;
        let mut same = past.iter().rev().filter(|(_, reading)| reading.seed == self.seed);
        let (at, before) = same.next()?;
        Some(format!(
            "environment or data changed since {}: {moved}; {}",
            day(*at),
            differences(before, again)
        ))
    }
}

/// The last readings that repeat each other, of all, the oldest first.
pub(super) fn steady<'a>(config: &Config, past: &'a [Dated<'a>]) -> &'a [Dated<'a>] {
    let past = &past[past.len().saturating_sub(MOST)..];
    let mut from = 0;
    for (at, (_, reading)) in past.iter().enumerate() {
        if moved(config, &past[from..at], reading).is_some() {
            from = at;
        }
    }
    &past[from..]
}

/// The metric that a reading does not repeat, with what it was and is; of those that count, the first.
/// Readings of other data are no repeats.
fn moved(config: &Config, past: &[Dated<'_>], again: &RecordedReading) -> Option<String> {
    let past: Vec<&RecordedReading> = past
        .iter()
        .map(|(_, reading)| *reading)
        .filter(|reading| !differ(&reading.data, &again.data))
        .collect();
    let gated = || config.metrics.iter().filter(|(_, metric)| metric.gate);
    let count = gated().count();
    gated().find_map(|(name, metric)| {
        let earlier = earlier(&past, name);
        let value = again.metrics.get(name).copied();
        let given = value.unwrap_or(f64::NAN);
        let before = earlier.get(&again.seed).and_then(|values| values.last())?;
        (!repeats(*metric, count, &earlier, (again.seed, given))).then(|| {
            let now = value.map_or_else(|| "missing".to_owned(), number);
            format!("{name} of seed {} was {} and is now {now}", again.seed, number(*before))
        })
    })
}

/// The finite values of a metric.
fn earlier(past: &[&RecordedReading], metric: &str) -> EarlierValues {
    let mut earlier = BTreeMap::new();
    for reading in past {
        if let Some(value) = reading.metrics.get(metric).filter(|value| value.is_finite()) {
            earlier.entry(reading.seed).or_insert_with(Vec::new).push(*value);
        }
    }
    earlier
}

/// What else differs between two trainings of one commit in one image, as far as it was recorded.  The node
/// is told last: where each training has a pod of its own, it always does.
fn differences(before: &RecordedReading, now: &RecordedReading) -> String {
    let facts = |reading: &RecordedReading| reading.machine.as_ref().map(Machine::of_facts);
    let facts = |reading| facts(reading).unwrap_or_default().facts();
    let (before, now) = (facts(before), facts(now));
    let mut unlike: Vec<_> = before
        .iter()
        .filter_map(|(name, before)| Some((name, before, now.get(name)?)))
        .filter(|(_, before, now)| before != now)
        .collect();
    unlike.sort_by_key(|(name, _, _)| **name == "node");
    let told = unlike.iter().take(MOST_NAMED).map(|(name, before, now)| {
        format!("{name} was {} and is {}", excerpt(before, 80), excerpt(now, 80))
    });
    let told: Vec<String> = told.collect();
    match told.as_slice() {
        [] => "nothing that is recorded of its machine differs".to_owned(),
        told => told.join(", "),
    }
}

#[cfg(test)]
mod tests;
