//! The action's inputs, as the runner passes them (`INPUT_` variables) -> typed values, or an error
//! that names the input as the user typed it.  Reads neither the environment nor a file.
//!
//! The documentation of the fields is also what `action.yml` and `docs/action.md` say of them.

mod command;
mod place;
mod value;

use std::{fmt::Display, num::NonZeroU32, path::PathBuf};

use anyhow::{Result, anyhow, ensure};
use reqwest::Url;
use schemars::{JsonSchema, Schema, schema_for};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de::Error};

pub use command::ActionCommand;
use value::{optional, ray_address, repository_path, value};

use crate::{cli::BackendName, clients::github::PullNumber, config::DEFAULT_PATH, git::CommitSha};

/// What the runner puts before the name of an input.
pub(super) const PREFIX: &str = "INPUT_";

/// What the workflow's author asks for.  A blank input is an absent one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default)]
pub struct Inputs {
    /// What to do: `run` compares what the event asks for, `announce` only tells what is awaited,
    /// `image` tells whether an approved commit's image is there, `bisect` finds the commit that made the
    /// default branch worse, `doctor` says what to fix, `sweep` removes what dead runs left.
    #[serde(deserialize_with = "value")]
    #[schemars(with = "String")]
    pub command: ActionCommand,
    /// Path of the config in the repository.
    #[serde(deserialize_with = "repository_path")]
    #[schemars(with = "String")]
    pub config: PathBuf,
    /// Where trainings run: `kubernetes`, `ray` (one that runs already), or `local` (where the binary
    /// runs outside of its container).
    #[serde(deserialize_with = "value")]
    #[schemars(with = "String")]
    pub backend: BackendName,
    /// Way into Kubernetes: a kubeconfig as base64, or as YAML or a path. Best is base64, because of
    /// YAML in a secret GitHub masks every single line wherever it appears.
    #[serde(deserialize_with = "optional")]
    #[schemars(with = "String")]
    pub kubeconfig: Option<SecretString>,
    /// Context of the kubeconfig, if not its current one.
    #[schemars(with = "String")]
    pub kube_context: Option<String>,
    /// Namespace of the cluster, if not the context's.
    #[schemars(with = "String")]
    pub namespace: Option<String>,
    /// Dashboard of the Ray that runs already, such as `http://ray.example.com:8265`.
    #[serde(deserialize_with = "ray_address")]
    #[schemars(with = "String")]
    pub ray_address: Option<Url>,
    /// Token of the Ray that runs already.
    #[serde(deserialize_with = "optional")]
    #[schemars(with = "String")]
    pub ray_token: Option<SecretString>,
    /// User name for the registry of the image, if it asks for one.
    #[schemars(with = "String")]
    pub registry_username: Option<String>,
    /// Password or token for the registry of the image; only looked with, never handed to the cluster.
    #[serde(deserialize_with = "optional")]
    #[schemars(with = "String")]
    pub registry_password: Option<SecretString>,
    /// Host of the registry, such as `registry.acme.dev`; a config that names another is an error before the
    /// password is sent anywhere.
    #[schemars(with = "String")]
    pub registry_host: Option<String>,
    /// Host of MLflow, such as `mlflow.acme.dev`; a config that names another is an error before its login is
    /// sent anywhere.
    #[schemars(with = "String")]
    pub mlflow_host: Option<String>,
    /// Token for GitHub's API, with the permissions of the job.
    #[serde(deserialize_with = "optional")]
    #[schemars(with = "String")]
    pub github_token: Option<SecretString>,
    /// GitHub's REST API, if not the one that the runner works for.
    #[serde(deserialize_with = "optional")]
    #[schemars(with = "String")]
    pub github_api_url: Option<Url>,
    /// How many approving reviews the head commit needs, at least 1; a comment `/regression` counts as one.
    #[serde(deserialize_with = "value")]
    #[schemars(with = "String")]
    pub approvals: NonZeroU32,
    /// Whether whoever pushed the head commit last does not count as an approver. It is held where GitHub does
    /// not tell who that was.
    #[serde(deserialize_with = "value")]
    #[schemars(with = "String")]
    pub require_last_push_approval: bool,
    /// Name of the commit status that branch protection requires. No job may have the same name.
    #[schemars(with = "String")]
    pub status_context: String,
    /// Whether the pull request gets the report as a comment, one for each status context and config; with
    /// `command: bisect`, whether a comment or an issue tells the culprit.
    #[serde(deserialize_with = "value")]
    #[schemars(with = "String")]
    pub comment: bool,
    /// Number of the pull request to compare, with `workflow_dispatch`.
    #[serde(deserialize_with = "optional")]
    #[schemars(with = "String")]
    pub pull_request: Option<PullNumber>,
    /// Commit to judge, by all its 40 digits, with `workflow_dispatch`.
    #[serde(deserialize_with = "optional")]
    #[schemars(with = "String")]
    pub sha: Option<CommitSha>,
    /// Commit on the default branch to compare with, by all its digits, a tag or a branch, with
    /// `workflow_dispatch` or `schedule`.
    #[schemars(with = "String")]
    pub base: Option<String>,
    /// Commit that was good, by all its digits, a tag or a branch, with `command: bisect`; if blank, the latest
    /// release, or the last commit before the bad one whose status passed, whichever is later.
    #[schemars(with = "String")]
    pub good: Option<String>,
    /// Commit that is bad, by all its digits, a tag or a branch, with `command: bisect`; if blank, the commit of
    /// the event.
    #[schemars(with = "String")]
    pub bad: Option<String>,
    /// Metric that became worse, with `command: bisect`; if blank, the first that counts in the config.
    #[schemars(with = "String")]
    pub metric: Option<String>,
    /// Certificates (PEM) of authorities to trust besides the usual ones, as text or as a path.
    #[schemars(with = "String")]
    pub ca_bundle: Option<String>,
}

