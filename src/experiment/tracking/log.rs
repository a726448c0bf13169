//! What a run is given: metrics, parameters and tags, in batches of what MLflow takes at once.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    RunId, Tracker, TrackingError,
    exchange::{Input, TrackerCall},
    number, run,
    tags::{LONGEST_PARAMETER, stored},
};
use crate::{experiment::metrics::Readings, http::Effect, output::excerpt};

/// Entries of one call: MLflow takes no more parameters or tags.
const BATCH: usize = 100;

impl Tracker {
    /// Logs values of `at_ms` (milliseconds since 1970) as step 0, non-finite ones too.  A metric
    /// whose name MLflow does not take is left out with a warning.
    pub async fn log_metrics(
        &self,
        run: &RunId,
        metrics: &Readings,
        at_ms: u64,
    ) -> Result<(), TrackingError> {
        let metric = |(key, value): (_, &f64)| json!({ "key": key, "value": number::written(*value), "timestamp": at_ms, "step": 0 });
        self.log(run, "metrics", metrics.iter().map(metric).collect()).await
    }

    /// Logs parameters, values cut to what MLflow stores.  One that MLflow does not take, or that has
    /// another value already, is left out with a warning.
    pub async fn log_params(
        &self,
        run: &RunId,
        params: &BTreeMap<String, String>,
    ) -> Result<(), TrackingError> {
        let param = |(key, value): (_, &String)| json!({ "key": key, "value": stored(value, LONGEST_PARAMETER) });
        self.log(run, "params", params.iter().map(param).collect()).await
    }

    /// Sets tags, in place of older values; values are cut to what MLflow stores.
    pub async fn set_tags(
        &self,
        run: &RunId,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), TrackingError> {
        self.log(run, "tags", run::written(tags)).await
    }

    async fn log(&self, run: &RunId, kind: &str, entries: Vec<Value>) -> Result<(), TrackingError> {
        for batch in entries.chunks(BATCH) {
            match self.log_batch(run, kind, batch).await {
                Err(error) if error.is_invalid() => self.log_each(run, kind, batch).await?,
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// MLflow refuses a batch for one bad entry; alone, each of the others is taken.
    async fn log_each(
        &self,
        run: &RunId,
        kind: &str,
        entries: &[Value],
    ) -> Result<(), TrackingError> {
        for entry in entries {
            match self.log_batch(run, kind, std::slice::from_ref(entry)).await {
                Err(error) if error.is_invalid() => {
                    let name = excerpt(entry["key"].as_str().unwrap_or_default(), 80);
                    tracing::warn!("MLflow does not take `{name}`, which is left out: {error}");
                }
                outcome => outcome?,
            }
        }
        Ok(())
    }

    async fn log_batch(
        &self,
        run: &RunId,
        kind: &str,
        entries: &[Value],
    ) -> Result<(), TrackingError> {
        let what = format!("log {kind} to the run {run}");
        let input = Input::Body(json!({ "run_id": run, kind: entries }));
        // The same entry twice is one entry to MLflow.
        let call = TrackerCall { what: &what, path: "runs/log-batch", input, effect: Effect::Same };
        self.exchange.call::<Value>(&call).await.map(drop)
    }
}
