//! What a failed training ran into that its own words do not explain.

use std::collections::BTreeMap;

use crate::experiment::tracking::{EXPERIMENT_NAME, RUN_ID};

/// What MLflow's client says where a training chose an experiment that is not its run's: another one, one that
/// this server does not know, one that was deleted.
const OTHER_EXPERIMENT: [&str; 4] = [
    "active experiment ID does not match environment run ID",
    "No Experiment with id=",
    "Experiment with ID '",
    "Cannot set a deleted experiment",
];

/// A remedy to stand behind "the training failed", or nothing.  `words` are the end of its log, `env` is its
/// environment.
pub(super) fn hint(words: &str, env: &BTreeMap<String, String>) -> String {
    let Some((experiment, run)) = env.get(EXPERIMENT_NAME).zip(env.get(RUN_ID)) else {
        return String::new();
    };
    if OTHER_EXPERIMENT.iter().any(|said| words.contains(said)) {
        return format!(
            ": it calls mlflow.set_experiment, and its run is one of {experiment:?}; leave the call out, or name \
             $MLFLOW_EXPERIMENT_NAME, or mlflow.experiment in the config as the training does"
        );
    }
    if ["Run with id=", "Run '"].iter().any(|said| words.contains(&format!("{said}{run}")))
        && words.contains("not found")
    {
        return format!(
            ": it looks for its run {run} in another MLflow than the config's; leave mlflow.set_tracking_uri out, \
             or name $MLFLOW_TRACKING_URI"
        );
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";

    fn env() -> BTreeMap<String, String> {
        [(EXPERIMENT_NAME, "acme/digits"), (RUN_ID, RUN)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    /// As MLflow 3.17 says it, by its server and by its files.
    #[test]
    fn what_mlflow_refuses_is_explained() {
        let other = format!(
            "mlflow.exceptions.MlflowException: Cannot start run with ID {RUN} because active experiment ID does \
             not match environment run ID. Make sure --experiment-name or --experiment-id matches experiment set \
             with set_experiment(), or just use command-line arguments"
        );
        let unknown = "mlflow.exceptions.RestException: RESOURCE_DOES_NOT_EXIST: No Experiment with id=12 exists";
        let by_id = "mlflow.exceptions.MlflowException: Experiment with ID '12' does not exist.";
        let deleted =
            "MlflowException: Cannot set a deleted experiment 'digits' as the active experiment.";
        let by_server =
            format!("RestException: RESOURCE_DOES_NOT_EXIST: Run with id={RUN} not found");
        let by_files = format!("mlflow.exceptions.MlflowException: Run '{RUN}' not found");
        for (words, told) in [
            (&*other, "mlflow.set_experiment, and its run is one of \"acme/digits\""),
            (unknown, "mlflow.set_experiment, and its run is one of \"acme/digits\""),
            (by_id, "name $MLFLOW_EXPERIMENT_NAME"),
            (deleted, "leave the call out"),
            (&*by_server, "another MLflow than the config's; leave mlflow.set_tracking_uri out"),
            (&*by_files, "or name $MLFLOW_TRACKING_URI"),
        ] {
            let hint = hint(&format!("epoch 1\n{words}\n"), &env());
            assert!(hint.contains(told), "{words}: {hint}");
        }
    }

    #[test]
    fn what_is_not_mlflow_is_left_alone() {
        for words in ["", "KeyError: 'loss'", "Run with id=7 not found", "the file was not found"] {
            assert_eq!(hint(words, &env()), "", "{words}");
        }
        let untracked =
            hint("active experiment ID does not match environment run ID", &BTreeMap::new());
        assert_eq!(untracked, "");
    }
}
