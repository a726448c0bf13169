//! Beside the comparison: tells GitHub how far it is, and ends it when the approval no longer holds.

use std::{sync::OnceLock, time::Duration};

use tokio::time::{Instant, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Action,
    answer::Asked,
    board::{Board, HURRIED},
    comment,
    commits::Commits,
    facts,
};
use crate::{
    gate::{Approval, Refusal},
    github::StatusState,
};

/// GitHub takes 1,000 statuses for a commit and context; a run of a day stays below.
const INTERVAL: Duration = Duration::from_mins(2);

/// Watches until `done`; cancels `comparison` if the approval no longer holds, and yields why.
pub(super) async fn watch(
    action: &Action<'_>,
    asked: &Asked<'_>,
    commits: &Commits,
    approval: &Approval,
    comparison: &CancellationToken,
    done: &CancellationToken,
) -> Option<Refusal> {
    let board = &asked.board;
    let withdrawn = OnceLock::new();
    let mut tick = interval_at(Instant::now() + INTERVAL, INTERVAL);
    let rounds = async {
        comment::begin(action, asked, commits).await;
        loop {
            tick.tick().await;
            if let Err(error) = board.write(StatusState::Pending, &action.progress.latest()).await {
                action
                    .progress
                    .say(format!("warning: the commit status is not up to date: {error:#}"));
            }
            match facts::still(&action.github, approval).await {
                Ok(Ok(())) => {}
                Ok(Err(refusal)) => {
                    action.progress.say(format!("stopping: {}", refusal.reason));
                    drop(withdrawn.set(refusal));
                    comparison.cancel();
                    return;
                }
                // It is asked again before anything is said.
                Err(error) => action.progress.say(format!("warning: {error:#}")),
            }
        }
    };
    tokio::select! {
        () = rounds => {}
        () = done.cancelled() => {}
        () = action.cancel.cancelled() => farewell(board).await,
    }
    withdrawn.into_inner()
}

/// Whoever cancels may kill us soon, so the status is written while the cluster is being removed.
pub(super) async fn farewell(board: &Board<'_>) {
    // If GitHub does not answer, the post step tries again.
    drop(timeout(HURRIED, board.write(StatusState::Error, "cancelled")).await);
}
