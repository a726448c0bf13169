//! Commits of a remote repository -> a bare repository that holds them, without a checkout.
//!
//! By git and not by GitHub's archives: those obey `export-ignore` and `export-subst`, so that they
//! are not the tree, and a search through history needs more than one commit later.
//!
//! The token goes by the environment of git alone: no argument, no file, no log holds it.  What comes
//! is not checked by `fetch.fsckObjects`: git names every object by its content anyway, the rest of
//! `source` takes all trees for hostile, and the check refuses old repositories that GitHub serves.

mod transfer;

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Error, Result, anyhow, ensure};
use reqwest::Url;
use secrecy::SecretString;
use tokio::time::sleep;

use super::{CommitSha, Repository};
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
    ensure!(
        matches!(remote.scheme(), "http" | "https") && remote.username().is_empty(),
        "the address of the repository must be of the web and name no user"
    );
    fs::create_dir_all(directory).map_err(|error| cache::explain(error, directory))?;
    let mut init = transfer::isolated(directory);
    init.args(["init", "--quiet", "--bare", "--template=", "."]);
    transfer::run(init)
        .await?
        .map_err(|reason| anyhow!("git cannot make a repository: {reason}"))?;
    let roots = trust.map(|bundle| transfer::roots(bundle, directory)).transpose()?;
    if !commits.is_empty() {
        let command = || transfer::command(directory, remote, token, commits, roots.as_ref());
        retried(command, remote).await?;
    }
    Ok(Repository { root: directory.to_owned() })
}

async fn retried(command: impl Fn() -> Command, remote: &Url) -> Result<()> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let Err(reason) = transfer::run(command()).await? else { return Ok(()) };
        if let Some(error) = lasting(&reason, remote) {
            return Err(error);
        }
        let Some(pause) = pauses.next() else {
            return Err(anyhow!("cannot fetch from {remote}: {}", excerpt(&reason, 400)));
        };
        tracing::debug!("cannot fetch yet: {}", excerpt(&reason, 400));
        sleep(pause).await;
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
