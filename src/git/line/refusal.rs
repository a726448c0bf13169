//! Two commits without a line between them -> why, and what to do.

use anyhow::{Context, Result, bail};

use super::{
    super::{Commit, CommitSha, Repository, program},
    walk::history,
};

const DEEPEN: &str =
    "fetch the whole history: `git fetch --unshallow` (actions/checkout: `fetch-depth: 0`)";

/// Fails unless `good` is in the history of `bad`.
pub(super) fn unless_ancestor(repository: &Repository, good: &Commit, bad: &Commit) -> Result<()> {
    let (g, b) = (good.sha.short(), bad.sha.short());
    if is_ancestor(repository, &good.sha, &bad.sha)? {
        return Ok(());
    }
    if is_ancestor(repository, &bad.sha, &good.sha)? {
        bail!("--good {g} is newer than --bad {b}: it is built on it; swap them");
    }
    let shallow = is_shallow(repository)?;
    let Some(base) = common(repository, &good.sha, &bad.sha)? else {
        if shallow {
            bail!("the clone is shallow and shows no way from good {g} to bad {b}; {DEEPEN}");
        }
        bail!(
            "good {g} and bad {b} have no commit in common: they are of unrelated histories; give a \
             good commit out of `git log {b}`"
        );
    };
    let hint =
        if shallow { format!("; or the clone is too shallow: {DEEPEN}") } else { String::new() };
    bail!(
        "good {g} is not in the history of bad {b}: they are on two branches that part at {base}; \
         give `--good {base}` if that is good, or a bad commit that holds {g}{hint}"
    );
}

/// Fails if a shallow clone ends between `good` and `bad`.
pub(super) fn if_cut(repository: &Repository, good: &Commit, bad: &Commit) -> Result<()> {
    if !is_shallow(repository)? {
        return Ok(());
    }
    // Where the clone ends, commits look like roots.
    let mut command = history(repository);
    command.args(["rev-list", "--max-parents=0", "--max-count=1", bad.sha.as_str(), "--not"]);
    let roots = program::stdout(command.arg(good.sha.as_str()))?;
    if roots.is_empty() {
        return Ok(());
    }
    let end = String::from_utf8_lossy(&roots);
    bail!(
        "the clone is shallow and ends at {} within the commits between good {} and bad {}; {DEEPEN}",
        end.get(..7).unwrap_or(&end),
        good.sha.short(),
        bad.sha.short()
    );
}

/// `good` is in the history of `bad`, and none of the first parents of `bad` is in that of `good`.
pub(super) fn no_start(good: &Commit, bad: &Commit) -> String {
    let (g, b) = (good.sha.short(), bad.sha.short());
    format!(
        "good {g} came to bad {b} by a merge of an unrelated history, so that the line of {b} does \
         not start from it; give a good commit out of `git log --first-parent {b}`"
    )
}

/// A merge of more than two.
pub(super) fn octopus(merge: &Commit, first: &CommitSha, others: &[CommitSha]) -> String {
    let tips = others.iter().map(CommitSha::short).collect::<Vec<_>>().join(", ");
    format!(
        "merge {} brings in {} branches at once, whose commits have no order among each other; \
         search each alone: `--good` its base with {}, `--bad` one of {tips}",
        merge.sha.short(),
        others.len(),
        first.short()
    )
}

fn is_ancestor(repository: &Repository, old: &CommitSha, new: &CommitSha) -> Result<bool> {
    let mut command = history(repository);
    command.args(["merge-base", "--is-ancestor", old.as_str(), new.as_str()]);
    let output = program::run(&mut command)?;
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => bail!("cannot compare {old} and {new}: {}", program::reason(&output.stderr)),
    }
}

/// One of the newest commits in the history of both.
fn common(repository: &Repository, a: &CommitSha, b: &CommitSha) -> Result<Option<String>> {
    let output = program::run(history(repository).args(["merge-base", a.as_str(), b.as_str()]))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let base = text.lines().next().map(|sha| sha.get(..7).unwrap_or(sha).to_owned());
    Ok(base)
}

fn is_shallow(repository: &Repository) -> Result<bool> {
    let mut command = history(repository);
    let text = program::stdout(command.args(["rev-parse", "--is-shallow-repository"]))
        .context("cannot tell whether the clone is shallow")?;
    Ok(text == b"true")
}
