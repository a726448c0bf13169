//! What two commits of a clone are compared as.

use anyhow::{Result, bail};

use crate::{
    compare::{Parting, Sides},
    config::{CompareWith, Config},
    git::{Commit, Repository},
    progress::Progress,
};

/// Both as they are where one holds the other; else as the config says.  `name` is what base was typed as.
pub(super) fn sides(
    repository: &Repository,
    config: &Config,
    (name, base): (&str, Commit),
    head: Commit,
    progress: &Progress,
) -> Result<Sides> {
    let parts = repository.merge_bases(&base, &head)?;
    let Some(at) = parts.first().cloned() else {
        let (base_sha, head_sha) = (base.sha.short(), head.sha.short());
        progress.say(format!(
            "this clone has no commit that both {base_sha} and {head_sha} hold: they are compared as they are"
        ));
        return Ok(Sides::plain(base, head));
    };
    if at.sha == base.sha || at.sha == head.sha {
        return Ok(Sides::plain(base, head));
    }
    let parting = Parting::of(at, name, &base, repository.behind(&head, &base)?);
    match config.compare_with {
        CompareWith::Tip if parts.len() > 1 => {
            bail!("{}; merge {name} into it first", parting.crossing(&head))
        }
        CompareWith::Tip => merging(repository, &base, &head, &parting, progress),
        CompareWith::MergeBase => branching(repository, &base, head, parting, progress),
    }
}

fn merging(
    repository: &Repository,
    base: &Commit,
    head: &Commit,
    parting: &Parting,
    progress: &Progress,
) -> Result<Sides> {
    let sides = match Sides::merging(repository, base, head, parting)? {
        Ok(sides) => sides,
        Err(files) => bail!(
            "{}; merge or rebase it first, or set `compare-with: merge-base` in the config",
            parting.conflict(head, &files)
        ),
    };
    if let Some(merged) = sides.merged() {
        progress.say(merged.told(head));
    }
    Ok(sides)
}

fn branching(
    repository: &Repository,
    base: &Commit,
    head: Commit,
    parting: Parting,
    progress: &Progress,
) -> Result<Sides> {
    if repository.line(&parting.at, base, &[])?.off_line.is_some() {
        bail!(
            "{}; merge or rebase it first, or take `compare-with` out of the config",
            parting.off_the_line(&head, &parting.into)
        );
    }
    progress.say(parting.left_out(&head));
    Ok(Sides::plain(parting.at, head))
}
