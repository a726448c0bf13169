//! Names that a workflow's inputs give -> commits.  A name that could mean two commits means none: whoever may
//! push a branch could otherwise take over what a tag meant.

use anyhow::{Result, bail};
use futures_util::future::join;

use super::Action;
use crate::{
    clients::github::{CommitFacts, Error},
    git::CommitSha,
    output::excerpt,
};

/// The commit that an input names by all its digits, by a tag or by a branch.
pub(super) async fn named(action: &Action<'_>, input: &str, name: &str) -> Result<CommitFacts> {
    let github = &action.github;
    if let Ok(sha) = CommitSha::parse(name) {
        return Ok(github.commit(&sha).await?);
    }
    let (tag, branch) = join(github.tag(name), github.branch(name)).await;
    let shown = excerpt(name, 80);
    match (if_there(tag)?, if_there(branch)?) {
        (Some(commit), None) | (None, Some(commit)) => Ok(commit),
        (Some(tag), Some(branch)) => bail!(
            "the input {input} names `{shown}`, which is a tag (of {}) and a branch (at {}); give all digits of \
             the commit",
            tag.sha,
            branch.sha
        ),
        (None, None) => bail!(
            "the input {input} names `{shown}`, which is not all digits of a commit, a tag or a branch of {}",
            action.context.repository
        ),
    }
}

fn if_there(found: Result<CommitFacts, Error>) -> Result<Option<CommitFacts>, Error> {
    match found {
        Ok(commit) => Ok(Some(commit)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
