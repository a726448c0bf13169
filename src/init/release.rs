//! The commit of the release that this binary is of, asked of its repository as the user's git reaches it.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, anyhow};
use tokio::time::timeout;

use super::files::Pinned;
use crate::git::program;

/// The action's repository.
const ADDRESS: &str = env!("CARGO_PKG_REPOSITORY");
/// Nobody waits longer for a number.
const PATIENCE: Duration = Duration::from_secs(15);

/// The tag of this version, wherever the user's git finds the repository: a mirror may stand in `insteadOf`.
pub(super) fn version() -> String {
    format!("v{}", env!("CARGO_PKG_VERSION"))
}

/// The command that does the same by hand.
pub(super) fn command() -> String {
    format!("git ls-remote {ADDRESS} {}", version())
}

/// Asks for it, without asking the user for a login.
pub(super) async fn find(directory: &Path) -> Result<Pinned> {
    let version = version();
    let tag = format!("refs/tags/{version}");
    let mut command = program::command(directory);
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "");
    command.args(["ls-remote", "--end-of-options", ADDRESS, &tag, &format!("{tag}^{{}}")]);
    let mut command = tokio::process::Command::from(command);
    let asked = timeout(PATIENCE, command.kill_on_drop(true).output()).await;
    let output = asked
        .map_err(|_elapsed| anyhow!("{ADDRESS} does not answer"))?
        .map_err(program::explain)?;
    if !output.status.success() {
        return Err(anyhow!("git failed: {}", program::reason(&output.stderr)));
    }
    let listed = String::from_utf8_lossy(&output.stdout);
    let commit = commit(&listed).with_context(|| format!("{ADDRESS} has no tag {version}"))?;
    Ok(Pinned { version, commit })
}

/// Of a tag's object and its commit, the commit; a tag that is no object has one line.
fn commit(listed: &str) -> Option<String> {
    let mut lines: Vec<_> = listed.lines().filter_map(|line| line.split_once('\t')).collect();
    lines.sort_by_key(|(_, name)| !name.ends_with("^{}"));
    let (sha, _) = lines.first()?;
    let is_sha = sha.len() == 40 && sha.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_sha.then(|| (*sha).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_tag_the_commit_counts() {
        let (object, sha) = ("a".repeat(40), "b".repeat(40));
        let annotated = format!("{object}\trefs/tags/v1\n{sha}\trefs/tags/v1^{{}}\n");
        assert_eq!(commit(&annotated), Some(sha.clone()));
        assert_eq!(commit(&format!("{sha}\trefs/tags/v1\n")), Some(sha));
        for none in ["", "\n", "warning: x\trefs/tags/v1\n"] {
            assert_eq!(commit(none), None, "{none:?}");
        }
    }
}
