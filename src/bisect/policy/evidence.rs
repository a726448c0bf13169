//! What was read and what could not be: all that a bisect knows.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a reading is asked for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Was there before: history, or another bisect's.  Counts for the search only.
    Known,
    /// To confirm that the ends differ.  Counts for the search, too.
    Ends,
    /// To find the culprit.
    Search,
    /// To confirm the culprit that the others named.
    Culprit,
    /// To confirm that one change does not explain the others.
    Several,
}

/// One reading, asked for or done.  Equal measures are the same reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Measure {
    /// Index in the line.
    pub commit: usize,
    /// Why.
    pub purpose: Purpose,
    /// From 0, for each commit and purpose; purpose and repeat make the seed.
    pub repeat: usize,
}

/// Why a commit cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SkipReason {
    /// Its environment or image could not be built.
    Build,
    /// Nobody built its image.
    Image,
    /// Its training crashed, or printed no metrics.
    Run,
    /// It lacks what a training needs, such as the entrypoint.
    Missing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct CommitReading {
    round: usize,
    value: f64,
}

/// Readings and skipped commits.  Grows only; the order of arrival does not matter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evidence {
    readings: BTreeMap<Measure, CommitReading>,
    skips: BTreeMap<usize, SkipReason>,
}

impl Evidence {
    /// Adds what the round `round` read (higher is worse; non-finite: diverged).  False if that
    /// reading was there: the first one stays.
    pub fn read(&mut self, measure: Measure, round: usize, value: f64) -> bool {
        let absent = !self.readings.contains_key(&measure);
        self.readings.entry(measure).or_insert(CommitReading { round, value });
        absent
    }

    /// Takes a commit out of the search.  What was read of it counts on.
    pub fn skip(&mut self, commit: usize, reason: SkipReason) {
        self.skips.entry(commit).or_insert(reason);
    }

    /// Why that commit is skipped, if it is.
    pub fn skipped(&self, commit: usize) -> Option<SkipReason> {
        self.skips.get(&commit).copied()
    }

    /// Readings made by this bisect, which the budget counts.
    pub fn spent(&self) -> usize {
        self.readings.keys().filter(|measure| measure.purpose != Purpose::Known).count()
    }

    /// The number of the round to come, from 0.
    pub fn round(&self) -> usize {
        let asked = self.readings.iter().filter(|(measure, _)| measure.purpose != Purpose::Known);
        asked.map(|(_, reading)| reading.round + 1).max().unwrap_or(0)
    }

    /// All readings by commit, purpose and repeat.
    pub fn readings(&self) -> impl Iterator<Item = (Measure, f64)> {
        self.readings.iter().map(|(measure, reading)| (*measure, reading.value))
    }

    /// What that measure read.
    pub(super) fn value(&self, measure: &Measure) -> Option<f64> {
        self.readings.get(measure).map(|reading| reading.value)
    }

    /// For each commit of the line whether it can be read.
    pub fn testable(&self, commits: usize) -> Vec<bool> {
        (0..commits).map(|commit| !self.skips.contains_key(&commit)).collect()
    }
}
