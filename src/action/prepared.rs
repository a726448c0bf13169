//! An approved commit -> the question of a comparison: the commits are fetched, the config is read.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};

use super::{
    Action,
    commits::{Commits, commits},
    image,
    key::Key,
    pins,
    sides::sides,
};
use crate::{
    action::{
        gate::{Approval, Refusal},
        inputs::ActionCommand,
    },
    cache::Cache,
    cli::{
        BackendName, Place,
        setup::{backend, credentials},
    },
    clients::registry::Registry,
    compare::{Differences, Images, Memory, Question, Sides, names},
    config::Config,
    git::{self, Commit, CommitSha, Repository},
};

/// What is known before anything is started.
pub(super) struct PreparedAction {
    pub(super) question: Question,
    pub(super) commits: Commits,
    pub(super) cache: Cache,
    /// What a reader of the report should know.
    pub(super) warnings: Vec<String>,
}

impl PreparedAction {
    /// How long a run of this comparison may take.
    pub(super) fn patience(&self) -> Duration {
        let limits = &self.question.config.limits;
        limits.queue.duration() + limits.provision.duration() + limits.total.duration()
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
pub(super) async fn prepare(
    action: &Action<'_>,
    approval: &Approval,
) -> Result<Result<PreparedAction, Refusal>> {
    let commits = match commits(action, approval).await? {
        Ok(commits) => commits,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let cache = Cache::of_the_action()?;
    let repository = fetch(action, &commits, cache.root()).await?;
    let judge = repository.resolve(commits.judge.sha.as_str())?;
    let config = config(&repository, &judge, &action.config())?;
    pins::check(&action.inputs, &config)?;
    let (sides, told) = match sides(action, &repository, &config, &commits).await? {
        Ok(sides) => sides,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let unmerged = after_the_merge(&repository, &config, &action.config(), &sides)?;
    let warnings = [unmerged, told].into_iter().flatten().collect();
    let question = question(action, repository, config, sides, judge).await?;
    Ok(Ok(PreparedAction { question, commits, cache, warnings }))
}

async fn question(
    action: &Action<'_>,
    repository: Repository,
    config: Config,
    sides: Sides,
    judge: Commit,
) -> Result<Question> {
    if let Some(merged) = sides.merged() {
        action.progress.say(merged.told(&sides.head));
    }
    let backend = backend(&Place::from(&action.inputs), action.trust.as_ref())?;
    let differences = Differences::between(&repository, &config, &backend, (&sides, &judge))?;
    let images = match differences.same {
        Some(_) if action.inputs.command != ActionCommand::Image => Images::default(),
        _ => images(action, &repository, &config, &sides).await?,
    };
    let reproduce = action.again().compare(&sides.base.sha, sides.head.sha.as_str());
    let memory = Memory::default();
    let config_told = format!("{} of {}", action.config(), judge.sha.short());
    Ok(Question {
        repository,
        config,
        sides,
        judge,
        backend,
        differences,
        images,
        memory,
        config_told,
        reproduce,
        resume: None,
    })
}

/// The images where they matter, told as soon as they are known.
async fn images(
    action: &Action<'_>,
    repository: &Repository,
    config: &Config,
    sides: &Sides,
) -> Result<Images> {
    let inputs = &action.inputs;
    if inputs.backend != BackendName::Kubernetes && inputs.command != ActionCommand::Image {
        return Ok(Images::default());
    }
    let credentials = credentials(&Place::from(inputs).login)?;
    let credentials =
        credentials.with_github_token(action.token.clone(), action.context.registry());
    let registry = Registry::new(credentials, action.trust.as_ref())?;
    let images = Images::look(repository, config, sides, &registry, action.progress).await?;
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
    sides: &Sides,
) -> Result<Option<String>> {
    let (base, head) = (&sides.base, sides.trained());
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
    let Commits { base, head, judge, parted, .. } = commits;
    let wanted = [base, head, judge].map(|commit| &commit.sha);
    let wanted = wanted.into_iter().chain(parted.as_ref().map(|parted| &parted.at));
    let wanted: Vec<CommitSha> = wanted.cloned().collect();
    let directory = cache.join("repository");
    let token = &action.token;
    let repository = git::fetch(&directory, &remote, token, &wanted, action.trust.as_ref()).await?;
    task.done("fetched");
    Ok(repository)
}
