//! The server that the tests share, and what only tests ask of it.

use std::{collections::BTreeMap, sync::LazyLock, time::Duration};

use regression_action::{
    experiment::tracking::{RunId, Tracker, TrackerCredentials},
    http::{self, RetryPolicy},
};
use serde_json::{Value, json};

use super::world::mlflow::Mlflow;

/// Ends with this process: nobody drops a static.
static SERVER: LazyLock<Mlflow> = LazyLock::new(Mlflow::start);

pub(crate) fn shared_uri() -> String {
    SERVER.uri()
}

pub(crate) fn shared() -> Tracker {
    patient(&shared_uri(), TrackerCredentials::None)
}

/// A tracker that also waits for a server on a busy machine.
pub(crate) fn patient(uri: &str, credentials: TrackerCredentials) -> Tracker {
    let policy = RetryPolicy { total: Duration::from_mins(2), ..Tracker::RETRIES };
    Tracker::new(uri, credentials, None).unwrap().with_retries(policy)
}

pub(crate) fn run_id(id: &str) -> RunId {
    serde_json::from_value(json!(id)).unwrap()
}

pub(crate) async fn post(path: &str, body: Value) -> Value {
    let url = format!("{}/api/2.0/mlflow/{path}", shared_uri());
    let answer = http::client().unwrap().post(url).json(&body).send().await.unwrap();
    answer.error_for_status().unwrap().json().await.unwrap()
}

/// The parameters of a run, which we never read.
pub(crate) async fn params(run: &RunId) -> BTreeMap<String, String> {
    let url = format!("{}/api/2.0/mlflow/runs/get?run_id={run}", shared_uri());
    let answer: Value =
        http::client().unwrap().get(url).send().await.unwrap().json().await.unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let params = answer["run"]["data"]["params"].as_array().unwrap();
    params.iter().map(|param| (text(&param["key"]), text(&param["value"]))).collect()
}
