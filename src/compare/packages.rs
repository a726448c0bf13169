//! Both commits' code, packed while the cluster starts.

use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::Question;
use crate::{
    cache::{self, Cache},
    progress::Progress,
    source::{Commit, Package, Repository, package},
};

/// How the directories of packages in the cache begin.
pub(crate) const PACKAGES: &str = "packages-";

/// Packages in the making.
#[derive(Debug)]
pub(super) struct Packages {
    directory: TempDir,
    base: JoinHandle<Result<Package>>,
    head: JoinHandle<Result<Package>>,
}

impl Packages {
    /// Starts to pack both commits, into a directory that lasts as long as the packages are needed.
    pub(super) fn start(question: &Question, cache: &Cache) -> Result<Self> {
        let root = cache.root();
        let made = tempfile::Builder::new().prefix(PACKAGES).tempdir_in(root);
        let directory = made.map_err(|error| cache::explain(error, root))?;
        let pack = |commit: &Commit| {
            let (repository, commit) = (question.repository.clone(), commit.clone());
            let directory = directory.path().to_owned();
            tokio::task::spawn_blocking(move || pack(&repository, &commit, &directory))
        };
        let (base, head) = (pack(&question.base), pack(&question.head));
        Ok(Self { directory, base, head })
    }

    /// Waits for both.  They are removed when the last value goes.
    pub(super) async fn finish(self, progress: &Progress) -> Result<(Package, Package, TempDir)> {
        let task = progress.task("packing the code");
        let (base, head) = (self.base.await??, self.head.await??);
        task.done(format!("{} files, {} kB", head.files, head.size / 1000));
        Ok((base, head, self.directory))
    }
}

fn pack(repository: &Repository, commit: &Commit, directory: &Path) -> Result<Package> {
    package(repository, commit, directory)
        .with_context(|| format!("cannot pack the code of {}", commit.sha.short()))
}
