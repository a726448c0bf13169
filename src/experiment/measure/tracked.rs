//! The runs of one comparison in the experiment tracker: a parent, and a child for each training,
//! which is made before the training starts and ended as the training ended.
//!
//! A tracker that is out of reach is warned of once and left alone from then on, unless the readings
//! come from it alone: then it is an error, because there is nothing to judge by.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::time::timeout;

use super::Role;
use crate::{
    cancel::Cancelled,
    clock::now,
    config::{Mlflow, ReadingsFrom},
    experiment::{
        EnvironmentFacts,
        metrics::Readings,
        tracking::{self, Experiment, RunId, RunStatus, Tracker, TrackingError},
    },
    git::Commit,
    progress::Progress,
};

/// Tag of the parent: what came of it.
const VERDICT: &str = "regression.verdict";
/// How long its end may take; whoever cancelled may kill us soon, and the post step does it then.
const PATIENT: Duration = Duration::from_secs(30);
const HURRIED: Duration = Duration::from_secs(3);

/// Tags of a run, by name.
pub type Tags = BTreeMap<String, String>;

/// Those of these tags that are known.
pub(crate) fn tags<const N: usize>(all: [(&str, Option<String>); N]) -> Tags {
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What a training's run is found by, under its evidence key.
pub(crate) fn training_tags(
    run: &str,
    (role, commit): (Role, &Commit),
    key: &str,
    facts: &EnvironmentFacts,
) -> Tags {
    tags([
        (tracking::RUN, Some(run.to_owned())),
        (tracking::COMMIT, Some(commit.sha.to_string())),
        (tracking::ROLE, Some(role.word().to_owned())),
        (tracking::KEY, Some(key.to_owned())),
        (tracking::IMAGE, facts.image.clone().or_else(|| facts.requirements.clone())),
    ])
}

/// A comparison that is tracked.
#[derive(Debug)]
pub struct Tracked<'a> {
    tracker: &'a Tracker,
    experiment: Experiment,
    parent: RunId,
    from: ReadingsFrom,
    progress: &'a Progress,
    state: Mutex<TrackedState>,
}

#[derive(Debug, Default)]
struct TrackedState {
    /// Children that have not ended.
    open: BTreeSet<RunId>,
    /// Why the tracker is left alone.
    gone: Option<String>,
}

impl<'a> Tracked<'a> {
    /// Makes the parent; none if the tracker is out of reach and not needed.
    pub async fn begin(
        tracker: &'a Tracker,
        settings: &Mlflow,
        name: &str,
        tags: &Tags,
        progress: &'a Progress,
    ) -> Result<Option<Self>> {
        let task = progress.task("asking MLflow");
        let making = async {
            let experiment = tracker.experiment(&settings.experiment).await?;
            let parent = tracker.start(&experiment, name, None, tags, now()).await?;
            Ok::<_, TrackingError>((experiment, parent))
        };
        match making.await {
            Ok((experiment, parent)) => {
                let (from, state) = (settings.readings, Mutex::default());
                let begun = Self { tracker, experiment, parent, from, progress, state };
                task.done(format!("experiment: {}", begun.url()));
                Ok(Some(begun))
            }
            Err(error) if settings.readings == ReadingsFrom::Mlflow || !error.is_gone() => {
                Err(error).context("the trainings cannot be tracked (mlflow in the config)")
            }
            Err(error) => {
                task.done(format!("warning: not tracked: {error}"));
                Ok(None)
            }
        }
    }

    /// Ends the parent truthfully, with what it came to in a word.
    pub(crate) async fn conclude<T>(
        &self,
        outcome: &Result<T>,
        word: impl FnOnce(&T) -> &'static str,
    ) {
        let (status, verdict) = match outcome {
            Ok(value) => (RunStatus::Finished, word(value)),
            Err(error) if error.downcast_ref::<Cancelled>().is_some() => {
                (RunStatus::Killed, "cancelled")
            }
            Err(_) => (RunStatus::Failed, "error"),
        };
        let patience = if status == RunStatus::Killed { HURRIED } else { PATIENT };
        let verdict = tags([(VERDICT, Some(verdict.to_owned()))]);
        let finishing = self.finish(status, &verdict);
        if timeout(patience, finishing).await.is_err() {
            self.give_up();
        }
    }

    /// The page of the comparison.
    pub fn url(&self) -> String {
        self.tracker.link(&self.experiment, &self.parent)
    }

    /// What went wrong on the way, for the report.
    pub fn warning(&self) -> Option<String> {
        let gone = self.state().gone.clone()?;
        Some(format!("MLflow was out of reach, so it does not hold everything: {gone}"))
    }

    /// Makes the run of a training; none while the tracker is left alone.
    pub(super) async fn start(&self, name: &str, tags: &Tags) -> Result<Option<RunId>> {
        if self.state().gone.is_some() {
            return Ok(None);
        }
        let parent = Some(&self.parent);
        let started = self.tracker.start(&self.experiment, name, parent, tags, now()).await;
        let run = self.unless_gone(started)?;
        self.state().open.extend(run.clone());
        Ok(run)
    }

    /// What the training needs to log to its run.
    pub(super) fn environment(&self, run: &RunId) -> BTreeMap<String, String> {
        self.tracker.environment(&self.experiment, run)
    }

    /// Readings that the training logged to its run.
    pub(super) async fn readings(&self, run: &RunId) -> Result<Readings> {
        if self.state().gone.is_some() {
            return Ok(Readings::new());
        }
        let read = self.unless_gone(self.tracker.readings(run).await)?;
        Ok(read.unwrap_or_default())
    }

    /// Whether readings come from the training's run alone.
    pub(super) fn is_the_only_source(&self) -> bool {
        self.from == ReadingsFrom::Mlflow
    }

    /// Adds what the run does not have yet, and ends it.
    pub(super) async fn end(
        &self,
        run: &RunId,
        status: RunStatus,
        missing: &Readings,
        tags: &Tags,
    ) -> Result<()> {
        if self.state().gone.is_some() {
            return Ok(());
        }
        let ending = async {
            if !missing.is_empty() {
                self.tracker.log_metrics(run, missing, now()).await?;
            }
            self.tracker.set_tags(run, tags).await?;
            self.tracker.end(run, status, now()).await
        };
        let ended = ending.await;
        if ended.is_ok() {
            self.state().open.remove(run);
        }
        self.unless_gone(ended)?;
        Ok(())
    }

    /// Ends the parent, and the children whose trainings never ended; *best effort, warned*.
    pub async fn finish(&self, status: RunStatus, tags: &Tags) {
        let open: Vec<RunId> = self.state().open.iter().cloned().collect();
        for run in open {
            if self.tracker.end(&run, RunStatus::Killed, now()).await.is_err() {
                break;
            }
        }
        let ending = async {
            self.tracker.set_tags(&self.parent, tags).await?;
            self.tracker.end(&self.parent, status, now()).await
        };
        if let Err(error) = ending.await {
            self.progress.say(format!("warning: the run in MLflow stays open: {error}"));
        }
    }

    /// Says that it was not finished.
    pub fn give_up(&self) {
        self.progress.say("warning: the run in MLflow stays open because MLflow does not answer");
    }

    fn unless_gone<T>(&self, outcome: Result<T, TrackingError>) -> Result<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_gone() && self.from == ReadingsFrom::Both => {
                let told = error.to_string();
                self.progress.say(format!("warning: {told}; going on without it"));
                self.state().gone.get_or_insert(told);
                Ok(None)
            }
            Err(error) => {
                Err(error).context("the training cannot be tracked (mlflow in the config)")
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, TrackedState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
