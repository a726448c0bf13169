//! What was trained, as a name: where two commits have the same, their readings may stand for each other.

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use super::BackendChoice;
use crate::{
    config::Config,
    git::{Code, Commit, Repository},
    hex::{hex, name_of},
};

/// Bytes of the hash that are kept: enough that nobody finds a second tree with the same name.
const BYTES: usize = 16;

/// What one side ran in; nothing is known of a Ray that runs already.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EnvironmentFacts {
    /// Hash of the requirements, if they decided.
    pub requirements: Option<String>,
    /// The image, by digest where it is known.
    pub image: Option<String>,
}

impl EnvironmentFacts {
    /// Such as `ghcr.io/acme/train@sha256:...`, or `environment 9fddb2d10e74`; none if nothing is known.
    pub(crate) fn told(&self) -> Option<String> {
        let hash = |hash: &String| format!("environment {}", hash.get(..12).unwrap_or(hash));
        self.image.clone().or_else(|| self.requirements.as_ref().map(hash))
    }
}

/// How trainings are started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) config: &'a Config,
    pub(crate) backend: &'a BackendChoice,
    /// The commit that the cluster's template is read from.
    pub(crate) template_of: &'a Commit,
}

impl Asking<'_> {
    /// The name of a commit's trainings: its inputs, what they run in, and how they are started.  Of a
    /// Ray that runs already nobody knows what it holds, so that it has its address alone.
    pub(crate) fn key(&self, code: &Code, environment: &EnvironmentFacts) -> Result<String> {
        let Self { repository, config, backend, template_of } = self;
        let place = match backend {
            BackendChoice::Local => "local".to_owned(),
            BackendChoice::Kubernetes(_) => format!("kubernetes {:?}", config.cluster),
            BackendChoice::Existing { dashboard, .. } => format!("ray {dashboard}"),
        };
        let env = config.env.iter().map(|(name, value)| format!("{name}={value}"));
        let env: Vec<String> = env.collect();
        let known = |fact: &Option<String>| fact.clone().unwrap_or_default();
        let mut parts = vec![
            inputs(repository, config, code)?,
            known(&environment.image),
            known(&environment.requirements),
            config.entrypoint.clone(),
            env.join("\0"),
            config.secrets.join("\0"),
            place,
            template(repository, config, template_of)?,
        ];
        parts.extend(config.data.iter().cloned());
        // Where there is none, the name is what it was.
        parts.extend(config.sources().told());
        parts.extend(config.training.told());
        Ok(name_of("training 1", parts.iter().map(String::as_str), BYTES))
    }
}

/// The name of all files that a training reads or is measured by, as far as the config says which they are.
pub(crate) fn inputs(repository: &Repository, config: &Config, code: &Code) -> Result<String> {
    if config.all_counts() && code.ruler.is_none() {
        return repository.tree(&code.commit);
    }
    Ok(repository.content(code)?.digest(|path| config.counts(path)))
}

/// The cluster's template, as it is in a commit; empty if the config names none.
pub(crate) fn template(
    repository: &Repository,
    config: &Config,
    commit: &Commit,
) -> Result<String> {
    Ok(match &config.cluster.template {
        Some(path) => repository.read(commit, path)?.map(hex).unwrap_or_default(),
        None => String::new(),
    })
}
