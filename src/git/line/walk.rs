//! A commit and what is known -> its first parents down to that, by `git rev-list`.

use std::process::Command;

use anyhow::{Context, Result};

use super::{
    super::{Commit, CommitSha, Repository, program},
    LineCommit, Touched, origin,
};

/// Name, parents, time of the commit, author's name and address, subject.  The message is turned into
/// UTF-8 where it says what it is in.
const FORMAT: &str = "--format=%H%x00%P%x00%ct%x00%an%x00%ae%x00%s";

/// Git that reads history as it is, without the grafts of this clone (those of a shallow one stay).
pub(super) fn history(repository: &Repository) -> Command {
    let mut command = repository.git();
    command.env("GIT_GRAFT_FILE", "/dev/null");
    command
}

/// `tip`, its first parent and so on, until one is in the history of `known`; the oldest first.
/// What they touch is not filled in.
pub(super) fn first_parents(
    repository: &Repository,
    tip: &CommitSha,
    known: &[CommitSha],
) -> Result<Vec<LineCommit>> {
    let mut command = history(repository);
    command.args(["rev-list", "--first-parent", "--reverse", "--encoding=UTF-8", FORMAT]);
    command.arg(tip.as_str()).arg("--not").args(known.iter().map(CommitSha::as_str));
    read(command).with_context(|| format!("cannot read the history of commit {tip}"))
}

/// One commit; what it touches is not filled in.
pub(super) fn single(repository: &Repository, sha: &CommitSha) -> Result<LineCommit> {
    let mut command = history(repository);
    command.args(["rev-list", "--no-walk", "--encoding=UTF-8", FORMAT, sha.as_str()]);
    let steps = read(command).with_context(|| format!("cannot read commit {sha}"))?;
    steps.into_iter().next().with_context(|| format!("git lists no commit {sha}"))
}

fn read(mut command: Command) -> Result<Vec<LineCommit>> {
    let text = program::stdout(&mut command)?;
    // A line `commit <name>` stands before each.
    let lines = text.split(|&byte| byte == b'\n').filter(|line| line.contains(&0));
    lines.map(parse).collect()
}

fn parse(line: &[u8]) -> Result<LineCommit> {
    let mut fields = line.splitn(6, |&byte| byte == 0).map(String::from_utf8_lossy);
    let mut field = || fields.next().context("git lists too little of a commit");
    let (sha, parents, at) = (field()?, field()?, field()?);
    let (name, email, subject) = (field()?, field()?.into_owned(), field()?.into_owned());
    Ok(LineCommit {
        parents: parents.split_whitespace().map(CommitSha::parse).collect::<Result<_>>()?,
        touched: Touched::default(),
        author: origin::author(name.into_owned(), email),
        // Git prints nothing for a commit whose time is damaged.
        at: at.parse().unwrap_or_default(),
        pull: origin::pull(&subject),
        commit: Commit { sha: CommitSha::parse(&sha)?, subject },
    })
}
