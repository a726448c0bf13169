//! Work trees of commits, made by git beside the clone's own: as many as there are readings at a time.  Each
//! is switched from one reading's commit to the next one's, and is then that commit exactly: nothing that a
//! reading left there stays.  All are gone afterwards, whatever happens.

mod files;
mod tree;

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result, ensure};

use crate::{
    cache, erase,
    git::{CommitSha, Repository, program},
};

use tree::CheckoutTree;

/// All work trees of one search, in one directory.
#[derive(Debug)]
pub(super) struct Checkouts(Arc<CheckoutPool>);

#[derive(Debug)]
struct CheckoutPool {
    repository: Repository,
    directory: PathBuf,
    /// Read while a tree is made, written to close: then nothing is being made, or will be.
    closed: RwLock<bool>,
    /// Held by whoever changes git's list of work trees, which git reads without a lock of its own.
    list: Mutex<()>,
    /// Trees that nobody reads in.
    idle: Mutex<Vec<CheckoutTree>>,
    /// How many were made.
    made: AtomicUsize,
}

/// A work tree, for one reading.  It goes with this value, unless it is given back.
#[derive(Debug)]
pub(super) struct Checkout {
    place: Arc<CheckoutPool>,
    tree: Option<CheckoutTree>,
    pub(super) path: PathBuf,
}

impl Checkouts {
    /// In that directory, which is emptied of what a killed search left.
    pub(super) fn open(repository: &Repository, directory: &Path) -> Result<Self> {
        let place = CheckoutPool {
            repository: repository.clone(),
            directory: directory.to_owned(),
            closed: RwLock::new(false),
            list: Mutex::default(),
            idle: Mutex::default(),
            made: AtomicUsize::new(0),
        };
        place.clear();
        std::fs::create_dir_all(&place.directory)
            .map_err(|error| cache::explain(error, &place.directory))?;
        Ok(Self(Arc::new(place)))
    }

    /// The files of a commit.
    pub(super) async fn checkout(&self, commit: &CommitSha) -> Result<Checkout> {
        let (place, commit) = (Arc::clone(&self.0), commit.clone());
        tokio::task::spawn_blocking(move || Checkout::of(place, &commit)).await?
    }

    /// Removes all of them, and lets none be made any more.
    pub(super) fn close(&self) {
        *self.0.closed.write().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.clear();
    }
}

impl Drop for Checkouts {
    fn drop(&mut self) {
        self.close();
    }
}

impl Checkout {
    fn of(place: Arc<CheckoutPool>, commit: &CommitSha) -> Result<Self> {
        let closed = place.closed.read().unwrap_or_else(PoisonError::into_inner);
        ensure!(!*closed, "the search is over");
        let tree = match place.switched(commit) {
            Some(tree) => tree,
            None => place
                .make(commit)
                .with_context(|| format!("cannot check out commit {}", commit.short()))?,
        };
        drop(closed);
        Ok(Self { place, path: tree.path.clone(), tree: Some(tree) })
    }

    /// Lets another reading have the tree: nothing of this one may run any more.
    pub(super) fn give_back(mut self) {
        self.place.idle().extend(self.tree.take());
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        if self.tree.is_some() {
            self.place.remove(&self.path);
        }
    }
}

impl CheckoutPool {
    fn idle(&self) -> MutexGuard<'_, Vec<CheckoutTree>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An idle tree with the files of that commit.  One that cannot be switched is removed.
    fn switched(&self, commit: &CommitSha) -> Option<CheckoutTree> {
        let mut idle = self.idle();
        let same = idle.iter().position(|tree| tree.commit == *commit);
        let mut tree = same.map(|at| idle.swap_remove(at)).or_else(|| idle.pop())?;
        drop(idle);
        match tree.switch(commit, &self.list) {
            Ok(()) => Some(tree),
            Err(error) => {
                tracing::debug!("a work tree is made anew: {error:#}");
                self.remove(&tree.path);
                None
            }
        }
    }

