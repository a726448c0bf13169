//! Events that ask for a commit, and rest on no look at a pull request.

use super::{Approval, Base, Refusal, RequestedAction, Rule, StatusNote, intent::other_action};
use crate::{
    action::event::{
        EventRepository, MergeGroupEvent, PushEvent, QueueBranch, WorkflowDispatch,
        WorkflowRunEvent,
    },
    git::CommitSha,
};

type Approved = Result<Approval, Refusal>;

/// Who answers for a group.
const BY_THE_QUEUE: &str = "approved by the merge queue";

/// Who may push the button may run; of the commit `sha` of its branch, unless they name another.
pub(super) fn dispatched(
    event: &WorkflowDispatch,
    request: &RequestedAction,
    sha: &CommitSha,
) -> Approval {
    let head = request.sha.as_ref().unwrap_or(sha).clone();
    let base = request.base.clone().map_or(Base::Unsaid, Base::Input);
    Approval::of_commit(head, base, format!("dispatched by {}", event.sender.login))
}

/// Who wrote the schedule into the default branch may run.
pub(super) fn scheduled(request: &RequestedAction, sha: &CommitSha) -> Approved {
    let base = request.base.clone().map_or(Base::Unsaid, Base::Input);
    if base == Base::Unsaid && request.compares {
        let reason = "a schedule does not say what to compare with";
        let remedy = "set the input `base`, to a tag or a branch";
        return Err(Refusal::new(Rule::NoBase, reason).remedy(remedy));
    }
    let head = request.sha.as_ref().unwrap_or(sha).clone();
    Ok(Approval::of_commit(head, base, "asked for by a schedule".to_owned()))
}

/// The queue has seen to the approvals, or nothing would be in it.
pub(super) fn queued(event: &MergeGroupEvent) -> Approved {
    if event.action != "checks_requested" {
        return Err(other_action("merge_group", &event.action));
    }
    let group = &event.merge_group;
    into_the_default_branch(&group.head_sha, group.target(), &event.repository)?;
    let base = Base::Commit(group.base_sha.clone());
    let approval = Approval::of_commit(group.head_sha.clone(), base, BY_THE_QUEUE.to_owned());
    Ok(approval.with_pull(group.pull()))
}

/// The same after a run for a group: whatever the group's workflows are, GitHub alone makes runs of that event.  A
/// branch that somebody calls as the queue calls its own has none.
pub(super) fn queue_ran(event: &WorkflowRunEvent) -> Approved {
    let head = &event.workflow_run.head_sha;
    let Some(QueueBranch { target, pull, base }) = event.workflow_run.queued() else {
        let reason = format!("{} is of no group of a merge queue", head.short());
        return Err(Refusal::new(Rule::NoPull, reason).remedy("queue the pull request again"));
    };
    into_the_default_branch(head, &target, &event.repository)?;
    let approval = Approval::of_commit(head.clone(), Base::Commit(base), BY_THE_QUEUE.to_owned());
    Ok(approval.with_pull(Some(pull)))
}

/// A status belongs to the commit, whatever it was compared with: a group of a weaker branch's queue that passed
/// could else go into the default branch by a pull request of its own.
fn into_the_default_branch(
    head: &CommitSha,
    target: &str,
    repository: &EventRepository,
) -> Result<(), Refusal> {
    let default = &repository.default_branch;
    if target == default {
        return Ok(());
    }
    let reason = format!(
        "{} is queued into `{target}`, and only what goes into `{default}` is compared",
        head.short()
    );
    let remedy = format!("let the rules of `{default}` alone require the status");
    Err(waiting(head, Refusal::new(Rule::OtherBase, reason).remedy(remedy)))
}

/// Only what reaches the default branch.
pub(super) fn pushed(event: &PushEvent) -> Approved {
    let branch = &event.repository.default_branch;
    let ours = event.git_ref.strip_prefix("refs/heads/") == Some(branch);
    let Some(after) = event.after.as_ref().filter(|_| ours) else {
        let reason = format!("only pushes to `{branch}` are measured, not to {}", event.git_ref);
        return Err(Refusal::new(Rule::OtherBranch, reason)
            .remedy("open a pull request, or dispatch the workflow"));
    };
    let Some(before) = &event.before else {
        let reason = format!("`{branch}` is new, so there is nothing to compare with");
        return Err(Refusal::new(Rule::FirstPush, reason)
            .remedy("push again, or dispatch the workflow with `base`"));
    };
    let who = format!("pushed to {branch}");
    Ok(Approval::of_commit(after.clone(), Base::Commit(before.clone()), who))
}

/// Why a head is not compared that cannot be merged; `conflict` says with what, and in which files.
pub fn conflicting(head: &CommitSha, into: &str, conflict: String) -> Refusal {
    let remedy = format!("merge `{into}` into the branch, and let the new head be approved");
    waiting(head, Refusal::new(Rule::Conflict, conflict).remedy(remedy))
}

/// Why a head is not compared that parts from `into` at several commits, as `reason` says: what a merge makes of
/// it depends on them all, and an author could choose which of them is seen.
pub fn crossing(head: &CommitSha, into: &str, reason: String) -> Refusal {
    let remedy = format!("merge `{into}` into the branch, and let the new head be approved");
    waiting(head, Refusal::new(Rule::Crossing, reason).remedy(remedy))
}

/// Why a commit inside of a merge is no base, though head left the branch there, as `reason` says: its author
/// alone made it.
pub fn base_off_the_line(head: &CommitSha, default: &str, reason: String) -> Refusal {
    let remedy = format!(
        "merge `{default}` into the branch, and let the new head be approved, or take `compare-with` out of \
         the config"
    );
    waiting(head, Refusal::new(Rule::OtherBase, reason).remedy(remedy))
}

/// The status of the head tells why; what it said before was of another merge.
fn waiting(head: &CommitSha, refusal: Refusal) -> Refusal {
    let description = format!("held: {}", refusal.reason);
    refusal.status(Some(StatusNote { sha: head.clone(), description, takes_back: true }))
}

/// Why a commit beside the default branch is no base: whoever may push could have made it.
pub fn base_aside(base: &CommitSha, default: &str) -> Refusal {
    let base = base.short();
    let reason = format!("the input base names {base}, which is not on `{default}`");
    Refusal::new(Rule::OtherBase, reason)
        .remedy(format!("name a commit of `{default}`, or a tag on one"))
}
