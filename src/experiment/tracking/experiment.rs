//! An experiment by its name: found, or made.

use serde::Deserialize;
use serde_json::json;

use super::{
    Tracker, TrackingError,
    exchange::{Input, TrackerCall},
};
use crate::http::Effect;

/// Where runs of one repository are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// MLflow's number of it.
    pub id: String,
    /// Its name.
    pub name: String,
}

#[derive(Deserialize)]
struct ExperimentAnswer {
    experiment: ExperimentFound,
}

#[derive(Deserialize)]
struct ExperimentFound {
    experiment_id: String,
    lifecycle_stage: String,
}

#[derive(Deserialize)]
struct Made {
    experiment_id: String,
}

impl Tracker {
    /// The experiment of this name, which is made if it is not there.  Two that do so at once get the
    /// same one.
    pub async fn experiment(&self, name: &str) -> Result<Experiment, TrackingError> {
        if let Some(found) = self.find_experiment(name).await? {
            return Ok(found);
        }
        let what = format!("make the experiment `{name}`");
        let input = Input::Body(json!({ "name": name }));
        // A second one of the same name is refused, so it may be asked for twice.
        let call =
            TrackerCall { what: &what, path: "experiments/create", input, effect: Effect::Same };
        match self.exchange.call::<Made>(&call).await {
            Ok(made) => Ok(Experiment { id: made.experiment_id, name: name.to_owned() }),
            Err(refused) if is_taken(&refused) => self.find_experiment(name).await?.ok_or(refused),
            Err(error) => Err(error),
        }
    }

    async fn find_experiment(&self, name: &str) -> Result<Option<Experiment>, TrackingError> {
        let what = format!("find the experiment `{name}`");
        let input = Input::Query("experiment_name", name);
        let call = TrackerCall {
            what: &what,
            path: "experiments/get-by-name",
            input,
            effect: Effect::Nothing,
        };
        let found = match self.exchange.call::<ExperimentAnswer>(&call).await {
            Ok(answer) => answer.experiment,
            Err(TrackingError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let (id, name) = (found.experiment_id, name.to_owned());
        if found.lifecycle_stage == "deleted" {
            return Err(TrackingError::Deleted { uri: self.uri().to_owned(), name, id });
        }
        Ok(Some(Experiment { id, name }))
    }
}

fn is_taken(error: &TrackingError) -> bool {
    matches!(error, TrackingError::Refused { code, .. } if code == "RESOURCE_ALREADY_EXISTS")
}
