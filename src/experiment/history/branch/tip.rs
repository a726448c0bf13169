//! The branch as the remote has it now: its last commit, with all files and without its history.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::sleep;

use super::{
    git::{Git, SHORT},
    refusal,
};
use crate::git::CommitSha;

/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// Ours for the last commit seen, so that the next fetch brings only what is new.
const SEEN: &str = "refs/history/tip";

/// The branch's last commit, which is in the clone then; `None` if there is no such branch.
pub(super) async fn fetch(git: &Git<'_>) -> Result<Option<CommitSha>> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let reason = match once(git).await? {
            Ok(tip) => return Ok(tip),
            Err(reason) => reason,
        };
        if let Some(error) = refusal::lasting(&reason, git.branch) {
            return Err(error);
        }
        let Some(pause) = pauses.next() else {
            let (name, remote) = (&git.branch.name, &git.branch.remote);
            return Err(anyhow!(
                "cannot fetch the history from branch {name} of {remote}: {reason}"
            ));
        };
        tracing::debug!("cannot fetch the history yet: {reason}");
        sleep(pause).await;
    }
}

/// One try; the inner error is git's reason.
async fn once(git: &Git<'_>) -> Result<Result<Option<CommitSha>, String>> {
    let (remote, name) = (git.branch.remote.as_str(), git.full_name());
    let list = git.remote(&["ls-remote", "--refs", "--end-of-options", remote, &name]);
    let said = git.run(list, b"", SHORT).await?;
    if !said.success {
        return Ok(Err(said.words));
    }
    let Some(tip) = listed(&said.stdout, &name) else { return Ok(Ok(None)) };
    let here = git.local(&["cat-file", "-e", &format!("{tip}^{{commit}}")]);
    if git.run(here, b"", SHORT).await?.success {
        return Ok(Ok(Some(tip)));
    }
    let wanted = format!("+{tip}:{SEEN}");
    let mut fetch = git.remote(&["fetch", "--quiet", "--depth=1", "--no-tags"]);
    fetch.args(["--no-write-fetch-head", "--recurse-submodules=no", "--end-of-options"]);
    fetch.args([remote, &wanted]);
    let said = git.run(fetch, b"", SHORT).await?;
    Ok(if said.success { Ok(Some(tip)) } else { Err(said.words) })
}

/// The commit of the one line with this very name; git also lists names that end in it.
fn listed(output: &[u8], name: &str) -> Option<CommitSha> {
    let text = String::from_utf8_lossy(output);
    let mut lines = text.lines().filter_map(|line| line.split_once('\t'));
    let (sha, _) = lines.find(|(_, listed)| *listed == name)?;
    CommitSha::parse(sha).ok()
}

impl Git<'_> {
    /// Keeps in mind that the branch ends with `commit` now; without it, the next fetch is longer.
    pub(super) async fn remember(&self, commit: &str) {
        if let Err(error) = self.must(&["update-ref", SEEN, commit], b"").await {
            tracing::debug!("{error:#}");
        }
    }
}
