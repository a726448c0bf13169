//! Commits' code as packages, in a directory that goes with whoever packs.

use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::{
    cache::{self, Cache},
    git::{Code, Commit, Package, Repository, package},
    output::excerpt,
};

/// How the directories of packages in the cache begin.
pub(crate) const PACKAGES: &str = "packages-";

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
