//! A small client for MLflow's tracking server, and the life of our runs there: made before a job
//! starts, handed over to it by environment, read back, and ended truthfully.
//!
//! MLflow is never needed for a verdict from the log: [`TrackingError::is_gone`] tells a server out of
//! reach (warn, and go on) from one that said no.  Endpoints, limits and words are those of MLflow
//! 3.17, <https://mlflow.org/docs/latest/rest-api.html>; the tests talk to that server.

mod credentials;
mod error;
mod exchange;
mod experiment;
mod log;
mod number;
mod run;
mod search;
mod tags;
mod uri;

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result};

pub use self::{
    credentials::TrackerCredentials,
    error::TrackingError,
    experiment::Experiment,
    run::{RunId, RunStatus},
    search::RunFound,
    tags::{COMMIT, EXPOSED, IMAGE, KEY, PULL_REQUEST, ROLE, RUN, SEED},
};
use self::{exchange::TrackerExchange, uri::Uri};
use crate::http::{self, CaBundle, Pauses, RetryPolicy};

const PAUSES: Pauses = Pauses::within_total(Duration::from_millis(250), Duration::from_mins(1));
/// The variable that names the experiment to MLflow's client.
pub(crate) const EXPERIMENT_NAME: &str = "MLFLOW_EXPERIMENT_NAME";
/// The variable that names the run to it.
pub(crate) const RUN_ID: &str = "MLFLOW_RUN_ID";

/// One MLflow server, asked as one user.
#[derive(Debug)]
pub struct Tracker {
    exchange: TrackerExchange,
}

impl Tracker {
    /// Short, since a verdict does not need MLflow: an answer has what is left of the time of its call.
    pub const RETRIES: RetryPolicy = RetryPolicy {
        total: Duration::from_secs(10),
        failures: PAUSES,
        limits: PAUSES,
        ..RetryPolicy::USUAL
    };

    /// Asks nothing yet.  The address is that of the server, `https://mlflow.acme.dev` or with a path
    /// before MLflow's own.
    pub fn new(
        uri: &str,
        credentials: TrackerCredentials,
        trust: Option<&CaBundle>,
    ) -> Result<Self> {
        let uri = Uri::parse(uri).context("mlflow.uri")?;
        let client = http::client_with(trust)?;
        Ok(Self { exchange: TrackerExchange::new(client, uri, credentials) })
    }

    /// The same with other waits.
    #[must_use]
    pub fn with_retries(mut self, policy: RetryPolicy) -> Self {
        self.exchange.policy = policy;
        self
    }

    /// The address as it was typed.
    pub fn uri(&self) -> &str {
        self.exchange.uri.typed()
    }

    /// The page of an experiment in MLflow's interface.
    pub fn experiment_link(&self, experiment: &Experiment) -> String {
        self.exchange.uri.page(&format!("experiments/{}", experiment.id))
    }

    /// The page of a run in MLflow's interface.
    pub fn link(&self, experiment: &Experiment, run: &RunId) -> String {
        self.exchange.uri.page(&format!("experiments/{}/runs/{run}", experiment.id))
    }

    /// What a training needs to log to its run with MLflow's own client.  Holds no credentials: those
    /// come by a Kubernetes Secret or from the training's own environment.
    pub fn environment(&self, experiment: &Experiment, run: &RunId) -> BTreeMap<String, String> {
        [
            ("MLFLOW_TRACKING_URI", self.uri()),
            (RUN_ID, run.as_str()),
            (EXPERIMENT_NAME, &experiment.name),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}
