//! Readings of earlier runs that count for this search: those of the same evidence key.
//!
//! Those of a bisect of other ends, or of another metric, count as well, whatever they were made for.  What
//! was read chose what was read next, but given the commit each reading is drawn as any other is; the
//! likelihood of the readings is the same, and the posterior depends on nothing else.  Where that does not
//! hold they are left out: what a good commit was when it was good ([`Searched::terms`]), the noise of
//! the past ([`history::spread`]), and a comparison's base, whose tests know of their own looks alone.  To
//! confirm ends or a culprit, readings are always made afresh.
//!
//! [`Searched::terms`]: super::line::SearchedLine::terms

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{OnRay, ReadingSource, homes::Home};
use crate::{
    bisect::policy::KnownNoise,
    clock::now,
    config::Reuse,
    experiment::{
        EnvironmentFacts,
        history::{self, HistoryRead, Record},
        measure::Role,
    },
    output::count,
    progress::{Progress, seconds},
};

/// A spread of the past is as good as this many degrees of freedom at most, because it may have changed.
const MOST_FREEDOM: usize = 8;

/// A reading of an earlier run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct EarlierReading {
    pub(super) seed: u64,
    /// In the metric's own unit.
    pub(super) value: f64,
    pub(super) seconds: f64,
    /// Whether another bisect chose to make it.
    pub(super) chosen: bool,
}

/// What earlier runs read of a line.
#[derive(Debug, Default)]
pub(super) struct EarlierReadings {
    /// By place.
    pub(super) readings: BTreeMap<usize, Vec<EarlierReading>>,
    /// How many, how old, and in what, in words; none if there are none.
    pub(super) told: Option<String>,
}

/// What is remembered; none, with a warning, if it cannot be read.
pub(super) async fn recall(readings: &ReadingSource, progress: &Progress) -> Vec<Record> {
    let history = readings.on_ray().and_then(|on| on.history.as_ref());
    let Some(history) = history else { return Vec::new() };
    let task = progress.task("reading the history");
    match history.read().await {
        Ok(HistoryRead { records, .. }) => {
            task.done(format!("{} records", records.len()));
            records
        }
        Err(error) => {
            task.done(format!("warning: the history cannot be read: {error:#}"));
            Vec::new()
        }
    }
}

/// Readings of the metric under that key, one for each seed, as far as they may be used again.
pub(super) fn earlier(
    on: &OnRay,
    records: &[Record],
    key: &str,
    metric: &str,
) -> Vec<EarlierReading> {
    let settings = on.config.history.as_ref().filter(|settings| settings.reuse != Reuse::Never);
    let Some(settings) = settings else { return Vec::new() };
    let earlier = [false, true].into_iter().flat_map(|chosen| {
        let records = records.iter().filter(|one| (one.role == Role::Bisect) == chosen);
        let readings = history::known(records, key, settings.age.duration(), now());
        readings.into_iter().filter_map(move |reading| {
            let value = *reading.metrics.get(metric)?;
            Some(EarlierReading { seed: reading.seed, value, seconds: reading.seconds, chosen })
        })
    });
    earlier.collect()
}

/// Of these keys and environments, in words.
pub(super) fn told(
    readings: &BTreeMap<usize, Vec<EarlierReading>>,
    records: &[Record],
    (keys, environments): (&[String], &BTreeSet<String>),
) -> Option<String> {
    let of_keys = records.iter().filter(|record| keys.contains(&record.key));
    let age = ago(of_keys.map(|record| record.at).min()?);
    let commits = count(readings.len(), "commit");
    let readings = count(readings.values().map(Vec::len).sum(), "reading");
    let mut told = format!("history: {readings} of {commits} known, the oldest {age} old");
    for (at, environment) in environments.iter().enumerate() {
        told.push_str(if at == 0 { ", in " } else { " and " });
        told.push_str(environment);
    }
    Some(told)
}

/// How long ago that was (milliseconds since 1970), in words.
pub(super) fn ago(at: u64) -> String {
    let age = Duration::from_millis(now().saturating_sub(at));
    match age.as_secs() / 86_400 {
        0 => seconds(age),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// The noise that the past shows, on a linear scale.
pub(super) fn noise(records: &[Record], metric: &str) -> Option<KnownNoise> {
    let spread = history::spread(records, "", metric)?;
    #[expect(clippy::cast_precision_loss, reason = "8 at most")]
    let freedom = spread.freedom.min(MOST_FREEDOM) as f64;
    (spread.sd > 0.0).then_some(KnownNoise { deviation: spread.sd, freedom })
}

/// What a reading ran in, as evidence keys have it.
pub(super) fn facts(home: &Home) -> EnvironmentFacts {
    let (requirements, image) = match home {
        Home::Local(spec) => (Some(spec.hash()), None),
        Home::Image { name, requirements } => (requirements.clone(), Some(name.clone())),
        Home::Existing => (None, None),
    };
    EnvironmentFacts { requirements, image }
}
