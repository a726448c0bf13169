//! Commits -> which paths they change compared with their first parents, by one `git diff-tree`, which
//! reads trees alone: it works where a clone lacks file contents.

use std::{
    collections::HashMap,
    fs::File,
    io::{Seek, Write},
};

use anyhow::{Context, Result, bail};

use super::{
    super::{CommitSha, Repository, program},
    LineCommit, Touched,
    walk::history,
};

/// A submodule's own settings must not hide that its commit changed.
const EXACT: [&str; 2] = ["--ignore-submodules=none", "-r"];

/// Fills in what each commit touches.
pub(super) fn fill(
    repository: &Repository,
    steps: &mut [LineCommit],
    requirements: &[String],
) -> Result<()> {
    let mut command = history(repository);
    command.args(["diff-tree", "--stdin", "--root", "--no-renames", "--name-status", "-z"]);
    command.args(EXACT).stdin(pairs(steps).context("cannot write a temporary file")?);
    let listing = program::stdout(&mut command).context(
        "cannot compare the commits with their parents; if the clone lacks trees: \
         `git fetch --refetch --filter=blob:none`, or clone without --filter",
    )?;
    let mut changed = parse(&listing)?;
    for step in steps {
        let paths = changed.remove(step.commit.sha.as_str()).unwrap_or_default();
        step.touched = Touched::of(&paths, requirements);
    }
    Ok(())
}

/// Lines `<commit> <first parent>`, so that git takes no merge for a comparison with all parents.
fn pairs(steps: &[LineCommit]) -> std::io::Result<File> {
    let mut lines = String::new();
    for step in steps {
        lines.push_str(step.commit.sha.as_str());
        if let Some(parent) = step.parents.first() {
            lines.push(' ');
            lines.push_str(parent.as_str());
        }
        lines.push('\n');
    }
    let mut file = tempfile::tempfile()?;
    file.write_all(lines.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

/// Parses `<commit>\0` and then `<status>\0<path>\0` of each change; a commit without changes is left
/// out.  A status is one letter, so that no path is taken for a commit.
fn parse(listing: &[u8]) -> Result<HashMap<&str, Vec<&[u8]>>> {
    let mut changed = HashMap::<_, Vec<_>>::new();
    let mut commit = "";
    let mut fields = listing.split(|&byte| byte == 0).filter(|field| !field.is_empty());
    while let Some(field) = fields.next() {
        if field.len() > 1 {
            commit = str::from_utf8(field).context("git named no commit")?;
        } else {
            changed.entry(commit).or_default().push(fields.next().context("git named no path")?);
        }
    }
    Ok(changed)
}

/// See [`Repository::differ`].
pub(super) fn differ(
    repository: &Repository,
    a: &CommitSha,
    b: &CommitSha,
    paths: &[String],
) -> Result<bool> {
    // To git, no path means all of them.
    if paths.is_empty() {
        return Ok(false);
    }
    let mut command = history(repository);
    command.args(["--literal-pathspecs", "diff-tree", "--quiet"]).args(EXACT);
    command.args([a.as_str(), b.as_str(), "--"]).args(paths);
    let output = program::run(&mut command)?;
    match output.status.code() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => bail!(
            "cannot compare commits {} and {}: {}",
            a.short(),
            b.short(),
            program::reason(&output.stderr)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_path_that_looks_like_a_commit_is_a_path() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let listing = format!("{a}\0M\0{b}\0D\0M\0{b}\0A\0x\ny\0");
        let changed = parse(listing.as_bytes()).unwrap();
        assert_eq!(changed[a.as_str()], [b.as_bytes(), b"M"]);
        assert_eq!(changed[b.as_str()], [b"x\ny"]);
        assert!(parse(b"").unwrap().is_empty());
    }
}
