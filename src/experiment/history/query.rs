//! What records answer: the readings to reuse, the noise, the way of a metric over time.  Pure.

use std::{collections::BTreeMap, time::Duration};

use super::{Record, RecordedReading};
use crate::{experiment::measure::Role, git::CommitSha, statistics::Sample};

/// How much readings of one key differ from each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Readings that went into it.
    pub n: usize,
    /// Degrees of freedom of `sd`: the readings less one for each key.
    pub freedom: usize,
    /// Arithmetic mean of those readings.
    pub mean: f64,
    /// Standard deviation within a key, pooled over the keys.
    pub sd: f64,
}

/// How much readings of one seed agree between commits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Degrees of freedom: the pairs of readings less one for each pair of commits.
    pub freedom: usize,
    /// Pearson's correlation within pairs of commits, pooled over them: from -1 to 1.
    pub correlation: f64,
}

/// A commit on the chart of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPoint {
    /// Which commit.
    pub commit: CommitSha,
    /// When its first measurement ended, in milliseconds since 1970.
    pub at: u64,
    /// Mean of its readings.
    pub mean: f64,
    /// Number of its readings.
    pub n: usize,
}

/// The readings of `key` that ended at most `max_age` before `now` (milliseconds since 1970), by seed.
///
/// Of several readings with one seed only the newest counts: a deterministic training repeats itself,
/// and the same number twice is not known twice.
pub fn known<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    key: &str,
    max_age: Duration,
    now: u64,
) -> Vec<RecordedReading> {
    let young = |record: &Record| Duration::from_millis(now.saturating_sub(record.at)) <= max_age;
    let records = records.into_iter().filter(|record| record.key == key && young(record));
    newest_by_seed(records).into_values().map(|(_, reading)| reading.clone()).collect()
}

/// All readings of `key`, one for each seed, as in [`known`]; the oldest first.
pub fn latest<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    key: &str,
) -> Vec<RecordedReading> {
    let records = records.into_iter().filter(|record| record.key == key);
    let mut newest: Vec<(u64, &RecordedReading)> = newest_by_seed(records).into_values().collect();
    newest.sort_by_key(|(at, _)| *at);
    newest.into_iter().map(|(_, reading)| reading.clone()).collect()
}

/// Every reading of `key`, the oldest first, and when it was made (milliseconds since 1970).
pub fn every<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    key: &str,
) -> Vec<(u64, &'a RecordedReading)> {
    let records = records.into_iter().filter(|record| record.key == key);
    let dated = |record: &'a Record| record.readings.iter().map(|reading| (record.at, reading));
    let mut every: Vec<_> = records.flat_map(dated).collect();
    every.sort_by_key(|(at, _)| *at);
    every
}

/// The spread of `metric` among readings of one key, over all keys that begin with `prefix` and have
/// two finite readings or more: `sd^2 = sum of squares within keys / sum of (n_key - 1)`.
///
/// As in [`known`], one reading counts for each key and seed.  Those of bisects do not: a bisect ends when
/// its noise looks small.  `None` if no key has two.
pub fn spread<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    prefix: &str,
    metric: &str,
) -> Option<Spread> {
    let counts = |record: &&Record| record.role != Role::Bisect && record.key.starts_with(prefix);
    let of_prefix = records.into_iter().filter(counts);
    let groups = grouped(of_prefix, |record| record.key.as_str());
    let values: Vec<_> = groups.into_values().map(|group| finite(group, metric)).collect();
    let values: Vec<_> = values.iter().filter(|values| values.len() >= 2).collect();
    let samples: Vec<_> = values.iter().map(|values| Sample::of(values)).collect();
    let n: usize = values.iter().map(|values| values.len()).sum();
    let freedom = n - values.len();
    if freedom == 0 {
        return None;
    }
    let count: f64 = samples.iter().map(|sample| sample.count).sum();
    let sum: f64 = samples.iter().map(|sample| sample.count * sample.mean).sum();
    let squares: f64 = samples.iter().map(|sample| (sample.count - 1.0) * sample.variance).sum();
    let free: f64 = samples.iter().map(|sample| sample.count - 1.0).sum();
    Some(Spread { n, freedom, mean: sum / count, sd: (squares / free).sqrt() })
}

