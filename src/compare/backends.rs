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
    /// A Ray of our own on Kubernetes, in the commits' images.
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
    /// What they bring.
    pub(super) environments: Environments,
}

impl Backends {
    /// Makes or finds the environments that the commits need.
    pub(super) async fn prepare(question: &Question, tools: &Tools<'_>, run: &str) -> Result<Self> {
        match &question.backend {
            BackendChoice::Existing { dashboard, token } => Ok(Self {
                base: Backend::Existing { dashboard: dashboard.clone(), token: token.clone() },
                head: None,
                environments: Environments::default(),
            }),
            BackendChoice::Kubernetes(choice) => {
                let (base, head) = kubernetes::backends(choice, question, tools, run).await?;
                Ok(Self { base, head, environments: question.images.environments() })
            }
            BackendChoice::Local => Self::local(question, tools).await,
        }
    }

    async fn local(question: &Question, tools: &Tools<'_>) -> Result<Self> {
        let python = environment::find_python(question.config.python.as_deref()).await?;
        let base = needs(question, &question.base, &python)?;
        let head = needs(question, &question.head, &python)?;
        let changes = head.document.changes_since(&base.document);
        let shared = base.document.hash() == head.document.hash();
        let base = make(&base, tools).await?;
        let head = if shared { None } else { Some(make(&head, tools).await?) };
        let environments = Environments {
            base: facts(&base),
            head: facts(head.as_ref().unwrap_or(&base)),
            changes: changes.iter().map(ToString::to_string).collect(),
        };
        let local = |environment| Backend::Local { environment };
        Ok(Self { base: local(base), head: head.map(local), environments })
    }
}

fn facts(environment: &Environment) -> EnvironmentFacts {
    EnvironmentFacts { requirements: Some(environment.hash.clone()), image: None }
}

/// The environment that a commit asks for.
fn needs(question: &Question, commit: &Commit, python: &Python) -> Result<EnvironmentSpec> {
    let files = question.repository.files(commit);
    EnvironmentSpec::read(&question.config, python.clone(), &files)
        .with_context(|| format!("cannot read the requirements of {}", commit.sha.short()))
}

async fn make(spec: &EnvironmentSpec, tools: &Tools<'_>) -> Result<Environment> {
    environment::prepare(spec, tools.cache, tools.progress, tools.cancel).await
}
