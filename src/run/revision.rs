//! A revision as a person typed it, which may be the work tree.

use anyhow::Result;

use crate::{
    git::{Commit, Repository, WORK_TREE},
    progress::Progress,
};

/// A commit that is to be trained.
pub(super) struct TypedCommit {
    /// That has it.
    pub(super) repository: Repository,
    pub(super) commit: Commit,
    /// By which it is asked for again.
    pub(super) name: String,
}

/// The commit that was typed; of a work tree a commit that is made of it, and told.
pub(super) fn typed_commit(
    repository: Repository,
    typed: &str,
    progress: &Progress,
) -> Result<TypedCommit> {
    if typed != WORK_TREE {
        let commit = repository.resolve(typed)?;
        let name = commit.sha.to_string();
        return Ok(TypedCommit { repository, commit, name });
    }
    let task = progress.task("reading the work tree");
    let (repository, commit) = repository.work_tree()?;
    drop(task);
    progress.say(format!("the work tree is taken as it is now: {}", commit.sha.short()));
    Ok(TypedCommit { repository, commit, name: typed.to_owned() })
}
