//! What was trained, as a name: where two commits have the same, their readings may stand for each
//! other.

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{BackendChoice, Question};
use crate::{
    config::Config,
    hex::hex,
    report::{EnvironmentFacts, Environments},
    source::{Commit, Repository},
};

/// Bytes of the hash that are kept: enough that nobody finds a second tree with the same name.
const BYTES: usize = 16;

/// The names of both commits' trainings.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) base: String,
    pub(super) head: String,
}

impl Keys {
    pub(super) fn of(question: &Question, environments: &Environments) -> Result<Self> {
        let Question { repository, config, backend, base, .. } = question;
        let asking = Asking { repository, config, backend, template_of: base };
        Ok(Self {
            base: asking.key(&question.base, &environments.base)?,
            head: asking.key(&question.head, &environments.head)?,
        })
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
    /// The name of a commit's trainings: its tree, what they run in, and how they are started.  Of a
    /// Ray that runs already nobody knows what it holds, so that it has its address alone.
    pub(crate) fn key(&self, commit: &Commit, environment: &EnvironmentFacts) -> Result<String> {
        let Self { repository, config, backend, template_of } = self;
        let place = match backend {
            BackendChoice::Local => "local".to_owned(),
            BackendChoice::Kubernetes(_) => format!("kubernetes {:?}", config.cluster),
            BackendChoice::Existing { dashboard, .. } => format!("ray {dashboard}"),
        };
        let template = match &config.cluster.template {
            Some(path) => repository.read(template_of, path)?.map(hex).unwrap_or_default(),
            None => String::new(),
        };
        let env = config.env.iter().map(|(name, value)| format!("{name}={value}"));
        let env: Vec<String> = env.collect();
        let known = |fact: &Option<String>| fact.clone().unwrap_or_default();
        let parts = [
            repository.tree(commit)?,
            known(&environment.image),
            known(&environment.requirements),
            config.entrypoint.clone(),
            env.join("\0"),
            config.secrets.join("\0"),
            place,
            template,
        ];
        // Where there is none, the name is what it was.
        let sources = config.sources().told();
        let parts = parts.into_iter().chain(sources).collect::<Vec<_>>();
        Ok(name_of("training 1", parts.iter().map(String::as_str), BYTES))
    }
}

/// The hash of texts, none of which can run into the next.
pub(crate) fn name_of<'a>(
    kind: &'a str,
    parts: impl IntoIterator<Item = &'a str>,
    bytes: usize,
) -> String {
    let mut hasher = Sha256::new();
    for part in std::iter::once(kind).chain(parts) {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    hex(&hasher.finalize()[..bytes])
}
