//! Where both commits are trained: one cluster if their environments agree, which makes them
//! comparable; else one for each.

use anyhow::{Context, Result};
use reqwest::Url;
use secrecy::SecretString;

use super::{KubernetesChoice, Question, Tools, kubernetes};
use crate::{
    cluster::Backend,
    environment::{self, Environment, EnvironmentSpec, Python},
    report::{EnvironmentFacts, Environments},
    source::Commit,
};

/// The backend, as asked for.
#[derive(Debug, Clone)]
pub enum BackendChoice {
    /// A Ray of our own on this machine, in the commits' own environments.
    Local,
    /// A Ray of our own on Kubernetes, in the image of the config.
    Kubernetes(KubernetesChoice),
    /// A Ray that runs already, with whatever environment it has.
    Existing {
        /// Its dashboard.
        dashboard: Url,
        /// Token of its token authentication.
        token: Option<SecretString>,
    },
}

/// The backends of base and head; no second one if they share the first.
#[derive(Debug)]
pub(super) struct Backends {
    pub(super) base: Backend,
    pub(super) head: Option<Backend>,
    hashes: Environments,
}

impl Backends {
    /// Makes the environments that the commits need.
    pub(super) async fn prepare(question: &Question, tools: &Tools<'_>, run: &str) -> Result<Self> {
        let shared = match &question.backend {
            BackendChoice::Existing { dashboard, token } => {
                Some(Backend::Existing { dashboard: dashboard.clone(), token: token.clone() })
            }
            BackendChoice::Kubernetes(choice) => {
                Some(kubernetes::backend(choice, question, tools, run).await?)
            }
            BackendChoice::Local => None,
        };
        if let Some(base) = shared {
            return Ok(Self { base, head: None, hashes: Environments::default() });
        }
        let python = environment::find_python(question.config.python.as_deref()).await?;
        let needs = |commit| needs(question, commit, &python);
        let wanted = (needs(&question.base)?, needs(&question.head)?);
        let base = environment(&wanted.0, tools).await?;
        let head = if wanted.0.hash() == wanted.1.hash() {
            None
        } else {
            Some(environment(&wanted.1, tools).await?)
        };
        let facts = |environment: &Environment| EnvironmentFacts {
            requirements: Some(environment.hash.clone()),
            image: None,
        };
        let changes = wanted.1.document.changes_since(&wanted.0.document);
        let hashes = Environments {
            base: facts(&base),
            head: head.as_ref().map_or_else(|| facts(&base), facts),
            changes: changes.iter().map(ToString::to_string).collect(),
        };
        let local = |environment| Backend::Local { environment };
        Ok(Self { base: local(base), head: head.map(local), hashes })
    }

    /// Which environments they are.
    pub(super) fn hashes(&self) -> Environments {
        self.hashes.clone()
    }
}

/// The environment that a commit asks for.
fn needs(question: &Question, commit: &Commit, python: &Python) -> Result<EnvironmentSpec> {
    let files = question.repository.files(commit);
    EnvironmentSpec::read(&question.config, python.clone(), &files)
        .with_context(|| format!("cannot read the requirements of {}", commit.sha.short()))
}

async fn environment(spec: &EnvironmentSpec, tools: &Tools<'_>) -> Result<Environment> {
    environment::prepare(spec, tools.cache, tools.progress, tools.cancel).await
}
