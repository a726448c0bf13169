//! Commits' code: packed once for a search, and uploaded once to a cluster, however many readings want it
//! at the same time.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Error, Result};
use tempfile::TempDir;

use super::{answer::Unreadable, standing::Ready};
use crate::{
    bisect::policy::SkipReason,
    cache::Cache,
    experiment::{
        for_packages,
        measure::{Role, Side, side},
        packing,
    },
    git::{Code, Commit, CommitSha, Package, Repository},
    progress::Progress,
};

/// A commit's package, once it is there.  Whoever holds the lock is the only one who makes or uploads it.
type Slot = Arc<tokio::sync::Mutex<Option<Package>>>;

/// The packages of a search, in a directory that goes with this value.
#[derive(Debug)]
pub(super) struct Packed {
    directory: TempDir,
    slots: Mutex<HashMap<CommitSha, Slot>>,
    /// Kinds of warnings that were told.
    told: Mutex<BTreeSet<String>>,
}

impl Packed {
    /// None yet.
    pub(super) fn new(cache: &Cache) -> Result<Self> {
        let directory = for_packages(cache)?;
        Ok(Self { directory, slots: Mutex::default(), told: Mutex::default() })
    }

    /// A commit whose code is on the cluster, after this; or why it cannot be packed.
    pub(super) async fn side<'s>(
        &self,
        repository: &Repository,
        code: &'s Code,
        Ready { cluster, ray, needs, .. }: &'s Ready,
        progress: &Progress,
    ) -> Result<Result<Side<'s>, Unreadable>> {
        let commit = &code.commit;
        let slot = self.slot(&commit.sha);
        let mut slot = slot.lock().await;
        let package = match self.package(&mut slot, repository, code).await {
            Ok(package) => {
                self.tell(commit, &package.warnings, progress);
                package
            }
            Err(error) if is_of_this_machine(&error) => return Err(error),
            Err(error) => {
                let (reason, why) = (SkipReason::Missing, format!("{error:#}"));
                return Ok(Err(Unreadable { reason, why }));
            }
        };
        Ok(Ok(side(Role::Bisect, commit, (cluster, ray, needs), package).await?))
    }

    /// Warns of what a package cannot hold, once for each kind: most commits have the same.
    fn tell(&self, commit: &Commit, warnings: &[String], progress: &Progress) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in warnings {
            let kind = warning.split(" (").next().unwrap_or_default();
            if told.insert(kind.to_owned()) {
                progress.say(format!("warning: {}: {warning}", commit.sha.short()));
            }
        }
    }

    async fn package<'p>(
        &self,
        slot: &'p mut Option<Package>,
        repository: &Repository,
        code: &Code,
    ) -> Result<&'p Package> {
        if let Some(package) = slot {
            return Ok(package);
        }
        Ok(slot.insert(packing(repository, code.clone(), self.directory.path()).await?))
    }

    fn slot(&self, commit: &CommitSha) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(commit.clone()).or_default())
    }
}

/// Such as a full disk: it says nothing about the commit.
fn is_of_this_machine(error: &Error) -> bool {
    error.chain().any(<dyn std::error::Error>::is::<std::io::Error>)
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use super::*;

    fn git(directory: &std::path::Path, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.current_dir(directory).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        assert!(command.args(arguments).output().unwrap().status.success(), "{arguments:?}");
    }

    #[tokio::test]
    async fn a_commit_is_packed_once() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("repository");
        fs::create_dir(&root).unwrap();
        git(&root, &["init", "--quiet", "--template="]);
        fs::write(root.join("train.py"), "print(1)").unwrap();
        git(&root, &["add", "train.py"]);
        git(&root, &["commit", "--quiet", "--message", "a change"]);
        let repository = Repository::discover(&root).unwrap();
        let code = Code::whole(&repository.resolve("HEAD").unwrap());
        let cache = Cache::open(Some(&place.path().join("cache"))).unwrap();
        let packed = Packed::new(&cache).unwrap();
        let slot = packed.slot(&code.commit.sha);
        let path = async || {
            let mut slot = slot.lock().await;
            Ok::<_, anyhow::Error>(
                packed.package(&mut slot, &repository, &code).await?.path.clone(),
            )
        };
        let (first, second) = tokio::join!(path(), path());
        assert_eq!(first.unwrap(), second.unwrap());
        let elsewhere = Packed::new(&cache).unwrap();
        fs::remove_dir_all(elsewhere.directory.path()).unwrap();
        let lost = elsewhere.package(&mut None, &repository, &code).await.unwrap_err();
        assert!(is_of_this_machine(&lost), "{lost:#}");
        // Nobody could pack it now.
        fs::remove_dir_all(&root).unwrap();
        let third = path().await.unwrap();
        assert!(third.is_file());
        let error = packed.package(&mut None, &repository, &code).await.unwrap_err();
        assert!(!is_of_this_machine(&error), "{error:#}");
        drop(packed);
        assert!(!third.exists(), "packages are not kept");
    }
}
