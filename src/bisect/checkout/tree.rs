//! One work tree, and how it comes from one commit to another.
//!
//! A training may do to git's files in it whatever it likes: add to the index, tell it not to look, begin a
//! merge, lock it.  So we have an index and a HEAD of our own beside the tree, which nobody else knows, and
//! give git's entry for the tree a copy of them.  Files that were touched are written anew, however they look.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result, ensure};

use super::files::{CheckoutFiles, LINK, replace};
use crate::{
    erase,
    git::{CommitSha, program},
};

/// How our own git directory ends.
const OWN: &str = "git";

/// Settings of the clone's owner that would have git trust files, or run things.
const EXACT: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.trustctime=true",
    "core.checkStat=default",
    "core.ignoreStat=false",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "core.logAllRefUpdates=false",
];

/// A work tree.
#[derive(Debug)]
pub(super) struct CheckoutTree {
    pub(super) path: PathBuf,
    pub(super) commit: CommitSha,
    /// Git's entry for it, in the clone.
    entry: PathBuf,
    /// What git has put there.
    files: CheckoutFiles,
}

/// Our own git directory of a tree, beside it.
pub(super) fn own(tree: &Path) -> PathBuf {
    tree.with_extension(OWN)
}

/// Whether that is one.
pub(super) fn is_own(path: &Path) -> bool {
    path.extension() == Some(OsStr::new(OWN))
}

impl CheckoutTree {
    /// Fills a tree that git has just added, without files.
    pub(super) fn fill(path: &Path, commit: &CommitSha, list: &Mutex<()>) -> Result<Self> {
        let link = fs::read_to_string(path.join(LINK))?;
        let entry = link.strip_prefix("gitdir: ").context("git made no work tree")?.trim_end();
        let (path, entry) = (path.to_owned(), PathBuf::from(entry));
        let clone = entry.ancestors().nth(2).context("git made no work tree")?.to_owned();
        let own = own(&path);
        CheckoutFiles::of(&entry)?.copy(&entry, &own)?;
        // What was done here is nobody's business.
        erase::erase(&own.join("logs"))?;
        fs::write(own.join("commondir"), clone.as_os_str().as_encoded_bytes())?;
        let mut tree =
            Self { path, commit: commit.clone(), entry, files: CheckoutFiles::default() };
        tree.check_out(list)?;
        Ok(tree)
    }

    /// From the commit that it is at, and whatever a training made of it, to another, or the same.
    pub(super) fn switch(&mut self, commit: &CommitSha, list: &Mutex<()>) -> Result<()> {
        self.files.remove_others(&self.path)?;
        ensure!(self.has_attributes_of(commit)?, "the attributes of files change");
        self.commit = commit.clone();
        self.check_out(list)
    }

    fn check_out(&mut self, list: &Mutex<()>) -> Result<()> {
        let mut fill = self.git();
        // These files are for use: filters may fetch them.
        fill.env_remove("GIT_NO_LAZY_FETCH");
        program::stdout(fill.args(["reset", "--quiet", "--hard", self.commit.as_str()]))?;
        self.files = CheckoutFiles::of(&self.path)?;
        let _alone = list.lock().unwrap_or_else(PoisonError::into_inner);
        self.publish()
    }

    /// Attributes decide how files are written, those too that do not change.
    fn has_attributes_of(&self, commit: &CommitSha) -> Result<bool> {
        if self.commit == *commit {
            return Ok(true);
        }
        let mut differ = self.git();
        differ.args(["diff-tree", "-r", "--name-only", self.commit.as_str(), commit.as_str()]);
        Ok(program::stdout(differ.args(["--", ":(glob)**/.gitattributes"]))?.is_empty())
    }

    /// Git that knows nothing of what was done in the tree.
    fn git(&self) -> Command {
        let mut command = program::command(&self.path);
        command.arg("--git-dir").arg(own(&self.path)).arg("--work-tree").arg(&self.path);
        for setting in EXACT {
            command.args(["-c", setting]);
        }
        command
    }

    /// Git's own entry, and the link to it, as they are in a tree just made.
    fn publish(&self) -> Result<()> {
        let own = own(&self.path);
        let ours = CheckoutFiles::of(&own)?;
        ours.remove_foreign(&self.entry)?;
        ours.copy(&own, &self.entry)?;
        let link = self.path.join(LINK);
        if fs::symlink_metadata(&link).is_ok_and(|found| found.is_dir()) {
            erase::erase(&link)?;
        }
        let text = [b"gitdir: ", self.entry.as_os_str().as_encoded_bytes(), b"\n"].concat();
        Ok(replace(&link, &text)?)
    }
}
