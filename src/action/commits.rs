//! The commits of an approval: what is judged, what it is compared with, and whose config judges.

use anyhow::{Context as _, Result};

use super::{Action, named::named};
use crate::{
    gate::{self, Approval, Base, Refusal},
    github::CommitFacts,
};

/// The commits, and how they lie to each other.
pub(super) struct Commits {
    pub(super) base: CommitFacts,
    pub(super) head: CommitFacts,
    /// The tip of the default branch: neither base nor head chooses what judges them.
    pub(super) judge: CommitFacts,
    /// Name of the default branch.
    pub(super) default: String,
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

/// The tip of the default branch as it is now, and the branch's name.
pub(super) async fn judge(action: &Action<'_>) -> Result<(String, CommitFacts)> {
    let branch = action.github.default_branch().await?;
    let tip = action.github.commit(&format!("heads/{branch}")).await?;
    Ok((branch, tip))
}

/// Asks GitHub for all of them; a refusal if the base is not one to compare with.
pub(super) async fn commits(
    action: &Action<'_>,
    approval: &Approval,
) -> Result<Result<Commits, Refusal>> {
    let (default, judge) = judge(action).await?;
    let head = action.github.commit(approval.head().as_str()).await?;
    let (base, behind) = match approval.base() {
        Base::Branch(branch) => branched(action, branch, &head).await?,
        Base::Commit(base) => (action.github.commit(base.as_str()).await?, None),
        Base::Input(base) => {
            let base = named(action, "base", base).await?;
            if !action.github.holds(&judge.sha, &base.sha).await? {
                return Ok(Err(gate::base_aside(&base.sha, &default)));
            }
            (base, None)
        }
        Base::Unsaid => before(action, &default, &head).await?,
    };
    Ok(Ok(Commits { base, head, judge, default, behind }))
}

type Parted = (CommitFacts, Option<(String, u64)>);

/// Where the head left a branch.
async fn branched(action: &Action<'_>, branch: &str, head: &CommitFacts) -> Result<Parted> {
    let parted = action.github.merge_base(branch, head.sha.as_str()).await?;
    let base = action.github.commit(parted.merge_base.as_str()).await?;
    Ok((base, Some((branch.to_owned(), parted.behind_by))))
}

/// Where the head left the default branch; of a commit of that branch itself, the one before.
async fn before(action: &Action<'_>, default: &str, head: &CommitFacts) -> Result<Parted> {
    let parted = branched(action, default, head).await?;
    if parted.0.sha != head.sha {
        return Ok(parted);
    }
    let before = head.parents.first().with_context(|| {
        format!("{} is the first commit of {default}; set the input `base`", head.sha)
    })?;
    Ok((action.github.commit(before.as_str()).await?, None))
}
