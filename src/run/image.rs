//! `image`: the command line -> what is asked of one commit, printed.  The registry is asked only if
//! nothing else is wanted.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use tokio_util::sync::CancellationToken;

use super::{read_config, registry, write_out};
use crate::{
    cancel::unless_cancelled,
    cli::{Image, Shared},
    config::Config,
    git::{Commit, Repository},
    progress::Progress,
    python::{
        image::{self, BuildJob, Explanation, ResolvedImage, WantedImage, dockerfile},
        requirements::{self, Change, Document, Recipe},
    },
};

/// A commit, and what decides its image.
struct ImageSubject {
    repository: Repository,
    config: Config,
    commit: Commit,
    against: Option<Commit>,
}

/// Answers, with exit code 0, or 1 if the image is missing.
pub(super) async fn run(
    options: &Image,
    shared: &Shared,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<ExitCode> {
    let subject = ImageSubject::of(options, shared)?;
    let format = shared.format.unwrap_or_default();
    if options.explain {
        write_out(&subject.explain()?.render(format)?)?;
    } else if options.dockerfile {
        write_out(&subject.dockerfile()?)?;
    } else if options.build_job {
        write_out(&subject.build_job(options)?)?;
    } else {
        let answer = subject.look(options, progress, cancel).await?;
        write_out(&answer.render(format)?)?;
        return Ok(ExitCode::from(u8::from(!answer.found)));
    }
    Ok(ExitCode::SUCCESS)
}

impl ImageSubject {
    fn of(options: &Image, shared: &Shared) -> Result<Self> {
        let repository = Repository::discover(&std::env::current_dir()?)?;
        let config = read_config(repository.root(), shared.config.as_deref())?;
        let commit = repository.resolve(&options.rev)?;
        let against = options.against.as_deref().map(|rev| repository.resolve(rev)).transpose()?;
        Ok(Self { repository, config, commit, against })
    }

    fn document(&self, commit: &Commit) -> Result<Document> {
        requirements::read(&Recipe::image(&self.config), &self.repository.files(commit))
    }

    fn before(&self) -> Result<Option<(Commit, Document)>> {
        let Some(commit) = &self.against else { return Ok(None) };
        Ok(Some((commit.clone(), self.document(commit)?)))
    }

    fn explain(&self) -> Result<Explanation> {
        let document = self.document(&self.commit)?;
        let image = image::name(&self.config, &document)?.map(|image| image.to_string());
        let named = (image, &self.config.build.platform);
        Ok(Explanation::of(self.commit.clone(), named, &document, self.before()?))
    }

    fn dockerfile(&self) -> Result<String> {
        let recipe = Recipe::image(&self.config);
        dockerfile(&recipe, &self.document(&self.commit)?, &self.repository.files(&self.commit))
    }

    fn build_job(&self, options: &Image) -> Result<String> {
        let wanted = WantedImage::of(&self.config, &self.repository.files(&self.commit))?;
        let WantedImage::Prebuilt { reference, document } = wanted else {
            return Err(anyhow!(
                "`image` in the config has a tag or digest, so it is used as it is and never built; leave \
                 them out for images by the requirements hash"
            ));
        };
        let source = image::source(options.build.source.as_deref(), &self.repository)?;
        BuildJob {
            repository: reference.name(),
            tag: &document.tag(),
            hash: &document.hash(),
            platform: &self.config.build.platform,
            dockerfile: &self.dockerfile()?,
            source: &source,
            commit: &self.commit.sha,
            registry_secret: &options.build.registry_secret,
            git_secret: options.build.git_secret.as_deref(),
        }
        .render()
    }

    async fn look(
        &self,
        options: &Image,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<ResolvedImage> {
        let wanted = WantedImage::of(&self.config, &self.repository.files(&self.commit))?;
        let registry = registry(&options.login, None)?;
        let task = progress.task(format!("asking for {}", wanted.reference()));
        let resolving = async { Ok(wanted.resolve(&self.config.build.platform, &registry).await) };
        let resolution = unless_cancelled(cancel, resolving).await?;
        task.done("answered");
        let against = self.changes(resolution.wanted.document())?;
        resolution.answer((&self.commit).into(), &self.config, against)
    }

    /// What changed since the other commit, if a document decides.
    fn changes(&self, document: Option<&Document>) -> Result<Option<(Commit, Vec<Change>)>> {
        let Some(document) = document else { return Ok(None) };
        let changed = |(commit, before)| (commit, document.changes_since(&before));
        Ok(self.before()?.map(changed))
    }
}