/// The agreement of `metric` between each key and the one measured after it, by the seeds that both have:
/// `r = sum of products / sqrt(sum of squares of the earlier * of the later)`, each about its own mean.
/// Those of bisects do not count, as in [`spread`].  `None` if no two keys have two seeds in common, or all
/// readings are equal.
pub fn agreement<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    metric: &str,
) -> Option<Agreement> {
    let counts = |record: &&Record| record.role != Role::Bisect;
    let groups = grouped(records.into_iter().filter(counts), |record| record.key.as_str());
    let mut groups: Vec<Vec<&Record>> = groups.into_values().collect();
    groups.sort_by_key(|group| group.iter().map(|record| record.at).min());
    let sides: Vec<_> = groups.into_iter().map(|group| by_seed(group, metric)).collect();
    let (mut freedom, mut products, mut squares) = (0, 0.0, (0.0, 0.0));
    for pair in sides.windows(2) {
        let common = pair[0].iter().filter_map(|(seed, a)| Some((*a, *pair[1].get(seed)?)));
        let (earlier, later): (Vec<f64>, Vec<f64>) = common.unzip();
        if earlier.len() < 2 {
            continue;
        }
        let means = (Sample::of(&earlier).mean, Sample::of(&later).mean);
        for (a, b) in earlier.iter().zip(&later).map(|(a, b)| (a - means.0, b - means.1)) {
            products += a * b;
            squares = (squares.0 + a * a, squares.1 + b * b);
        }
        freedom += earlier.len() - 1;
    }
    let correlation = products / (squares.0 * squares.1).sqrt();
    correlation.is_finite().then_some(Agreement { freedom, correlation })
}

/// The last `n` points of `metric`, the oldest first: one for each commit and key that has a finite
/// reading, in the order of their first measurements.
pub fn trend<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    metric: &str,
    n: usize,
) -> Vec<HistoryPoint> {
    let groups = grouped(records, |record| (&record.commit, record.key.as_str()));
    let point = |((commit, _), group): ((&CommitSha, _), Vec<&Record>)| {
        let at = group.iter().map(|record| record.at).min()?;
        let values = finite(group, metric);
        let sample = Sample::of(&values);
        let some = !values.is_empty();
        some.then(|| HistoryPoint {
            commit: commit.clone(),
            at,
            mean: sample.mean,
            n: values.len(),
        })
    };
    let mut points: Vec<_> = groups.into_iter().filter_map(point).collect();
    points.sort_by(|a, b| (a.at, &a.commit).cmp(&(b.at, &b.commit)));
    points.drain(..points.len().saturating_sub(n));
    points
}

fn grouped<'a, K: Ord>(
    records: impl IntoIterator<Item = &'a Record>,
    by: impl Fn(&'a Record) -> K,
) -> BTreeMap<K, Vec<&'a Record>> {
    let mut groups: BTreeMap<K, Vec<&Record>> = BTreeMap::new();
    for record in records {
        groups.entry(by(record)).or_default().push(record);
    }
    groups
}

/// The finite values of `metric`, in the order of their seeds.
fn finite(records: Vec<&Record>, metric: &str) -> Vec<f64> {
    by_seed(records, metric).into_values().collect()
}

/// The finite values of `metric`.
fn by_seed(records: Vec<&Record>, metric: &str) -> BTreeMap<u64, f64> {
    let values = newest_by_seed(records).into_iter().filter_map(|(seed, (_, reading))| {
        let value = reading.metrics.get(metric).copied().filter(|value| value.is_finite())?;
        Some((seed, value))
    });
    values.collect()
}

/// The newest reading of each seed, and when it was made.  Records in no order; of one record, the last reading wins.
fn newest_by_seed<'a>(
    records: impl IntoIterator<Item = &'a Record>,
) -> BTreeMap<u64, (u64, &'a RecordedReading)> {
    let mut newest: BTreeMap<u64, (u64, &RecordedReading)> = BTreeMap::new();
    for record in records {
        for reading in &record.readings {
            let kept = newest.entry(reading.seed).or_insert((record.at, reading));
            if kept.0 <= record.at {
                *kept = (record.at, reading);
            }
        }
    }
    newest
}