    /// A new tree; what is half made is removed.
    fn make(&self, commit: &CommitSha) -> Result<CheckoutTree> {
        let path = self.directory.join(self.made.fetch_add(1, Ordering::Relaxed).to_string());
        let add = ["add", "--quiet", "--force", "--detach", "--no-checkout"].map(OsStr::new);
        let what = [path.as_os_str(), OsStr::new(commit.as_str())];
        let made = self
            .worktree(&[&add[..], &what].concat())
            .and_then(|()| CheckoutTree::fill(&path, commit, &self.list));
        if made.is_err() {
            self.remove(&path);
        }
        made
    }

    /// What is there, and what git still lists though its files are gone: whoever removed them was killed
    /// between the two.
    fn clear(&self) {
        let there = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let there = there.map(|entry| entry.path());
        let mut paths: BTreeSet<PathBuf> = there.filter(|path| !tree::is_own(path)).collect();
        paths.extend(self.listed());
        for path in paths {
            self.remove(&path);
        }
        // Fails if it is not there, or not empty, which was told.
        drop(std::fs::remove_dir(&self.directory));
    }

    /// Work trees in our directory by git's list, which holds them by their real paths.
    fn listed(&self) -> Vec<PathBuf> {
        let mut command = self.repository.git();
        let listed = program::stdout(command.args(["worktree", "list", "--porcelain"]));
        let listed = listed.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let listed = listed.inspect_err(|error| tracing::warn!(%error, "cannot list work trees"));
        let directory = std::path::absolute(&self.directory).unwrap_or_default();
        let directories = [std::fs::canonicalize(&directory).unwrap_or_default(), directory];
        let ours = |path: &PathBuf| {
            path.parent().is_some_and(|at| directories.iter().any(|one| one == at))
        };
        let listed = listed.unwrap_or_default();
        let paths = listed.lines().filter_map(|line| line.strip_prefix("worktree "));
        paths.map(PathBuf::from).filter(ours).collect()
    }

    /// The files first: processes just killed may write to the last, and then git's entry, by its path
    /// so that no other work tree of the clone is touched.
    fn remove(&self, path: &Path) {
        for part in [path, &tree::own(path)] {
            if let Err(error) = erase::erase(part) {
                tracing::warn!(%error, "a work tree stays: run {}", erase::command(part));
            }
        }
        let _alone = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        forget(self.repository.root(), path);
    }

    /// Changes git's list of work trees.
    fn worktree(&self, arguments: &[&OsStr]) -> Result<()> {
        let _alone = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        worktree(self.repository.root(), arguments)
    }
}

/// Removes the work trees in a directory whose search is dead, from the lists of their clones too.
pub(super) fn remove_dead(directory: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let clone = clone_of(&path);
        erase::erase(&path)?;
        if let Some(clone) = clone {
            forget(&clone, &path);
        }
    }
    std::fs::remove_dir(directory)
}

/// The git directory of the clone that a work tree is of, by the file `.git` in it: `gitdir: ` and
/// `<clone>/worktrees/<name>`.
fn clone_of(tree: &Path) -> Option<PathBuf> {
    let link = std::fs::read_to_string(tree.join(".git")).ok()?;
    let entry = Path::new(link.strip_prefix("gitdir: ")?.trim_end());
    let clone = entry.parent()?.parent()?;
    clone.is_dir().then(|| clone.to_owned())
}

/// Takes a work tree that is gone off a clone's list.
fn forget(clone: &Path, tree: &Path) {
    let remove = ["remove", "--force", "--force"].map(OsStr::new);
    if let Err(error) = worktree(clone, &[&remove[..], &[tree.as_os_str()]].concat()) {
        // Never made, or removed by hand.
        tracing::debug!(%error, path = %tree.display(), "git has no such work tree");
    }
}

/// Tried again, for others may change the list at the same time.
fn worktree(clone: &Path, arguments: &[&OsStr]) -> Result<()> {
    let once = || {
        let mut command = program::command(clone);
        // It checks nothing out, so that no hook has anything to do.
        command.args(["-c", "core.hooksPath=/dev/null", "worktree"]).args(arguments);
        program::stdout(&mut command).map(drop)
    };
    once().or_else(|_| once())
}

#[cfg(test)]
mod tests;
