//! Both commits' code, packed while the cluster starts.

use std::path::Path;

use anyhow::{Context, Result};
use tokio::task::JoinHandle;

use super::Question;
use crate::{
    progress::Progress,
    source::{Commit, Package, Repository, package},
};

/// Packages in the making.
#[derive(Debug)]
pub(super) struct Packages {
    base: JoinHandle<Result<Package>>,
    head: JoinHandle<Result<Package>>,
}

impl Packages {
    /// Starts to pack both commits into `directory`.
    pub(super) fn start(question: &Question, directory: &Path) -> Self {
        let pack = |commit: &Commit| {
            let (repository, commit) = (question.repository.clone(), commit.clone());
            let directory = directory.to_owned();
            tokio::task::spawn_blocking(move || pack(&repository, &commit, &directory))
        };
        Self { base: pack(&question.base), head: pack(&question.head) }
    }

    /// Waits for both.
    pub(super) async fn finish(self, progress: &Progress) -> Result<(Package, Package)> {
        let task = progress.task("packing the code");
        let (base, head) = (self.base.await??, self.head.await??);
        task.done(format!("{} files, {} kB", head.files, head.size / 1000));
        Ok((base, head))
    }
}

fn pack(repository: &Repository, commit: &Commit, directory: &Path) -> Result<Package> {
    package(repository, commit, directory)
        .with_context(|| format!("cannot pack the code of {}", commit.sha.short()))
}
