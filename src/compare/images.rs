//! The images of a comparison on Kubernetes, looked for before anything is started.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};

use super::Sides;
use crate::{
    clients::registry::Registry,
    config::Config,
    experiment::EnvironmentFacts,
    git::{Commit, Repository},
    progress::Progress,
    python::{
        image::{Built, Resolution, ResolvedImage, WantedImage},
        requirements::Change,
    },
    report::Environments,
};

/// What both commits run in; nothing where the cluster or the machine brings its own environment.
#[derive(Debug, Default)]
pub struct Images {
    base: Option<CommitImage>,
    /// None: the base's serves both.
    head: Option<CommitImage>,
    changes: Vec<Change>,
    /// What a reader should know of the requirements.
    warnings: Vec<String>,
}

/// What a commit runs in.
#[derive(Debug, Clone)]
pub(crate) enum CommitImage {
    /// As the config names it, and as the cluster finds it.
    Named(String),
    /// By the hash of the commit's requirements, as the registry answers.
    Prebuilt(Box<ResolvedImage>),
}

impl Images {
    /// Looks for the images of both commits, once if their requirements are the same.  Head's is that of the
    /// merge, where one is trained.
    ///
    /// Fails if the config names none, if requirements cannot be read, and if the registry cannot tell.
    /// That an image is missing is for [`Images::check`] to tell.
    pub async fn look(
        repository: &Repository,
        config: &Config,
        sides: &Sides,
        registry: &Registry,
        progress: &Progress,
    ) -> Result<Self> {
        let wanted = |commit: &Commit| {
            WantedImage::of(config, &repository.files(commit))
                .with_context(|| format!("cannot tell the image of commit {}", commit.sha.short()))
        };
        let Sides { base, head, merge } = sides;
        let (first, second) = (wanted(base)?, wanted(sides.trained())?);
        let (Some(before), Some(after)) = (first.document(), second.document()) else {
            let base = Some(CommitImage::Named(first.reference().to_string()));
            return Ok(Self { base, ..Self::default() });
        };
        let changes = after.changes_since(before);
        let shared = before.hash() == after.hash();
        let warnings: BTreeSet<&String> = before.warnings.iter().chain(&after.warnings).collect();
        let warnings: Vec<String> = warnings.into_iter().cloned().collect();
        for warning in &warnings {
            progress.say(format!("warning: {warning}"));
        }
        let task = progress.task("looking for the images");
        let look =
            async |wanted: WantedImage| wanted.resolve(&config.build.platform, registry).await;
        let (first, second) = if shared {
            (look(first).await, None)
        } else {
            let (first, second) = tokio::join!(look(first), look(second));
            (first, Some(second))
        };
        let answer = |resolution: &Resolution, built: Built<'_>, against| {
            let answer = resolution.answer(built, config, against)?;
            anyhow::Ok(CommitImage::Prebuilt(Box::new(answer)))
        };
        let against = Some((base.clone(), changes.clone()));
        let head = second
            .map(|second| {
                answer(&second, Built { commit: head, into: merge.as_ref().map(|_| base) }, against)
            })
            .transpose()?;
        let base = Some(answer(&first, base.into(), None)?);
        let images = Self { base, head, changes, warnings };
        task.done(images.summary());
        for note in images.answers().filter_map(|answer| answer.note.as_ref()) {
            progress.say(format!("warning: {note}"));
        }
        Ok(images)
    }

    /// Fails, with what to do, unless both images can be run.
    pub fn check(&self) -> Result<()> {
        let missing = self.answers().filter_map(|answer| answer.remedy.as_deref());
        let missing: Vec<&str> = missing.map(str::trim_end).collect();
        ensure!(missing.is_empty(), "{}", missing.join("\n\n"));
        Ok(())
    }

    /// What a reader should know of the requirements, each once.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The image of the base; none where there are no images.
    pub(super) fn base(&self) -> Option<&CommitImage> {
        self.base.as_ref()
    }

    /// The head's own; none if it shares the base's.
    pub(super) fn own_of_head(&self) -> Option<&CommitImage> {
        self.head.as_ref()
    }

    /// What the head runs in.
    pub(crate) fn of_head(&self) -> Option<&CommitImage> {
        self.head.as_ref().or(self.base.as_ref())
    }

    /// What the registry answered: of the base, then of the head if it has an image of its own.
    pub(crate) fn answers(&self) -> impl Iterator<Item = &ResolvedImage> {
        [&self.base, &self.head].into_iter().flatten().filter_map(CommitImage::answer)
    }

    /// What tells one comparison from another of the same commits: the names by which clusters pull.
    pub(crate) fn names(&self) -> Vec<&str> {
        [self.base.as_ref(), self.of_head()].into_iter().flatten().map(CommitImage::name).collect()
    }

    /// The same for the report.
    pub(super) fn environments(&self) -> Environments {
        let facts = |image: Option<&CommitImage>| image.map(CommitImage::facts).unwrap_or_default();
        let changes = self.changes.iter().map(ToString::to_string).collect();
        Environments { base: facts(self.base()), head: facts(self.of_head()), changes }
    }

    fn summary(&self) -> String {
        let missing = [&self.base, &self.head].into_iter().flatten();
        let missing = missing.filter(|image| image.pulled().is_err()).count();
        let own = if self.head.is_some() { "one for each commit" } else { "one for both commits" };
        if missing == 0 { format!("found, {own}") } else { format!("{missing} missing, {own}") }
    }
}

impl CommitImage {
    /// The name by which a cluster pulls it; the one that would be built if it is missing.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Prebuilt(answer) => answer.pinned.as_deref().unwrap_or(&answer.image),
        }
    }

    /// What the registry answered; none if it was not asked.
    pub(crate) fn answer(&self) -> Option<&ResolvedImage> {
        match self {
            Self::Named(_) => None,
            Self::Prebuilt(answer) => Some(answer),
        }
    }

    /// The name by which a cluster pulls it; fails if it is missing, with what to do.
    pub(super) fn pulled(&self) -> Result<&str> {
        match self.answer().and_then(|answer| answer.remedy.as_ref()) {
            Some(remedy) => bail!("{}", remedy.trim_end()),
            None => Ok(self.name()),
        }
    }

    fn facts(&self) -> EnvironmentFacts {
        let requirements = self.answer().and_then(|answer| answer.requirements_hash.clone());
        EnvironmentFacts { requirements, image: Some(self.name().to_owned()) }
    }
}
