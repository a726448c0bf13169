//! A revision as a person typed it -> a [`Commit`], or an error that says what was meant perhaps.

use std::cmp::Reverse;

use anyhow::{Context, Result, bail, ensure};

use super::{Commit, CommitSha, Repository, program};

/// How alike (Jaro-Winkler, 0 to 1) a name must be to be suggested.
const ALIKE: f64 = 0.85;

/// See [`Repository::resolve`].
pub(super) fn resolve(repository: &Repository, revision: &str) -> Result<Commit> {
    ensure!(!revision.trim().is_empty(), "the revision is empty; give a branch, a tag or a commit");
    // An option in disguise must not reach git.
    ensure!(!revision.starts_with('-'), "`{revision}` is not a revision: it begins with `-`");
    ensure!(!revision.contains(['\0', '\n']), "`{}` is not a revision", revision.escape_debug());
    let Some(sha) = rev_parse(repository, &format!("{revision}^{{commit}}"))? else {
        bail!(unknown(repository, revision)?);
    };
    let sha = CommitSha::parse(&sha)?;
    let subject = subject(repository, &sha)
        .with_context(|| format!("cannot read commit {sha} (`{revision}`)"))?;
    Ok(Commit { sha, subject })
}

fn rev_parse(repository: &Repository, expression: &str) -> Result<Option<String>> {
    let mut command = repository.git();
    command.args(["rev-parse", "--verify", "--quiet", "--end-of-options", expression]);
    let output = program::run(&mut command)?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    // Git before 2.30 echoes `--end-of-options`.
    let text = text.strip_prefix("--end-of-options\n").unwrap_or(&text).to_owned();
    Ok(output.status.success().then_some(text))
}

fn subject(repository: &Repository, sha: &CommitSha) -> Result<String> {
    let mut command = repository.git();
    command.args(["rev-list", "--max-count=1", "--encoding=UTF-8", "--format=%s", sha.as_str()]);
    let text = program::stdout(&mut command)?;
    Ok(String::from_utf8_lossy(program::last_line(&text).1).into_owned())
}

/// Why `revision` is no commit here, and what to do.
fn unknown(repository: &Repository, revision: &str) -> Result<String> {
    if let Some(kind) = other_kind(repository, revision)? {
        return Ok(format!("`{revision}` is a {kind}, not a commit; name a commit"));
    }
    let names = names(repository)?;
    let near: Vec<_> = near(revision, &names).into_iter().map(|name| format!("`{name}`")).collect();
    let mut message = vec![format!("no commit `{revision}` in {}", repository.root().display())];
    if !near.is_empty() {
        message.push(format!("did you mean {}?", near.join(" or ")));
    }
    let mut shallow = repository.git();
    if program::stdout(shallow.args(["rev-parse", "--is-shallow-repository"]))? == b"true" {
        let remedy =
            "the clone is shallow: `git fetch --unshallow` (actions/checkout: `fetch-depth: 0`)";
        message.push(remedy.into());
    } else if near.is_empty() {
        message.push("if it is on the remote, `git fetch` it first (or `git fetch --tags`)".into());
    }
    Ok(message.join("; "))
}

/// What `revision` names, if that is here and no commit.
fn other_kind(repository: &Repository, revision: &str) -> Result<Option<String>> {
    let Some(object) = rev_parse(repository, revision)? else { return Ok(None) };
    let output = program::run(repository.git().args(["cat-file", "-t", &object]))?;
    let kind = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.status.success() && kind != "commit").then_some(kind))
}

/// The short names of all branches and tags, remote ones with their remote.
fn names(repository: &Repository) -> Result<Vec<String>> {
    let mut command = repository.git();
    let text = program::stdout(command.args(["for-each-ref", "--format=%(refname:lstrip=2)"]))?;
    Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
}

/// Up to three names that look like `revision`, the likest first.
fn near<'a>(revision: &str, names: &'a [String]) -> Vec<&'a str> {
    let likeness = |name: &str| {
        let local = name.split_once('/').map_or(name, |(_, rest)| rest);
        let (whole, local) =
            (strsim::jaro_winkler(revision, name), strsim::jaro_winkler(revision, local));
        whole.max(local)
    };
    let mut scored: Vec<_> = names
        .iter()
        .map(|name| (likeness(name), name))
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(Reverse(a.1).cmp(&Reverse(b.1)).reverse()));
    scored.into_iter().take(3).map(|(_, name)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::near;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn a_misspelt_branch_is_found() {
        let names = names(&["main", "release/2.1", "simplify-activation"]);
        assert_eq!(near("simplfy-activation", &names), ["simplify-activation"]);
        assert_eq!(near("mian", &names), ["main"]);
    }

    #[test]
    fn a_branch_of_the_remote_is_found_by_its_own_name() {
        assert_eq!(near("main", &names(&["origin/main", "v1"])), ["origin/main"]);
    }

    #[test]
    fn a_hash_is_like_nothing() {
        assert!(near("1a2b3c4d", &names(&["main", "v1.0"])).is_empty());
    }
}
