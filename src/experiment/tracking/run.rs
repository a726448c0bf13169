//! One run's life: made, read, ended.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    COMMIT, Experiment, RunFound, Tracker, TrackingError,
    exchange::{Input, TrackerCall},
    search::Answered,
    tags::{LONGEST_TAG, PARENT, SOURCE_COMMIT, stored},
};
use crate::{experiment::metrics::Readings, http::Effect};

/// MLflow's name of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    /// It did all that it was to do.
    Finished,
    /// It broke.
    Failed,
    /// It was stopped.
    Killed,
}

#[derive(Deserialize)]
struct One {
    run: Answered,
}

impl Tracker {
    /// Makes a run that is under way since `at_ms` (milliseconds since 1970), below `parent` if there
    /// is one.  Values of tags are cut to what MLflow stores.
    ///
    /// If the answer to that is lost, the run is looked for before another one is made.
    pub async fn start(
        &self,
        experiment: &Experiment,
        name: &str,
        parent: Option<&RunId>,
        tags: &BTreeMap<String, String>,
        at_ms: u64,
    ) -> Result<RunId, TrackingError> {
        let mut tags = tags.clone();
        tags.extend(parent.map(|parent| (PARENT.to_owned(), parent.0.clone())));
        let commit = tags.get(COMMIT).cloned();
        tags.extend(commit.map(|commit| (SOURCE_COMMIT.to_owned(), commit)));
        let what = format!("start the run `{name}`");
        let creation = || {
            let body = json!({
                "experiment_id": experiment.id, "run_name": name, "start_time": at_ms,
                "tags": written(&tags),
            });
            TrackerCall {
                what: &what,
                path: "runs/create",
                input: Input::Body(body),
                effect: Effect::Another,
            }
        };
        let deadline = self.exchange.deadline();
        let lost = match self.exchange.call_until::<One>(&creation(), deadline).await {
            Ok(made) => return Ok(made.run.id()),
            Err(error) if error.leaves_doubt() => error,
            Err(error) => return Err(error),
        };
        let is_it = |run: &RunFound| run.name == name && run.start_ms == at_ms;
        match self.search(experiment, &tags, usize::MAX).await {
            Err(_) => Err(lost),
            Ok(runs) => match runs.into_iter().find(is_it) {
                Some(run) => Ok(run.id),
                None => Ok(self.exchange.call_until::<One>(&creation(), deadline).await?.run.id()),
            },
        }
    }

    /// Says how a run ended, and when (milliseconds since 1970), whatever it said itself.
    pub async fn end(
        &self,
        run: &RunId,
        status: RunStatus,
        at_ms: u64,
    ) -> Result<(), TrackingError> {
        let what = format!("end the run {run}");
        let input = Input::Body(json!({ "run_id": run, "status": status, "end_time": at_ms }));
        let call = TrackerCall { what: &what, path: "runs/update", input, effect: Effect::Same };
        self.exchange.call::<Value>(&call).await.map(drop)
    }

    /// The latest value of each metric that a run holds.  An infinity may come back as such although
    /// the largest number was logged.
    pub async fn readings(&self, run: &RunId) -> Result<Readings, TrackingError> {
        Ok(self.run(run).await?.metrics)
    }

    /// All that a run holds.
    pub async fn run(&self, run: &RunId) -> Result<RunFound, TrackingError> {
        let what = format!("read the run {run}");
        let input = Input::Query("run_id", &run.0);
        let call = TrackerCall { what: &what, path: "runs/get", input, effect: Effect::Nothing };
        Ok(self.exchange.call::<One>(&call).await?.run.found())
    }
}

impl RunId {
    /// Its 32 letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RunStatus {
    /// MLflow's word; none while a run is scheduled or under way.
    pub(super) fn read(word: &str) -> Option<Self> {
        match word {
            "FINISHED" => Some(Self::Finished),
            "FAILED" => Some(Self::Failed),
            "KILLED" => Some(Self::Killed),
            _ => None,
        }
    }
}

/// Tags as MLflow takes them.
pub(super) fn written(tags: &BTreeMap<String, String>) -> Vec<Value> {
    let tag =
        |(key, value): (_, &String)| json!({ "key": key, "value": stored(value, LONGEST_TAG) });
    tags.iter().map(tag).collect()
}
