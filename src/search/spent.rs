//! What a search used up.

use std::collections::BTreeSet;

use super::journal::{Entry, Noted};

/// Readings made, over all lines; the same reading noted twice counts once.
pub(super) fn spent(entries: &[Entry]) -> usize {
    let readings = entries.iter().filter_map(|entry| match entry {
        Entry::Reading(noted) => {
            let Noted { inside, commit, home, purpose, repeat, .. } = noted;
            Some((inside, commit, home, *purpose, *repeat))
        }
        Entry::Skip(_) => None,
    });
    readings.collect::<BTreeSet<_>>().len()
}

/// Seconds that the readings took, one after the other.
pub(super) fn seconds(entries: &[Entry]) -> f64 {
    let seconds = entries.iter().map(|entry| match entry {
        Entry::Reading(noted) => noted.seconds,
        Entry::Skip(_) => 0.0,
    });
    seconds.sum()
}

/// Seconds of a reading so far; none before the first.
pub(super) fn seconds_each(entries: &[Entry]) -> Option<f64> {
    let readings = entries.iter().filter(|entry| matches!(entry, Entry::Reading(_))).count();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand readings")]
    let count = readings as f64;
    (readings > 0).then(|| seconds(entries) / count)
}
