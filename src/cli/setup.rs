//! What the command line and the action's inputs choose alike: where to train, whom registries know us as, and
//! what is remembered.

use std::{path::Path, thread::available_parallelism};

use anyhow::{Context, Result, anyhow};
use reqwest::Url;

use crate::{
    cli::{BackendName, Kubernetes, Place, RegistryLogin},
    clients::registry::{Credentials, Registry},
    cluster::{Room, kubeconfig::KubeOptions, parse_address},
    compare::{Memory, Release, Sides},
    config::{Config, HistoryStore},
    experiment::{
        BackendChoice, KubernetesChoice,
        history::{History, HistoryBranch},
        tracking::{self, Tracker},
    },
    git::Repository,
    http::CaBundle,
};

/// Where trainings run; `trust`: certificates of servers to trust besides the system's.
pub(crate) fn backend(place: &Place, trust: Option<&CaBundle>) -> Result<BackendChoice> {
    match (place.backend, &place.ray_address) {
        (BackendName::Local, _) => Ok(BackendChoice::Local),
        (BackendName::Kubernetes, _) => Ok(BackendChoice::Kubernetes(KubernetesChoice {
            options: kube_options(&place.kubernetes, trust),
            lease: place.kubernetes.lease,
        })),
        (BackendName::Ray, address) => {
            let address = address.as_deref().context("--backend ray needs --ray-address")?;
            let dashboard = parse_address(address)?;
            let (token, trust) = (place.ray_token.clone(), trust.cloned());
            Ok(BackendChoice::Existing { dashboard, token, trust })
        }
    }
}

/// Who looks for images: whom the options name, else who is logged in.
pub(crate) fn credentials(login: &RegistryLogin) -> Result<Credentials> {
    let RegistryLogin { registry_username, registry_password } = login.clone();
    Credentials::from_environment(registry_username, registry_password)
}

pub(crate) fn registry(login: &RegistryLogin, trust: Option<&CaBundle>) -> Result<Registry> {
    Registry::new(credentials(login)?, trust)
}

pub(crate) fn kube_options(typed: &Kubernetes, trust: Option<&CaBundle>) -> KubeOptions {
    let Kubernetes { kubeconfig, kube_context, namespace, .. } = typed.clone();
    KubeOptions { kubeconfig, context: kube_context, namespace, trust: trust.cloned() }
}

/// Trainings at a time, unless somebody says it: of a cluster of our own, as many as its workers have room for, or
/// without any the CPUs of its head; elsewhere, as many as this machine has CPUs.
pub(crate) fn places(config: &Config, backend: BackendName) -> usize {
    let places = match backend {
        BackendName::Kubernetes => places_declared(config),
        BackendName::Local | BackendName::Ray => cpus(),
    };
    let most = config.training.parallel.and_then(|most| usize::try_from(most).ok());
    most.map_or(places, |most| places.min(most))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1, and small")]
fn places_declared(config: &Config) -> usize {
    let room = Room::declared(&config.training, &config.cluster).ok().flatten();
    room.map_or(config.cluster.places(), |room| room.places as usize)
}

pub(crate) fn cpus() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// The metric that counts first.
pub(crate) fn first(config: &Config) -> Result<String> {
    let gated = config.metrics.iter().find(|(_, metric)| metric.gate);
    let first = gated.or_else(|| config.metrics.first());
    first.map(|(name, _)| name.clone()).context("the config has no metric; name one with --metric")
}

/// What a comparison in this repository remembers; without base and head, nothing of releases.
pub(crate) fn remember(
    repository: &Repository,
    config: &Config,
    sides: Option<&Sides>,
) -> Result<Memory> {
    let tracker = tracker(config, None)?;
    let history = history(config, None, repository.root(), |name| branch(repository, name))?;
    let memory = Memory { tracker, ..Memory::default() };
    let Some(Sides { base, head, .. }) = sides.filter(|_| history.is_some()) else {
        return Ok(Memory { history, ..memory });
    };
    let release = repository.last_tag(base)?.map(|(tag, sha)| Release { tag, sha });
    let trusts_head = repository.has_published(head)?;
    Ok(Memory { history, release, trusts_head, ..memory })
}

/// Where the config keeps past readings: a directory is below `root` unless it is absolute, a branch where
/// `branch` says.
pub(crate) fn history(
    config: &Config,
    trust: Option<&CaBundle>,
    root: &Path,
    branch: impl FnOnce(&str) -> Result<HistoryBranch>,
) -> Result<Option<History>> {
    Ok(match config.history.as_ref().map(|settings| &settings.store) {
        None => None,
        Some(HistoryStore::Directory(path)) => Some(History::directory(root.join(path))),
        Some(HistoryStore::Branch(name)) => Some(History::branch(branch(name)?)?),
        Some(HistoryStore::Mlflow) => Some(in_tracker(config, trust)?),
    })
}

/// The branch of the clone: what was fetched is read, and what is measured here stays here until
/// somebody pushes it.
fn branch(repository: &Repository, name: &str) -> Result<HistoryBranch> {
    let root = repository.root();
    let remote = Url::from_directory_path(root)
        .map_err(|()| anyhow!("{} cannot be an address", root.display()))?;
    let directory = root.join(".git").join("regression-history");
    Ok(HistoryBranch { directory, remote, token: None, name: name.to_owned(), trust: None })
}

/// The tracker of the config, asked by whom the environment names.
pub(crate) fn tracker(config: &Config, trust: Option<&CaBundle>) -> Result<Option<Tracker>> {
    let credentials = || tracking::TrackerCredentials::from_env(|name| std::env::var(name).ok());
    let tracker = |uri: &str| Tracker::new(uri, credentials()?, trust);
    config.mlflow.as_ref().map(|mlflow| tracker(&mlflow.uri)).transpose()
}

/// The history in the tracker's runs.
fn in_tracker(config: &Config, trust: Option<&CaBundle>) -> Result<History> {
    let missing = "history: {mlflow: true} needs the key mlflow, with uri and experiment";
    let mlflow = config.mlflow.as_ref().context(missing)?;
    let tracker = tracker(config, trust)?.context(missing)?;
    Ok(History::mlflow(tracker, mlflow.experiment.clone()))
}
