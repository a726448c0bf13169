//! Trainings of commits on a cluster, in parallel, to observations.  Knows nothing of GitHub, of
//! approvals or of verdicts.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    config::Config,
    job::{self, Job, RUN_KEY},
    machine::Machine,
    metrics::Readings,
    progress::Progress,
    ray::Ray,
    source::Commit,
};

/// As what a commit is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What is compared with.
    Base,
    /// What is judged.
    Head,
}

impl Role {
    /// The word in `REGRESSION_ROLE`, ids and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
        }
    }
}

/// A commit whose code is on a cluster, ready to be trained.
#[derive(Debug)]
pub struct Side<'a> {
    /// As what it is measured.
    pub role: Role,
    /// Which commit.
    pub commit: &'a Commit,
    /// The cluster that has its environment.
    pub ray: &'a Ray,
    /// URI of its uploaded code.
    pub package: String,
    /// How many trainings it can run at a time.
    pub places: f64,
    /// Ray resources that each training takes.
    pub resources: BTreeMap<String, f64>,
}

/// One training that ended well.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Observation {
    /// As what the commit was measured.
    pub role: Role,
    /// `REGRESSION_SEED` of the training.
    pub seed: u64,
    /// Metric values; null stands for one that is not finite.
    #[schemars(with = "BTreeMap<String, Option<f64>>")]
    pub readings: Readings,
    /// Start and end in milliseconds since 1970, by the head's clock.
    #[serde(skip)]
    pub span: (u64, u64),
    /// From start to end.
    pub seconds: f64,
    /// Where the whole log is kept; none if the reading is an old one.
    pub log: PathBuf,
    /// On what it ran.
    pub machine: Machine,
    /// Why an earlier training of this seed was repeated on another machine, if it was.
    pub retried: Option<String>,
    /// The run that measured it, if it was known before.
    pub reused: Option<String>,
    /// A second training of a seed whose first was not finite; it tells only whether that was chance.
    pub again: bool,
}

/// What all trainings of a run have in common.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Entrypoint, environment and limits.
    pub config: &'a Config,
    /// Name of the run; letters, digits, `_` and `-`.
    pub run: &'a str,
    /// Where logs are kept.
    pub logs: &'a Path,
}

/// Trains every side with every seed, base and head in turn, as many at a time as the cluster has
/// places.  The first failure ends it: what still runs then is ended with the cluster.
pub async fn measure(
    plan: &Plan<'_>,
    sides: &[Side<'_>],
    seeds: &[u64],
    progress: &Progress,
) -> Result<Vec<Observation>> {
    let trainings: Vec<(&Side<'_>, u64)> =
        seeds.iter().flat_map(|seed| sides.iter().map(move |side| (side, *seed))).collect();
    let total = trainings.len();
    let task = progress.task("training");
    task.update(format!("0 of {total} done"));
    let mut running =
        stream::iter(trainings.into_iter().map(|(side, seed)| train(plan, side, seed)))
            .buffer_unordered(parallel(sides, total));
    let mut observations = Vec::with_capacity(total);
    let begun = Instant::now();
    while let Some(observation) = running.try_next().await? {
        observations.push(observation);
        task.update(done_of(observations.len(), total, begun.elapsed()));
    }
    task.done(format!("{total} of {total} done"));
    observations.sort_by_key(|observation| (observation.role, observation.seed));
    Ok(observations)
}

/// How far it is, and how much longer it takes if it goes on as it did.
fn done_of(done: usize, total: usize, elapsed: Duration) -> String {
    let share = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let left = elapsed * share(total - done) / share(done.max(1));
    match left.as_secs().div_ceil(60) {
        0 => format!("{done} of {total} done"),
        minutes => format!("{done} of {total} done, about {minutes} min left"),
    }
}

/// A driver itself asks Ray for no CPU, so that its tasks never wait for one that drivers hold; so
/// it is for us not to start more drivers than there are CPUs.
fn parallel(sides: &[Side<'_>], total: usize) -> usize {
    let cpus = sides.iter().map(|side| side.places).fold(1.0, f64::max);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1 up; saturates"
    )]
    let cpus = cpus as usize;
    cpus.clamp(1, total.max(1))
}

async fn train(plan: &Plan<'_>, side: &Side<'_>, seed: u64) -> Result<Observation> {
    let role = side.role.word();
    let log = plan.logs.join(format!("{role}-seed-{seed}.log"));
    let job = Job {
        id: format!("{}-{role}-s{seed}", plan.run),
        name: format!("{role} {}, seed {seed}", side.commit.sha.short()),
        entrypoint: &plan.config.entrypoint,
        package: &side.package,
        env: environment(plan, side, seed),
        metadata: BTreeMap::from([(RUN_KEY.to_owned(), plan.run.to_owned())]),
        resources: side.resources.clone(),
        limit: plan.config.limits.job.duration(),
        log: &log,
    };
    let trained = job::run(side.ray, &job).await?;
    let milliseconds =
        trained.span.1.checked_sub(trained.span.0).context("a job ended before it began")?;
    let seconds = Duration::from_millis(milliseconds).as_secs_f64();
    tracing::info!(role, seed, seconds, readings = ?trained.readings, "trained");
    Ok(Observation {
        role: side.role,
        seed,
        readings: trained.readings,
        span: trained.span,
        seconds,
        log,
        machine: Machine::default(),
        retried: None,
        reused: None,
        again: false,
    })
}

/// The contract with the training code.
fn environment(plan: &Plan<'_>, side: &Side<'_>, seed: u64) -> BTreeMap<String, String> {
    let ours = [
        ("REGRESSION_SEED", seed.to_string()),
        ("REGRESSION_COMMIT", side.commit.sha.to_string()),
        ("REGRESSION_ROLE", side.role.word().to_owned()),
    ];
    let declared = plan.config.env.iter().map(|(name, value)| (name.clone(), value.clone()));
    declared.chain(ours.map(|(name, value)| (name.to_owned(), value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_time_taken() {
        let minutes = |minutes| Duration::from_mins(minutes);
        assert_eq!(done_of(2, 6, minutes(10)), "2 of 6 done, about 20 min left");
        assert_eq!(done_of(5, 6, Duration::from_secs(5)), "5 of 6 done, about 1 min left");
        assert_eq!(done_of(6, 6, minutes(10)), "6 of 6 done");
    }
}