impl Inputs {
    /// Picks the inputs out of environment variables.  Fails on a value that does not mean anything,
    /// and on inputs that do not go together; of unknown ones the runner warns.
    pub fn from_pairs(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        // The runner passes an input that nobody gave as an empty one, and keeps hyphens; a shell, where
        // a step runs the binary without the container, cannot have them in a name.
        let given = variables.into_iter().filter_map(|(name, value)| {
            let (name, value) = (name.strip_prefix(PREFIX)?.replace('_', "-"), value.trim());
            (!value.is_empty()).then(|| (format!("{PREFIX}{name}"), value.to_owned()))
        });
        let NamedInputs(inputs) =
            envy::prefixed(PREFIX).from_iter(given).map_err(|error| anyhow!("{error}"))?;
        inputs.check()?;
        Ok(inputs)
    }

    fn check(&self) -> Result<()> {
        ensure!(
            self.backend != BackendName::Ray || self.ray_address.is_some(),
            "ray-address: is missing, but `backend: ray` needs it; give the address of Ray's dashboard, \
             such as http://ray.example.com:8265"
        );
        ensure!(
            self.registry_username.is_some() == self.registry_password.is_some(),
            "registry-username and registry-password go together; give both or neither"
        );
        Ok(())
    }

    /// All inputs with what is said of them, for `action.yml` and `docs/action.md`.
    pub fn json_schema() -> Schema {
        schema_for!(Inputs)
    }
}

impl Default for Inputs {
    fn default() -> Self {
        Self {
            command: ActionCommand::Run,
            config: DEFAULT_PATH.into(),
            backend: BackendName::Kubernetes,
            kubeconfig: None,
            kube_context: None,
            namespace: None,
            ray_address: None,
            ray_token: None,
            registry_username: None,
            registry_password: None,
            registry_host: None,
            mlflow_host: None,
            github_token: None,
            github_api_url: None,
            approvals: NonZeroU32::MIN,
            require_last_push_approval: false,
            status_context: "regression / verdict".to_owned(),
            comment: true,
            pull_request: None,
            sha: None,
            base: None,
            good: None,
            bad: None,
            metric: None,
            ca_bundle: None,
        }
    }
}

/// Inputs whose errors begin with the name of the input, which envy leaves out.
struct NamedInputs(Inputs);

impl<'de> Deserialize<'de> for NamedInputs {
    fn deserialize<D: Deserializer<'de>>(variables: D) -> Result<Self, D::Error> {
        let named = |error: serde_path_to_error::Error<_>| {
            let input = error.path().to_string();
            let cause: &dyn Display = error.inner();
            Error::custom(format!("{input}: {cause}"))
        };
        serde_path_to_error::deserialize(variables).map(Self).map_err(named)
    }
}

#[cfg(test)]
mod tests;
