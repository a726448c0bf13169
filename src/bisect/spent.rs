//! What a search used up.

use std::collections::BTreeSet;

use super::journal::{JournalEntry, Noted};
use crate::experiment::measure::Spent;

/// Readings made, over all lines; the same reading noted twice counts once.
pub(super) fn spent(entries: &[JournalEntry]) -> usize {
    let readings = entries.iter().filter_map(|entry| match entry {
        JournalEntry::Reading(noted) => {
            let Noted { inside, commit, home, purpose, repeat, .. } = noted;
            Some((inside, commit, home, *purpose, *repeat))
        }
        JournalEntry::Skip(_) => None,
    });
    readings.collect::<BTreeSet<_>>().len()
}

/// What the first `resumed` readings used up, and those after them.
pub(super) fn used(entries: &[JournalEntry], resumed: usize) -> (Spent, Spent) {
    let readings = entries.iter().filter_map(|entry| match entry {
        JournalEntry::Reading(Noted { seconds, gpus, .. }) => {
            Some(Spent { gpu_seconds: seconds * gpus, seconds: *seconds, trainings: 1 })
        }
        JournalEntry::Skip(_) => None,
    });
    let readings: Vec<Spent> = readings.collect();
    let (before, since) = readings.split_at(resumed.min(readings.len()));
    let all = |readings: &[Spent]| readings.iter().copied().fold(Spent::default(), Spent::and);
    (all(before), all(since))
}

/// Seconds of a reading so far; none before the first.
pub(super) fn seconds_each(entries: &[JournalEntry]) -> Option<f64> {
    used(entries, usize::MAX).0.seconds_each()
}
