//! The cluster on Kubernetes that a comparison asks for: from the config to a request.

use std::{env, time::SystemTime};

use anyhow::{Context, Result};

use super::{Question, Tools, images::CommitImage};
use crate::{
    cluster::{
        Backend, ClusterRequest,
        kubeconfig::{self, KubeOptions},
        template::{self, Template},
    },
    config::{Config, Isolation, Span},
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

/// The clusters of base and head; none for a head that may share the base's, and has its image.  Checks all
/// that can be checked before anything is created.
pub(super) async fn backends(
    choice: &KubernetesChoice,
    question: &Question,
    tools: &Tools<'_>,
    run: &str,
) -> Result<(Backend, Option<Backend>)> {
    let config = &question.config;
    // An author must not choose the cluster that judges them.
    let read = |path: &str| question.repository.read(&question.judge, path);
    let template = template(config, read, question.judge.sha.short())?;
    let base = question.images.base().context("--backend kubernetes needs an image")?.pulled()?;
    let own = question.images.own_of_head().map(CommitImage::pulled).transpose()?;
    let head = own.or_else(|| (config.isolation == Isolation::Sides).then_some(base));
    // Large because it holds everything that logs in.
    let connecting = Box::pin(kubeconfig::connect(&choice.options));
    let access = tools.progress.waiting("finding the way into Kubernetes", connecting).await?;
    for warning in access.warnings_for(config.longest(), SystemTime::now()) {
        tools.progress.say(format!("warning: {warning}"));
    }
    let [first, second] = ray_jobs(run);
    let backend = |name, image: &str| {
        let request = request(choice, config, name, image.to_owned(), template.clone());
        Backend::Kubernetes { access: access.clone(), request: Box::new(request) }
    };
    Ok((backend(first, base), head.map(|image| backend(second, image))))
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
