//! Both commits' code, packed before a cluster is asked for: code that cannot be packed should cost
//! nobody a cluster.

use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::Question;
use crate::{
    cache::{self, Cache},
    git::{Code, Commit, Package, Repository, package},
    output::excerpt,
    progress::Progress,
};

/// How the directories of packages in the cache begin.
pub(crate) const PACKAGES: &str = "packages-";

/// The packages of both commits, in a directory that goes with this value.
#[derive(Debug)]
pub(super) struct Packages {
    pub(super) base: Package,
    pub(super) head: Package,
    _directory: TempDir,
}

impl Packages {
    /// Packs both commits.
    pub(super) async fn pack(
        question: &Question,
        cache: &Cache,
        progress: &Progress,
    ) -> Result<Self> {
        let task = progress.task("packing the code");
        let directory = for_packages(cache)?;
        let (base, head) = question.codes();
        let packing = |code| packing(&question.repository, code, directory.path());
        let (base, head) = if base == head {
            let package = packing(base).await?;
            (package.clone(), package)
        } else {
            tokio::try_join!(packing(base), packing(head))?
        };
        task.done(format!("{} files, {} kB", head.files, head.size / 1000));
        Ok(Self { base, head, _directory: directory })
    }

    /// What a reader should know of either, each once.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.base.warnings.clone();
        let new = self.head.warnings.iter().filter(|new| !self.base.warnings.contains(new));
        warnings.extend(new.cloned());
        warnings
    }
}

/// A directory for packages, which goes with the value.
pub(crate) fn for_packages(cache: &Cache) -> Result<TempDir> {
    let root = cache.root();
    let made = tempfile::Builder::new().prefix(PACKAGES).tempdir_in(root);
    made.map_err(|error| cache::explain(error, root))
}

/// Packs a training's files into a directory, in a thread of its own.
pub(crate) async fn packing(
    repository: &Repository,
    code: Code,
    directory: &Path,
) -> Result<Package> {
    let (repository, directory) = (repository.clone(), directory.to_owned());
    tokio::task::spawn_blocking(move || pack(&repository, &code, &directory)).await?
}

fn pack(repository: &Repository, code: &Code, directory: &Path) -> Result<Package> {
    // The name of a merge that is only tried tells nobody anything; its subject does.
    let Commit { sha, subject } = &code.commit;
    let what = || format!("cannot pack the code of {} ({})", sha.short(), excerpt(subject, 72));
    package(repository, code, directory).with_context(what)
}
