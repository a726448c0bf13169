//! What base and head are compared as, once the config is known.

use anyhow::Result;

use super::{
    Action,
    commits::{Commits, Parted},
};
use crate::{
    action::{
        gate::{self, Refusal},
        inputs::ActionCommand,
    },
    compare::{Parting, Sides},
    config::{CompareWith, Config},
    git::{CommitSha, Repository},
};

/// Commits of the default branch's history that are searched for the one at which head branched off.
const HISTORY: usize = 10_000;

/// Both sides, and what a reader should know of them; or a refusal.
pub(super) async fn sides(
    action: &Action<'_>,
    repository: &Repository,
    config: &Config,
    commits: &Commits,
) -> Result<Result<(Sides, Option<String>), Refusal>> {
    let base = repository.resolve(commits.base.sha.as_str())?;
    let head = repository.resolve(commits.head.sha.as_str())?;
    let Some(Parted { at, from, behind, alone }) = &commits.parted else {
        return Ok(Ok((Sides::plain(base, head), None)));
    };
    let parting = Parting::of(repository.resolve(at.as_str())?, from, &base, *behind);
    match config.compare_with {
        CompareWith::Tip if !alone => {
            Ok(Err(gate::crossing(&head.sha, &parting.into, parting.crossing(&head))))
        }
        CompareWith::Tip => {
            let refused = |files: Vec<String>| {
                gate::conflicting(&head.sha, &parting.into, parting.conflict(&head, &files))
            };
            let sides = Sides::merging(repository, &base, &head, &parting)?.map_err(refused);
            Ok(sides.map(|sides| (sides, None)))
        }
        CompareWith::MergeBase if on_the_line(action, commits, at).await? => {
            let told = parting.left_out(&head);
            Ok(Ok((Sides::plain(parting.at, head), Some(told))))
        }
        CompareWith::MergeBase => {
            let reason = parting.off_the_line(&head, &commits.default);
            Ok(Err(gate::base_off_the_line(&head.sha, &commits.default, reason)))
        }
    }
}

/// Whether a commit was itself the tip of the default branch once.  An image is built for head whatever base
/// is, by a job that may not read statuses, which come with this answer.
async fn on_the_line(action: &Action<'_>, commits: &Commits, commit: &CommitSha) -> Result<bool> {
    if action.inputs.command == ActionCommand::Image {
        return Ok(true);
    }
    let (github, context) = (&action.github, &action.inputs.status_context);
    let mut line = github.ancestry(&commits.judge.sha, context, HISTORY);
    while let Some(ancestor) = line.next().await? {
        if ancestor.sha == *commit {
            return Ok(true);
        }
    }
    Ok(false)
}
