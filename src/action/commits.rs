//! The two commits of an approval: what is judged, and what it is compared with.

use anyhow::{Context as _, Result};
use futures_util::future::try_join;

use super::Action;
use crate::{
    gate::{Approval, Base},
    github::CommitFacts,
};

/// Both commits, and how they lie to each other.
pub(super) struct Commits {
    pub(super) base: CommitFacts,
    pub(super) head: CommitFacts,
    /// The target branch, and how many of its commits the head lacks.
    behind: Option<(String, u64)>,
}

impl Commits {
    /// What a reader of the report should know: what is merged is not what was measured.
    pub(super) fn warning(&self) -> Option<String> {
        let (branch, count) = self.behind.as_ref().filter(|(_, count)| *count > 0)?;
        Some(format!(
            "{} lacks the last {count} commits of {branch}; it was compared with the commit at which \
             it branched off",
            self.head.sha.short()
        ))
    }
}

/// Asks GitHub for both.
pub(super) async fn commits(action: &Action<'_>, approval: &Approval) -> Result<Commits> {
    let head = approval.head().as_str();
    match approval.base() {
        Base::Branch(branch) => branched(action, branch, head).await,
        Base::Commit(base) => both(action, base.as_str(), head).await,
        Base::Input(base) => {
            both(action, base, head).await.context("the input `base` cannot be used")
        }
        Base::Unsaid => {
            let branch = action.github.default_branch().await?;
            let commits = branched(action, &branch, head).await?;
            if commits.base.sha != commits.head.sha {
                return Ok(commits);
            }
            // A commit of the default branch itself.
            let before = commits.head.parents.first().with_context(|| {
                format!("{head} is the first commit of {branch}; set the input `base`")
            })?;
            both(action, before.as_str(), head).await
        }
    }
}

async fn branched(action: &Action<'_>, branch: &str, head: &str) -> Result<Commits> {
    let merge_base = action.github.merge_base(branch, head).await?;
    let commits = both(action, merge_base.merge_base.as_str(), head).await?;
    Ok(Commits { behind: Some((branch.to_owned(), merge_base.behind_by)), ..commits })
}

async fn both(action: &Action<'_>, base: &str, head: &str) -> Result<Commits> {
    let (base, head) = try_join(action.github.commit(base), action.github.commit(head)).await?;
    Ok(Commits { base, head, behind: None })
}
