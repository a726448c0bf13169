//! What each commit runs in: an environment by its requirements, an image, or what a Ray that runs
//! already has.  Commits with the same are one group.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};

use super::{OnRay, answer::Unreadable};
use crate::{
    bisect::policy::SkipReason,
    experiment::BackendChoice,
    git::{Commit, CommitSha, Line, Repository},
    progress::Progress,
    python::{
        environment::{self, EnvironmentSpec},
        image::WantedImage,
    },
};

/// What a commit runs in.
#[derive(Debug, Clone)]
pub(super) enum Home {
    /// Made on this machine.
    Local(Box<EnvironmentSpec>),
    /// An image.
    Image {
        /// By which the cluster pulls it.
        name: String,
        /// Hash of the requirements, if that decided.
        requirements: Option<String>,
    },
    /// Whatever there is.
    Existing,
}

impl Home {
    /// The same for commits that share it.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Local(spec) => spec.hash(),
            Self::Image { name, .. } => name.clone(),
            Self::Existing => String::new(),
        }
    }
}

/// The homes of commits, or why they have none.
pub(super) type Homes = HashMap<CommitSha, Result<Home, Unreadable>>;

/// Looks for the homes of all commits of a line, each image once.
pub(super) async fn look(
    ray: &OnRay,
    repository: &Repository,
    line: &Line,
    progress: &Progress,
) -> Result<Homes> {
    let commits = line.commits.iter().map(|step| &step.commit);
    match &ray.backend {
        BackendChoice::Existing { .. } => {
            Ok(commits.map(|commit| (commit.sha.clone(), Ok(Home::Existing))).collect())
        }
        BackendChoice::Local => {
            let python = environment::find_python(ray.config.python.as_deref()).await?;
            let home = |commit: &Commit| {
                let files = repository.files(commit);
                let spec = EnvironmentSpec::read(&ray.config, python.clone(), &files);
                let home = spec.map(|spec| Home::Local(Box::new(spec)));
                (commit.sha.clone(), home.map_err(|error| unbuildable(&error)))
            };
            Ok(commits.map(home).collect())
        }
        BackendChoice::Kubernetes(_) => images(ray, repository, line, progress).await,
    }
}

/// Why an environment cannot be had.
pub(super) fn unbuildable(error: &anyhow::Error) -> Unreadable {
    Unreadable { reason: SkipReason::Build, why: format!("it has no environment: {error:#}") }
}

async fn images(
    ray: &OnRay,
    repository: &Repository,
    line: &Line,
    progress: &Progress,
) -> Result<Homes> {
    let registry = ray.registry.as_ref().context("--backend kubernetes needs a registry")?;
    let mut homes = Homes::new();
    let mut groups: BTreeMap<String, (WantedImage, Vec<&Commit>)> = BTreeMap::new();
    for commit in line.commits.iter().map(|step| &step.commit) {
        match WantedImage::of(&ray.config, &repository.files(commit)) {
            Ok(wanted) => {
                let group = groups.entry(wanted.reference().to_string());
                group.or_insert_with(|| (wanted, Vec::new())).1.push(commit);
            }
            Err(error) => drop(homes.insert(commit.sha.clone(), Err(unbuildable(&error)))),
        }
    }
    for (name, (wanted, commits)) in groups {
        let home = image(ray, (&name, wanted), &commits, registry, progress).await?;
        homes.extend(commits.iter().map(|commit| (commit.sha.clone(), home.clone())));
    }
    Ok(homes)
}

/// The home of the commits that want that image.  One that the config names whole is not asked for.
async fn image(
    ray: &OnRay,
    (name, wanted): (&str, WantedImage),
    commits: &[&Commit],
    registry: &crate::clients::registry::Registry,
    progress: &Progress,
) -> Result<Result<Home, Unreadable>> {
    let (Some(_), Some(first)) = (wanted.document(), commits.first()) else {
        return Ok(Ok(Home::Image { name: name.to_owned(), requirements: None }));
    };
    let resolution = wanted.resolve(&ray.config.build.platform, registry).await;
    let answer = resolution.answer((*first).into(), &ray.config, None)?;
    let Some(remedy) = answer.remedy else {
        let name = answer.pinned.unwrap_or(answer.image);
        return Ok(Ok(Home::Image { name, requirements: answer.requirements_hash }));
    };
    let count = crate::output::count(commits.len(), "commit");
    progress.say(format!("{count} skipped because their image is missing: {}", remedy.trim_end()));
    let why = format!("its image {name} is missing");
    Ok(Err(Unreadable { reason: SkipReason::Image, why }))
}
