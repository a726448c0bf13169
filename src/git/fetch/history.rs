//! Commits with their whole history, for a search: first commits and trees, then the contents of the
//! files of the few commits that are measured.
//!
//! Whole, since a history that begins at some commit leaves out where older branches parted from it, so
//! that what a merge brought in could not be told.  5,000 commits of 15,000 files' versions: 0.9 s and
//! 3 MB without contents, 2.2 s and 18 MB with them; 1,600 files of two commits then 0.15 s.

use std::{io::Write, path::Path};

use anyhow::{Context, Result};
use reqwest::Url;
use secrecy::SecretString;
use tempfile::NamedTempFile;

use super::{
    super::{CommitSha, Repository, program, remote},
    Transfers,
};
use crate::http::CaBundle;

/// No contents of files; servers that cannot leave them out send them.
const NAMES: &str = "--filter=blob:none";

/// Fetches `commits` and all that is before them, without the contents of files, into a bare repository
/// at `directory`: enough for [`Repository::line`], [`Repository::inside`] and [`Repository::differ`].
///
/// [`super::fetch`] must not have used the directory, nor use it later: it cuts history off.
/// Dropping the future ends git.
pub async fn fetch_history(
    directory: &Path,
    remote: &Url,
    token: &SecretString,
    commits: &[CommitSha],
    trust: Option<&CaBundle>,
) -> Result<Repository> {
    let into = Transfers::into(directory, remote, token, trust).await?;
    into.commits(NAMES, commits).await
}

/// Fetches what the files of `commits` contain, as far as it is not there, into a repository of
/// [`fetch_history`] that has the commits: enough for `read`, `files` and [`package()`](crate::git::package()).
pub async fn fetch_files(
    repository: &Repository,
    remote: &Url,
    token: &SecretString,
    commits: &[CommitSha],
    trust: Option<&CaBundle>,
) -> Result<()> {
    let missing = missing(repository, commits)?;
    if missing.is_empty() {
        return Ok(());
    }
    let into = Transfers::into(repository.root(), remote, token, trust).await?;
    let mut names = NamedTempFile::new().context("cannot make a temporary file")?;
    names.write_all(&missing).context("cannot write a temporary file")?;
    into.fetch(|| {
        let mut command = into.command(&[NAMES, "--stdin"], &[]);
        command.stdin(names.reopen().context("cannot read a temporary file")?);
        Ok(command)
    })
    .await
}

/// The names of contents that are not there, a line each.
fn missing(repository: &Repository, commits: &[CommitSha]) -> Result<Vec<u8>> {
    if commits.is_empty() {
        return Ok(Vec::new());
    }
    let mut command = remote::isolated(repository.root());
    command.args(["rev-list", "--no-walk", "--objects", "--no-object-names", "--missing=print"]);
    let listing = program::stdout(command.args(commits.iter().map(CommitSha::as_str)))
        .context("cannot list the files of the commits; fetch their history first")?;
    let lines = listing.split(|&byte| byte == b'\n').filter_map(|line| line.strip_prefix(b"?"));
    Ok(lines.flat_map(|name| [name, b"\n"].concat()).collect())
}
