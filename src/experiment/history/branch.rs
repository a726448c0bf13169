//! The history on a branch of the repository: an orphan of its own, one commit for each record or several, pushed
//! by git without a work tree.
//!
//! A push never forces.  Of two writers at the same time the later is turned away by the server; it
//! fetches what the other wrote, puts its commit on top and pushes again.

mod commit;
mod contents;
mod git;
mod refusal;
mod tip;

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow, bail, ensure};
use reqwest::Url;
use secrecy::SecretString;
use tokio::time::sleep;

use super::{HistoryRead, Record};
use crate::{
    http::{self, CaBundle, Pauses},
    output::excerpt,
    python::environment,
};
use git::Git;
use refusal::Push;

/// How often a push may fail for no lasting reason.
const TROUBLES: u32 = 3;
/// How often a writer may be overtaken, and what bounds its pauses.
const TRIES: u32 = 30;
const PAUSES: Pauses =
    Pauses { tries: TRIES, first: Duration::from_millis(100), longest: Duration::from_secs(4) };
/// How often a waiting writer looks whether the clone is free.
const POLL: Duration = Duration::from_millis(20);
/// What a git that was killed leaves behind; we hold the lock of the whole clone, so nobody has these.
const LOCKS: [&str; 5] =
    ["HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock", "refs/history/tip.lock"];

/// A branch that holds the history, and a place for a clone of it.
#[derive(Debug)]
pub struct HistoryBranch {
    /// For a bare clone that nobody else uses; made if it is not there.
    pub directory: PathBuf,
    /// The repository: `https://github.com/owner/name`, or `file:///path`.
    pub remote: Url,
    /// Needs `contents: write` to append and `contents: read` to read; a `file:` needs none.
    pub token: Option<SecretString>,
    /// Name of the branch, without `refs/heads/`.
    pub name: String,
    /// Certificates to trust besides the system's.
    pub trust: Option<CaBundle>,
}

impl HistoryBranch {
    /// Fails if no branch can have this name or no repository this address.
    pub(super) fn check(&self) -> Result<()> {
        let shown = excerpt(&self.name, 80);
        ensure!(is_branch(&self.name), "`{shown}` cannot be the name of a branch for the history");
        let named = !self.remote.username().is_empty() || self.remote.password().is_some();
        ensure!(
            matches!(self.remote.scheme(), "http" | "https" | "file") && !named,
            "the address of the history's repository must be of the web or a file and name no user"
        );
        Ok(())
    }

    /// Puts a commit with the records, each with its bytes, on top of the branch.
    pub(super) async fn append(&self, files: &[(&Record, Vec<u8>)]) -> Result<()> {
        let _lock = self.lock().await?;
        let git = Git::new(self)?;
        git.init().await?;
        let mut blobs = Vec::with_capacity(files.len());
        for (record, bytes) in files {
            blobs.push((*record, git.must(&["hash-object", "-w", "--stdin"], bytes).await?));
        }
        let mut troubles = 0;
        let mut last = String::new();
        for attempt in 1..=TRIES {
            let tip = tip::fetch(&git).await?;
            let Some(commit) = commit::on(&git, tip.as_ref(), &blobs).await? else {
                return Ok(());
            };
            last = match git.push(&commit).await? {
                Push::Done => {
                    git.remember(&commit).await;
                    return Ok(());
                }
                Push::Refused(error) => return Err(error),
                Push::Overtaken(reason) => reason,
                Push::Trouble(reason) => {
                    troubles += 1;
                    if troubles == TROUBLES {
                        let (name, remote) = (&self.name, &self.remote);
                        bail!("cannot push the history to branch {name} of {remote}: {reason}");
                    }
                    reason
                }
            };
            tracing::debug!("cannot push the history yet: {last}");
            sleep(pause(attempt)).await;
        }
        Err(anyhow!(
            "cannot push the history to branch {} of {} in {TRIES} tries ({last}); others write to it \
             all the time, so run again later",
            self.name,
            self.remote
        ))
    }

    /// Reads all records.
    pub(super) async fn read(&self) -> Result<HistoryRead> {
        let _lock = self.lock().await?;
        let git = Git::new(self)?;
        git.init().await?;
        match tip::fetch(&git).await? {
            Some(tip) => contents::read(&git, &tip).await,
            None => Ok(HistoryRead::default()),
        }
    }

    /// Waits until no other writer or reader uses the clone.
    async fn lock(&self) -> Result<impl Sized> {
        let shown = self.directory.display();
        let explain = || format!("cannot write to the clone of the history at {shown}");
        fs::create_dir_all(&self.directory).with_context(explain)?;
        let lock = loop {
            match environment::try_hold(&self.directory).with_context(explain)? {
                Some(lock) => break lock,
                None => sleep(POLL).await,
            }
        };
        for name in LOCKS {
            // It is hardly ever there.
            drop(fs::remove_file(self.directory.join(name)));
        }
        Ok(lock)
    }
}

/// Anything up to the pause's limit, so that writers who met once do not meet again.
fn pause(attempt: u32) -> Duration {
    http::jitter(PAUSES.after(attempt))
}

/// By the rules of `git check-ref-format --branch`.
fn is_branch(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let part = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none()
    };
    let whole = !name.contains(forbidden) && !name.contains("..") && !name.contains("@{");
    whole
        && name.len() <= 200
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !matches!(name, "@" | "HEAD")
        && name.split('/').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_branches_are_those_that_git_takes() {
        let names = [
            "regression-history",
            "a/b",
            "a.b",
            "a@b",
            "ä",
            "@a",
            "",
            "-a",
            "a b",
            "a..b",
            "a~1",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
            "@{-1}",
            "@",
            "HEAD",
            "a\nb",
            "a:b",
            "a\\b",
            "a[b",
            "a*",
        ];
        for name in names {
            let mut command = std::process::Command::new("git");
            let checked = command.args(["check-ref-format", "--branch", name]).output().unwrap();
            assert_eq!(
                is_branch(name),
                checked.status.success() && !["@", "@{-1}"].contains(&name),
                "{name}"
            );
        }
    }

    #[test]
    fn pauses_grow_and_end() {
        for attempt in 1..=TRIES {
            assert!(pause(attempt) <= PAUSES.longest);
        }
        assert!(pause(1) <= PAUSES.first);
    }
}
