//! The commits of an approval: what is judged, what it is compared with, and whose config judges.

use anyhow::{Context as _, Result};

use super::{Action, named::named};
use crate::{
    gate::{self, Approval, Base, Refusal},
    github::{CommitFacts, MergeBase},
    source::CommitSha,
};

/// The commits, and how they lie to each other.
pub(super) struct Commits {
    /// Such as the tip of the branch that head goes into, as it is at the start.
    pub(super) base: CommitFacts,
    pub(super) head: CommitFacts,
    /// The tip of the default branch: neither base nor head chooses what judges them.
    pub(super) judge: CommitFacts,
    /// The default branch.
    pub(super) default: String,
    /// None: head holds base, or base holds head, or nobody means to merge them.
    pub(super) parted: Option<Parted>,
}

/// Where head left base.
pub(super) struct Parted {
    pub(super) at: CommitSha,
    /// The name of base.
    pub(super) from: String,
    /// Commits of base that head lacks.
    pub(super) behind: u64,
}

/// The tip of the default branch as it is now, and the branch's name.
pub(super) async fn judge(action: &Action<'_>) -> Result<(String, CommitFacts)> {
    let branch = action.github.default_branch().await?;
    let tip = tip(action, &branch).await?;
    Ok((branch, tip))
}

async fn tip(action: &Action<'_>, branch: &str) -> Result<CommitFacts> {
    Ok(action.github.commit(&format!("heads/{branch}")).await?)
}

/// Asks GitHub for all of them; a refusal if the base is not one to compare with.
pub(super) async fn commits(
    action: &Action<'_>,
    approval: &Approval,
) -> Result<Result<Commits, Refusal>> {
    let (default, judge) = judge(action).await?;
    let head = action.github.commit(approval.head().as_str()).await?;
    let (base, parted) = match approval.base() {
        Base::Branch(branch) => {
            let base = if *branch == default { judge.clone() } else { tip(action, branch).await? };
            let parted = parted(action, branch, &base, &head).await?;
            (base, parted)
        }
        Base::Commit(base) => (action.github.commit(base.as_str()).await?, None),
        Base::Input(name) => {
            let base = named(action, "base", name).await?;
            if !action.github.holds(&judge.sha, &base.sha).await? {
                return Ok(Err(gate::base_aside(&base.sha, &default)));
            }
            let parted = parted(action, name, &base, &head).await?;
            (base, parted)
        }
        Base::Unsaid => unsaid(action, &default, &judge, &head).await?,
    };
    Ok(Ok(Commits { base, head, judge, default, parted }))
}

/// Where head left base, if both went on since.
async fn parted(
    action: &Action<'_>,
    name: &str,
    base: &CommitFacts,
    head: &CommitFacts,
) -> Result<Option<Parted>> {
    let found = action.github.merge_base(base.sha.as_str(), head.sha.as_str()).await?;
    Ok(both_went_on(found, name, base, head))
}

fn both_went_on(
    MergeBase { merge_base: at, behind_by: behind, .. }: MergeBase,
    name: &str,
    base: &CommitFacts,
    head: &CommitFacts,
) -> Option<Parted> {
    let both = at != base.sha && at != head.sha;
    both.then(|| Parted { at, from: name.to_owned(), behind })
}

/// The tip of the default branch; for a commit of that branch itself, the one before.
async fn unsaid(
    action: &Action<'_>,
    default: &str,
    judge: &CommitFacts,
    head: &CommitFacts,
) -> Result<(CommitFacts, Option<Parted>)> {
    let found = action.github.merge_base(judge.sha.as_str(), head.sha.as_str()).await?;
    if found.merge_base != head.sha {
        return Ok((judge.clone(), both_went_on(found, default, judge, head)));
    }
    let before = head.parents.first().with_context(|| {
        format!("{} is the first commit of {default}; set the input `base`", head.sha)
    })?;
    Ok((action.github.commit(before.as_str()).await?, None))
}
