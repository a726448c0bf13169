//! Trainings of commits on a cluster, in parallel, to observations.  Knows nothing of GitHub, of
//! approvals or of verdicts.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    cluster::{
        Gang,
        ray::{Ray, Uploaded},
    },
    config::Config,
    experiment::{
        data::DataVersions,
        job::{Failed, Fault},
        machine::Machine,
        metrics::Readings,
        trace::Seen,
    },
    git::Commit,
    progress::Progress,
};

mod budget;
mod company;
mod doubts;
mod gang;
mod order;
mod side;
mod traced;
mod tracked;
mod training;
mod unfinished;

pub use budget::{Budget, Spent, UsedUp};
pub use company::{Company, Exposure, Sharing};
pub use doubts::Doubts;
pub(crate) use gang::gathering;
pub use order::{Pairs, order};
pub(crate) use side::{TrainingPlace, side};
pub use traced::Traced;
pub use tracked::{Tags, Tracked};
pub(crate) use tracked::{tags, training_tags};
pub use training::{Training, train};
pub(crate) use training::{gpus, ids};
pub use unfinished::UnfinishedTrainings;

/// As what a commit is measured.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What is compared with.
    Base,
    /// What is judged.
    Head,
    /// One of the commits among which the culprit is.
    Bisect,
    /// What is judged once more, by its own ruler; that judges nothing.
    Shadow,
}

impl Role {
    /// What `REGRESSION_ROLE` says: the same for both sides, so that no code can behave well as head alone.
    pub fn told(self) -> &'static str {
        match self {
            Self::Base | Self::Head | Self::Shadow => "compare",
            Self::Bisect => self.word(),
        }
    }

    /// The word in ids and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
            Self::Bisect => "bisect",
            Self::Shadow => "shadow",
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
    /// Its uploaded code.
    pub package: Uploaded,
    /// How many trainings it can run at a time.
    pub places: f64,
    /// Ray resources that each training takes.
    pub resources: BTreeMap<String, f64>,
    /// GPUs that each training has, where that was asked for; else the machine tells it.
    pub gpus: Option<f64>,
    /// The workers that each training starts, if it names several.
    pub gang: Option<Gang>,
    /// Tags of its trainings in the experiment tracker.
    pub tags: Tags,
    /// How it is recorded what its trainings read, if it is.
    pub traced: Option<Traced>,
}

impl Side<'_> {
    /// Makes sure, right before a job, that the cluster still has what it needs.
    async fn keep_code(&self) -> Result<()> {
        self.package.keep(self.ray).await?;
        match &self.traced {
            Some(traced) => traced.hook.keep(self.ray).await,
            None => Ok(()),
        }
    }
}

/// One training that ended: with readings, or in a crash of its own.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Observation {
    /// As what the commit was measured.
    pub role: Role,
    /// `REGRESSION_SEED` of the training.
    pub seed: u64,
    /// Metric values; null stands for one that is not finite.
    #[schemars(with = "BTreeMap<String, Option<f64>>")]
    pub readings: Readings,
    /// What data it says that it read: name to version.
    pub data: DataVersions,
    /// Which of the watched files it read.
    #[serde(skip)]
    pub seen: Seen,
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
    /// How the training ended in a crash of its own, if it did; then it has no readings.
    pub crashed: Option<String>,
    /// Whether its seed stands in for one whose training diverged or crashed.
    pub spare: bool,
    /// What head's code could do to it; the history keeps it only if that is nothing.
    pub exposure: Exposure,
}

#[cfg(test)]
impl Observation {
    /// A training of a second that nobody made.
    pub(crate) fn invented(role: Role, seed: u64, readings: Readings) -> Self {
        Self {
            role,
            seed,
            readings,
            data: DataVersions::new(),
            seen: Seen::default(),
            span: (0, 1),
            seconds: 1.0,
            log: PathBuf::new(),
            machine: Machine::default(),
            retried: None,
            reused: None,
            crashed: None,
            spare: false,
            exposure: Exposure::None,
        }
    }
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
    /// What may be used up, and what has been.
    pub budget: &'a Budget,
    /// What is odd about the readings.
    pub doubts: &'a Doubts,
    /// Whose code is where base is trained.
    pub company: &'a Company,
    /// Who watches.
    pub progress: &'a Progress,
    /// The runs in the experiment tracker, if there is one.
    pub tracked: Option<&'a Tracked<'a>>,
    /// What an interrupted run of the same left, if that counts.
    pub unfinished: Option<&'a UnfinishedTrainings>,
}

/// Runs trainings, as many at a time as the cluster has places, or each of two; those of one chain one
/// after the other on one node.  A training that crashes is an observation too, unless its side is one of the
/// `unproven`, and all of that side crash: then there is nothing to compare.  That, and the first failure of
/// another kind, ends it: what still runs then is ended with the cluster.
pub async fn measure<'a>(
    plan: &Plan<'_>,
    chains: Vec<Vec<Training<'a>>>,
    unproven: &[Role],
) -> Result<Vec<Observation>> {
    let roles: Vec<Role> = chains.iter().flatten().map(|training| training.side.role).collect();
    let total = chains.iter().map(Vec::len).sum();
    if total == 0 {
        return Ok(Vec::new());
    }
    let task = plan.progress.task("training");
    let (mut observations, chains) = match plan.unfinished {
        Some(unfinished) => unfinished.answer(chains),
        None => (Vec::new(), chains),
    };
    task.update(format!("{} of {total} done", observations.len()));
    observations.reserve(total);
    let lane = |chains: Vec<Vec<Training<'a>>>| {
        let places = parallel(chains.iter().flatten(), total);
        stream::iter(chains.into_iter().map(move |chain| training::chain(plan, chain)))
            .buffer_unordered(places)
    };
    let (of_base, rest): (Vec<_>, Vec<_>) =
        chains.into_iter().partition(|chain| plan.company.of_base_alone(chain));
    let mut running = pin!(stream::select(lane(of_base), lane(rest)));
    let begun = Instant::now();
    while let Some(observed) = running.try_next().await? {
        for observation in observed {
            let observation = observation?;
            plan.unfinished.map_or(Ok(()), |unfinished| unfinished.add(&observation))?;
            observations.push(observation);
        }
        some_must_end(unproven, &roles, &observations)?;
        if observations.len() < total {
            task.update(done_of(observations.len(), total, begun.elapsed()));
        }
    }
    task.done(format!("{total} of {total} done"));
    observations.sort_by_key(|observation| (observation.role, observation.seed));
    Ok(observations)
}

/// An error if all trainings of an unproven side crashed; `roles` are those of all that were started.
fn some_must_end(
    unproven: &[Role],
    roles: &[Role],
    observations: &[Observation],
) -> Result<(), Failed> {
    for role in unproven {
        let of_role = || observations.iter().filter(|one| one.role == *role);
        let started = roles.iter().filter(|one| *one == role).count();
        let crashes: Vec<&String> = of_role().filter_map(|one| one.crashed.as_ref()).collect();
        if let Some(last) = crashes.last().filter(|_| crashes.len() == started) {
            let role = role.word();
            let what = format!(
                "all {started} trainings of {role} crashed, so there is nothing to judge; {last}"
            );
            return Err(Failed { what, node: None, span: None, fault: Fault::Unclear });
        }
    }
    Ok(())
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
fn parallel<'a>(trainings: impl Iterator<Item = &'a Training<'a>>, total: usize) -> usize {
    let places = trainings.map(|training| training.side.places).fold(1.0, f64::max);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 1 up; saturates"
    )]
    let places = places as usize;
    places.clamp(1, total.max(1))
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
