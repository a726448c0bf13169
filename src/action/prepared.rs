//! An approved commit -> the question of a comparison: the commits are fetched, the config is read.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};

use super::{Action, commits::Commits, image, key::Key, pins};
use crate::{
    cache::Cache,
    cli::{BackendName, Place},
    compare::{Differences, Images, Memory, Question, names},
    config::Config,
    inputs::Command,
    registry::Registry,
    run::{backend, credentials},
    source::{self, Commit, Repository},
};

/// What is known before anything is started.
pub(super) struct Prepared {
    pub(super) question: Question,
    pub(super) cache: Cache,
    /// What a reader of the report should know.
    pub(super) warnings: Vec<String>,
}

impl Prepared {
    /// How long a run of this comparison may take.
    pub(super) fn patience(&self) -> Duration {
        let limits = &self.question.config.limits;
        limits.provision.duration() + limits.total.duration()
    }

    /// The name of the comparison.
    pub(super) fn key(&self, action: &Action<'_>) -> Result<Key> {
        let (names, place) = (names(&self.question)?, action.place());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut place: Vec<&str> = place.iter().map(String::as_str).collect();
        place.extend(self.question.images.names());
        Ok(Key::of(&names, &action.config(), action.inputs.backend, &place))
    }
}

/// Everything that can be wrong comes to light here, before a cluster is asked for.
pub(super) async fn prepare(action: &Action<'_>, commits: &Commits) -> Result<Prepared> {
    let cache = Cache::open(Some(&std::env::temp_dir().join("regression-action")))?;
    let repository = fetch(action, commits, cache.root()).await?;
    let base = repository.resolve(commits.base.sha.as_str())?;
    let head = repository.resolve(commits.head.sha.as_str())?;
    let judge = repository.resolve(commits.judge.sha.as_str())?;
    let config = config(&repository, &judge, &action.config())?;
    pins::check(&action.inputs, &config)?;
    let unmerged = after_the_merge(&repository, &config, &action.config(), (&base, &head))?;
    let warnings = [unmerged, commits.warning()].into_iter().flatten().collect();
    let backend = backend(&Place::from(&action.inputs))?;
    let differences = Differences::between(&repository, &config, &backend, (&base, &head))?;
    let images = match differences.same {
        Some(_) if action.inputs.command != Command::Image => Images::default(),
        _ => images(action, &repository, &config, (&base, &head)).await?,
    };
    let reproduce = action.again().compare(&base.sha, &head.sha);
    let memory = Memory::default();
    let question = Question {
        repository,
        config,
        base,
        head,
        judge,
        backend,
        differences,
        images,
        memory,
        reproduce,
    };
    Ok(Prepared { question, cache, warnings })
}

/// The images where they matter, told as soon as they are known.
async fn images(
    action: &Action<'_>,
    repository: &Repository,
    config: &Config,
    commits: (&Commit, &Commit),
) -> Result<Images> {
    let inputs = &action.inputs;
    if inputs.backend != BackendName::Kubernetes && inputs.command != Command::Image {
        return Ok(Images::default());
    }
    let credentials = credentials(&Place::from(inputs).login)?;
    let credentials = credentials.with_github_token(action.token.clone());
    let registry = Registry::new(credentials, action.trust.as_ref())?;
    let images = Images::look(repository, config, commits, &registry, action.progress).await?;
    image::tell(action, &images);
    Ok(images)
}

/// The config of the default branch: an author must not choose what judges them.
pub(super) fn config(repository: &Repository, judge: &Commit, path: &str) -> Result<Config> {
    let text = repository.read(judge, path)?.with_context(|| {
        format!(
            "the default branch has no {path} at {}; merge the config first, because an author must not \
             choose what judges them",
            judge.sha.short()
        )
    })?;
    let text = String::from_utf8(text).with_context(|| format!("{path} is not UTF-8 text"))?;
    Ok(Config::parse(&text, path)?)
}

/// A warning of what head changes of the files that say how it is started and judged.
fn after_the_merge(
    repository: &Repository,
    config: &Config,
    path: &str,
    (base, head): (&Commit, &Commit),
) -> Result<Option<String>> {
    let template = config.cluster.template.as_deref();
    let mut changed = Vec::new();
    for path in std::iter::once(path).chain(template) {
        if repository.read(base, path)? != repository.read(head, path)? {
            changed.push(path);
        }
    }
    Ok((!changed.is_empty()).then(|| {
        format!(
            "this change also changes {}, by which it is not judged: that takes effect after the merge",
            changed.join(" and ")
        )
    }))
}

async fn fetch(action: &Action<'_>, commits: &Commits, cache: &Path) -> Result<Repository> {
    let task = action.progress.task("fetching the commits");
    let remote = action.context.remote()?;
    let wanted = [&commits.base, &commits.head, &commits.judge].map(|commit| commit.sha.clone());
    let directory = cache.join("repository");
    let token = &action.token;
    let repository =
        source::fetch(&directory, &remote, token, &wanted, action.trust.as_ref()).await?;
    task.done("fetched");
    Ok(repository)
}
