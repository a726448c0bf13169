//! Commits of a remote repository -> a bare repository that holds them, without a checkout: alone, or
//! with their history for a search.
//!
//! By git and not by GitHub's archives: those obey `export-ignore` and `export-subst`, so that they
//! are not the tree, and a search through history needs more than one commit.
//!
//! The token goes by the environment of git alone: no argument, no file, no log holds it.  What comes
//! is not checked by `fetch.fsckObjects`: git names every object by its content anyway, the rest of
//! `source` takes all trees for hostile, and the check refuses old repositories that GitHub serves.

mod history;
mod transfer;

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Error, Result, anyhow, ensure};
use reqwest::Url;
use secrecy::SecretString;
use tempfile::NamedTempFile;
use tokio::time::sleep;

pub use history::{fetch_files, fetch_history};

use super::{CommitSha, Repository, remote};
use crate::{cache, http::CaBundle, output::excerpt};

/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
const PERMISSION: &str = "the token needs `contents: read`; add to the job\n\
                          permissions:\n  contents: read\n  pull-requests: write\n  statuses: write";

/// Fetches `commits`, without their history, from `remote` (`https://github.com/owner/name`) into a
/// bare repository at `directory`, which may hold others already.
///
/// Dropping the future ends git.  Errors carry git's reason and what to do.
pub async fn fetch(
    directory: &Path,
    remote: &Url,
    token: &SecretString,
    commits: &[CommitSha],
    trust: Option<&CaBundle>,
) -> Result<Repository> {
    let into = Transfers::into(directory, remote, token, trust).await?;
    into.commits("--depth=1", commits).await
}

/// What the transfers of one call have in common.
struct Transfers<'a> {
    repository: Repository,
    remote: &'a Url,
    token: &'a SecretString,
    roots: Option<NamedTempFile>,
}

impl<'a> Transfers<'a> {
    /// Makes the repository, if it is not there.
    async fn into(
        directory: &Path,
        remote: &'a Url,
        token: &'a SecretString,
        trust: Option<&CaBundle>,
    ) -> Result<Self> {
        ensure!(
            matches!(remote.scheme(), "http" | "https") && remote.username().is_empty(),
            "the address of the repository must be of the web and name no user"
        );
        fs::create_dir_all(directory).map_err(|error| cache::explain(error, directory))?;
        let mut init = remote::isolated(directory);
        init.args(["init", "--quiet", "--bare", "--template=", "."]);
        transfer::run(init)
            .await?
            .map_err(|reason| anyhow!("git cannot make a repository: {reason}"))?;
        let roots = trust.map(|bundle| remote::roots(bundle, directory)).transpose();
        let roots = roots.map_err(|error| cache::explain(error, directory))?;
        Ok(Self {
            repository: Repository { root: directory.to_owned(), store: None },
            remote,
            token,
            roots,
        })
    }

    /// Fetches commits, as much of them as `option` of `git fetch` says.
    async fn commits(self, option: &str, commits: &[CommitSha]) -> Result<Repository> {
        if !commits.is_empty() {
            self.fetch(|| Ok(self.command(&[option], commits))).await?;
        }
        Ok(self.repository)
    }

    fn command(&self, options: &[&str], commits: &[CommitSha]) -> Command {
        let Self { repository, remote, token, roots } = self;
        transfer::command(repository.root(), remote, token, options, commits, roots.as_ref())
    }

    /// Runs the command that `make` makes, again after failures that may pass.
    async fn fetch(&self, make: impl Fn() -> Result<Command>) -> Result<()> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let Err(reason) = transfer::run(make()?).await? else { return Ok(()) };
            if let Some(error) = lasting(&reason, self.remote) {
                return Err(error);
            }
            let Some(pause) = pauses.next() else {
                return Err(anyhow!(
                    "cannot fetch from {}: {}",
                    self.remote,
                    excerpt(&reason, 400)
                ));
            };
            tracing::debug!("cannot fetch yet: {}", excerpt(&reason, 400));
            sleep(pause).await;
        }
    }
}

/// Why another try would not help, if git's `reason` is such.
fn lasting(reason: &str, remote: &Url) -> Option<Error> {
    let said = |what: &[&str]| what.iter().any(|what| reason.contains(what));
    if let Some((_, sha)) = reason.split_once("not our ref ") {
        let sha = excerpt(sha.split_whitespace().next().unwrap_or_default(), 64);
        return Some(anyhow!(
            "{remote} has no commit {sha}; it was pushed over or its fork is gone: approve what is \
             there now"
        ));
    }
    if said(&["terminal prompts disabled", "Authentication failed", "error: 401"]) {
        return Some(anyhow!("{remote} does not accept the token; {PERMISSION}"));
    }
    if said(&["error: 403", "' not found", "error: 404"]) {
        return Some(anyhow!("the token may not read {remote}, if it is there; {PERMISSION}"));
    }
    if said(&["server certificate", "SSL certificate", "certificate verif"]) {
        return Some(anyhow!(
            "the certificate of {remote} is not trusted ({}); give its authority as ca-bundle",
            excerpt(reason, 200)
        ));
    }
    None
}
