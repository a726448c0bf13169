//! Where both commits are trained: one cluster if their environments agree, which makes them
//! comparable; else one for each.

use std::cell::Cell;

use anyhow::{Context, Result};
use reqwest::Url;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{KubernetesChoice, Question, Tools, kubernetes};
use crate::{
    cluster::{Backend, Cleanup, Cluster, with_cluster},
    config::Config,
    environment::{self, Environment, EnvironmentSpec, Python},
    job,
    progress::Progress,
    ray::Ray,
    report::Environments,
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
    base: Backend,
    head: Option<Backend>,
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
            return Ok(Self { base, head: None, hashes: Environments { base: None, head: None } });
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
        let hash = |environment: &Environment| Some(environment.hash.clone());
        let hashes = Environments {
            base: hash(&base),
            head: head.as_ref().map_or_else(|| hash(&base), hash),
        };
        let local = |environment| Backend::Local { environment };
        Ok(Self { base: local(base), head: head.map(local), hashes })
    }

    /// Which environments they are.
    pub(super) fn hashes(&self) -> Environments {
        self.hashes.clone()
    }

    /// Runs `work` on the cluster of the base and that of the head, and removes what is ours.
    pub(super) async fn with_clusters<T>(
        self,
        config: &Config,
        progress: &Progress,
        cancel: &CancellationToken,
        run: &str,
        work: impl AsyncFnOnce(&Cluster, &Cluster) -> Result<T>,
    ) -> Result<(T, Vec<Cleanup>)> {
        let limit = config.limits.provision.duration();
        let Some(second) = self.head else {
            let borrowed = Borrowed::of(&self.base)?;
            let began = Cell::new(false);
            let shared = async |cluster: &Cluster| {
                began.set(true);
                work(cluster, cluster).await
            };
            let outcome = with_cluster(self.base, limit, progress, cancel, shared).await;
            if let (Err(_), Some(Borrowed(ray)), true) = (&outcome, &borrowed, began.get()) {
                stop_jobs(ray, run, progress).await;
            }
            let (value, cleanup) = outcome?;
            return Ok((value, vec![cleanup]));
        };
        let outer = async |base: &Cluster| {
            let inner = async |head: &Cluster| work(base, head).await;
            with_cluster(second, limit, progress, cancel, inner).await
        };
        let ((value, head), base) = with_cluster(self.base, limit, progress, cancel, outer).await?;
        Ok((value, vec![base, head]))
    }
}

/// A cluster that outlives us, on which our jobs must not run on after an error.
struct Borrowed(Ray);

impl Borrowed {
    fn of(backend: &Backend) -> Result<Option<Self>> {
        match backend {
            Backend::Existing { dashboard, token } => {
                Ok(Some(Self(Ray::new(dashboard, token.clone())?)))
            }
            Backend::Local { .. } | Backend::Kubernetes { .. } => Ok(None),
        }
    }
}

/// Stops what runs of this run's jobs; *best effort, warned*.
async fn stop_jobs(ray: &Ray, run: &str, progress: &Progress) {
    let Err(error) = job::stop_all(ray, run).await else { return };
    progress.say(format!("warning: jobs {run}-* may still run on the cluster: {error:#}"));
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
