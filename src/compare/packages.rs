//! Both commits' code, packed before a cluster is asked for: code that cannot be packed should cost
//! nobody a cluster.

use anyhow::Result;
use tempfile::TempDir;

use super::Question;
use crate::{
    cache::Cache,
    experiment::{for_packages, packing},
    git::Package,
    progress::Progress,
};

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
