//! Where both commits are trained: one cluster if their environments agree, which makes them
//! comparable; else one for each.

use anyhow::{Context, Result};
use reqwest::Url;
use secrecy::SecretString;

use super::{KubernetesChoice, Question, Tools, kubernetes};
use crate::{
    cluster::Backend,
    environment::{self, Environment, EnvironmentSpec},
    report::{EnvironmentFacts, Environments},
    requirements::{self, Requirements},
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
        let wanted = (needs(question, &question.base)?, needs(question, &question.head)?);
        let base = environment(question, &wanted.0, tools).await?;
        let head = if wanted.0 == wanted.1 {
            None
        } else {
            Some(environment(question, &wanted.1, tools).await?)
        };
        let facts = |environment: &Environment| EnvironmentFacts {
            requirements: Some(environment.hash.clone()),
            image: None,
        };
        let hashes = Environments {
            base: facts(&base),
            head: head.as_ref().map_or_else(|| facts(&base), facts),
            changes: Vec::new(),
        };
        let local = |environment| Backend::Local { environment };
        Ok(Self { base: local(base), head: head.map(local), hashes })
    }

    /// Which environments they are.
    pub(super) fn hashes(&self) -> Environments {
        self.hashes.clone()
    }
}

/// The requirements of a commit.
fn needs(question: &Question, commit: &Commit) -> Result<Requirements> {
    let read = |path: &str| question.repository.read(commit, path);
    requirements::collect(&question.config.requirements, read)
        .with_context(|| format!("cannot read the requirements of {}", commit.sha.short()))
}

/// The virtual environment that requirements ask for.
async fn environment(
    question: &Question,
    requirements: &Requirements,
    tools: &Tools<'_>,
) -> Result<Environment> {
    let config = &question.config;
    let spec = EnvironmentSpec {
        requirements,
        python: config.python.as_deref(),
        ray_version: &config.cluster.ray_version,
    };
    environment::prepare(&spec, tools.cache, tools.progress, tools.cancel).await
}
