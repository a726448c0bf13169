//! The commits of an approval: what is judged, what it is compared with, and whose config judges.

use anyhow::{Context as _, Result};

use super::{Action, named::named};
use crate::{
    action::gate::{self, Approval, Base, Refusal},
    clients::github::{CommitFacts, MergeBase},
    git::CommitSha,
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
    /// Whether it is the only commit at which they part.
    pub(super) alone: bool,
}

/// The tip of the default branch as it is now, and the branch's name.
pub(super) async fn judge(action: &Action<'_>) -> Result<(String, CommitFacts)> {
    let branch = action.github.default_branch().await?;
    let tip = action.github.branch(&branch).await?;
    Ok((branch, tip))
}

/// Asks GitHub for all of them; a refusal if the base is not one to compare with.
pub(super) async fn commits(
    action: &Action<'_>,
    approval: &Approval,
) -> Result<Result<Commits, Refusal>> {
    let (default, judge) = judge(action).await?;
    let head = action.github.commit(approval.head()).await?;
    let (base, parted) = match approval.base() {
        Base::Branch(branch) => {
            let base = if *branch == default {
                judge.clone()
            } else {
                action.github.branch(branch).await?
            };
            let parted = parted(action, branch, &base, &head).await?;
            (base, parted)
        }
        Base::Commit(base) => (action.github.commit(base).await?, None),
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
    let found = action.github.merge_base(&base.sha, &head.sha).await?;
    both_went_on(action, found, (name, base), head).await
}

async fn both_went_on(
    action: &Action<'_>,
    MergeBase { merge_base: at, ahead_by: ahead, behind_by: behind }: MergeBase,
    (name, base): (&str, &CommitFacts),
    head: &CommitFacts,
) -> Result<Option<Parted>> {
    if at == base.sha || at == head.sha {
        return Ok(None);
    }
    // Of the commits that head has beyond it, base has none.
    let alone = action.github.merge_base(&at, &head.sha).await?.ahead_by == ahead;
    Ok(Some(Parted { at, from: name.to_owned(), behind, alone }))
}

/// The tip of the default branch; for a commit of that branch itself, the one before.
async fn unsaid(
    action: &Action<'_>,
    default: &str,
    judge: &CommitFacts,
    head: &CommitFacts,
) -> Result<(CommitFacts, Option<Parted>)> {
    let found = action.github.merge_base(&judge.sha, &head.sha).await?;
    if found.merge_base != head.sha {
        return Ok((judge.clone(), both_went_on(action, found, (default, judge), head).await?));
    }
    let before = head.parents.first().with_context(|| {
        format!("{} is the first commit of {default}; set the input `base`", head.sha)
    })?;
    Ok((action.github.commit(before).await?, None))
}
