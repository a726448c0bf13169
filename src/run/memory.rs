//! What a run on a laptop remembers: the same stores as in the action, the branch in the clone itself.

use anyhow::{Context, Result, anyhow};
use reqwest::Url;

use crate::{
    compare::{Memory, Release, Sides},
    config::{Config, HistoryStore},
    history::{Branch, History},
    http::CaBundle,
    source::Repository,
    tracking::{Credentials, Tracker},
};

/// What a comparison in this repository remembers; without base and head, nothing of releases.
pub(crate) fn remember(
    repository: &Repository,
    config: &Config,
    sides: Option<&Sides>,
) -> Result<Memory> {
    let tracker = tracker(config, None)?;
    let history = match config.history.as_ref().map(|settings| &settings.store) {
        None => None,
        Some(HistoryStore::Directory(path)) => {
            Some(History::directory(repository.root().join(path)))
        }
        Some(HistoryStore::Branch(name)) => Some(History::branch(branch(repository, name)?)?),
        Some(HistoryStore::Mlflow) => Some(in_tracker(config, None)?),
    };
    let memory = Memory { tracker, ..Memory::default() };
    let Some(Sides { base, head, .. }) = sides.filter(|_| history.is_some()) else {
        return Ok(Memory { history, ..memory });
    };
    let release = repository.last_tag(base)?.map(|(tag, sha)| Release { tag, sha });
    let trusts_head = repository.has_published(head)?;
    Ok(Memory { history, release, trusts_head, ..memory })
}

/// The branch of the clone: what was fetched is read, and what is measured here stays here until
/// somebody pushes it.
fn branch(repository: &Repository, name: &str) -> Result<Branch> {
    let root = repository.root();
    let remote = Url::from_directory_path(root)
        .map_err(|()| anyhow!("{} cannot be an address", root.display()))?;
    let directory = root.join(".git").join("regression-history");
    Ok(Branch { directory, remote, token: None, name: name.to_owned(), trust: None })
}

/// The tracker of the config, asked by whom the environment names.
pub(crate) fn tracker(config: &Config, trust: Option<&CaBundle>) -> Result<Option<Tracker>> {
    let credentials = || Credentials::from_env(|name| std::env::var(name).ok());
    let tracker = |uri: &str| Tracker::new(uri, credentials()?, trust);
    config.mlflow.as_ref().map(|mlflow| tracker(&mlflow.uri)).transpose()
}

/// The history in the tracker's runs.
pub(crate) fn in_tracker(config: &Config, trust: Option<&CaBundle>) -> Result<History> {
    let missing = "history: {mlflow: true} needs the key mlflow, with uri and experiment";
    let mlflow = config.mlflow.as_ref().context(missing)?;
    let tracker = tracker(config, trust)?.context(missing)?;
    Ok(History::mlflow(tracker, mlflow.experiment.clone()))
}
