//! A cluster on Kubernetes: from the config to a request, and the way in.

use std::{env, time::SystemTime};

use anyhow::{Context, Result};

use crate::{
    cluster::{
        ClusterRequest,
        kubeconfig::{self, Access, KubeOptions},
        template::{self, Template},
    },
    config::{Config, Span},
    progress::Progress,
};

/// How long a cluster outlives us unless told otherwise.
const LEASE_MINUTES: u64 = 2;

/// What was said about Kubernetes.
#[derive(Debug, Clone, Default)]
pub struct KubernetesChoice {
    /// The way into it.
    pub options: KubeOptions,
    /// How long a cluster outlives us; none: two minutes.
    pub lease: Option<Span>,
}

/// The way into Kubernetes; warns of credentials that end before the longest run could.
pub(crate) async fn connect(
    choice: &KubernetesChoice,
    config: &Config,
    progress: &Progress,
) -> Result<Access> {
    // Large because it holds everything that logs in.
    let connecting = Box::pin(kubeconfig::connect(&choice.options));
    let access = progress.waiting("finding the way into Kubernetes", connecting).await?;
    for warning in access.warnings_for(config.longest(), SystemTime::now()) {
        progress.say(format!("warning: {warning}"));
    }
    Ok(access)
}

/// What is asked of `KubeRay` for a cluster of that name.
pub(crate) fn request(
    choice: &KubernetesChoice,
    config: &Config,
    name: String,
    image: String,
    template: Option<Template>,
) -> ClusterRequest {
    let lease = choice.lease.unwrap_or_else(|| Span::minutes(LEASE_MINUTES));
    ClusterRequest {
        name,
        owner: owner(),
        image,
        size: config.cluster.clone(),
        training: config.training.clone(),
        secrets: config.secrets.clone(),
        template,
        lease: lease.duration(),
        patience: config.limits.total.duration(),
    }
}

/// The names that a run's `RayJob`s may have: of the first, which may be the only one, and of the
/// head's own.  Runs have names of letters and digits in either case; Kubernetes knows small ones only.
pub(crate) fn ray_jobs(run: &str) -> [String; 2] {
    let first = format!("regression-{}", run.to_lowercase());
    let second = format!("{first}-head");
    [first, second]
}

/// The template that the config names, as `read` finds it; `place` says where it looks.
pub(crate) fn template(
    config: &Config,
    read: impl FnOnce(&str) -> Result<Option<Vec<u8>>>,
    place: &str,
) -> Result<Option<Template>> {
    let Some(path) = &config.cluster.template else { return Ok(None) };
    let bytes = read(path)?
        .with_context(|| format!("cluster.template names {path}, which is not in {place}"))?;
    let text = String::from_utf8(bytes)
        .with_context(|| format!("cluster.template {path} is not UTF-8 text"))?;
    template::parse(&text, path, &config.cluster).map(Some)
}

/// Who started the run: the link to it on GitHub, or user and host.
fn owner() -> String {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let link = || {
        let server = variable("GITHUB_SERVER_URL")?;
        let (repository, id) = (variable("GITHUB_REPOSITORY")?, variable("GITHUB_RUN_ID")?);
        Some(format!("{server}/{repository}/actions/runs/{id}"))
    };
    link().unwrap_or_else(|| {
        let user = variable("USER").unwrap_or_else(|| "somebody".to_owned());
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        format!("{user}@{host}")
    })
}
