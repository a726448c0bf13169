//! Names that a workflow's inputs give -> commits.  A name that could mean two commits means none: whoever may
//! push a branch could otherwise take over what a tag meant.

use anyhow::{Result, bail};
use futures_util::future::join;

use super::Action;
use crate::{
    github::{CommitFacts, Error, GitHub},
    output::excerpt,
    source::CommitSha,
};

/// The commit that an input names by all its digits, by a tag or by a branch.
pub(super) async fn named(action: &Action<'_>, input: &str, name: &str) -> Result<CommitFacts> {
    if CommitSha::parse(name).is_ok() {
        return Ok(action.github.commit(name).await?);
    }
    let (tag, branch) = join(
        if_there(&action.github, &format!("tags/{name}")),
        if_there(&action.github, &format!("heads/{name}")),
    )
    .await;
    let shown = excerpt(name, 80);
    match (tag?, branch?) {
        (Some(commit), None) | (None, Some(commit)) => Ok(commit),
        (Some(tag), Some(branch)) => bail!(
            "the input {input} names `{shown}`, which is a tag (of {}) and a branch (at {}); give all digits of \
             the commit",
            tag.sha,
            branch.sha
        ),
        (None, None) => bail!(
            "the input {input} names `{shown}`, which is no commit by all its digits, no tag and no branch of {}",
            action.context.repository
        ),
    }
}

async fn if_there(github: &GitHub, name: &str) -> Result<Option<CommitFacts>, Error> {
    match github.commit(name).await {
        Ok(commit) => Ok(Some(commit)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
