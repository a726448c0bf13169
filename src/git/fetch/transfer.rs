//! The git program for one transfer: takes the address, the token and the certificates, yields git's
//! success or its reason.  No configuration but ours reaches it.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use reqwest::Url;
use secrecy::SecretString;
use tempfile::NamedTempFile;
use tokio::{io::AsyncReadExt, time::timeout};

use crate::{
    git::{CommitSha, program, remote},
    group::Group,
};

/// For one try; a transfer that stands still ends sooner.
const LIMIT: Duration = Duration::from_mins(30);
/// Bytes of git's words that are kept.
const WORDS: u64 = 16 << 10;
/// Git that fetches `commits` into `directory`, with more `options` of `git fetch`.
pub(super) fn command(
    directory: &Path,
    address: &Url,
    token: &SecretString,
    options: &[&str],
    commits: &[CommitSha],
    roots: Option<&NamedTempFile>,
) -> Command {
    let mut command = remote::isolated(directory);
    command.args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"]);
    command.arg("--recurse-submodules=no").args(options);
    command.args(["--end-of-options", address.as_str()]);
    command.args(commits.iter().map(CommitSha::as_str).collect::<BTreeSet<_>>());
    remote::talking(command, address, Some(token), roots)
}

/// Runs git to its end, with the input that it has; the inner error is git's reason.
pub(super) async fn run(command: Command) -> Result<Result<(), String>> {
    let mut command = tokio::process::Command::from(command);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut group = Group(command.spawn().map_err(program::explain)?);
    let mut errors = group.0.stderr.take().context("git has no output")?;
    let mut words = Vec::new();
    let work = async {
        (&mut errors).take(WORDS).read_to_end(&mut words).await?;
        tokio::io::copy(&mut errors, &mut tokio::io::sink()).await?;
        group.0.wait().await
    };
    let Ok(status) = timeout(LIMIT, work).await else {
        return Ok(Err(format!("it was not done within {} minutes", LIMIT.as_secs() / 60)));
    };
    let succeeded = status.context("cannot wait for git")?.success();
    Ok(if succeeded { Ok(()) } else { Err(program::reason(&words)) })
}
