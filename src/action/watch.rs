//! Beside the comparison: tells GitHub how far it is, and ends it when the approval no longer holds.

use std::{sync::OnceLock, time::Duration};

use tokio::time::{Instant, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use super::{Action, answer::Asked, comment, commits::Commits, facts};
use crate::{
    gate::{Approval, Refusal},
    github::StatusState,
};

/// GitHub takes 1,000 statuses for a commit and context; a run of a day stays below.
const INTERVAL: Duration = Duration::from_mins(2);

/// How long the news of a cancellation may take: the runner waits for ten seconds.
const HURRIED: Duration = Duration::from_secs(4);

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
        () = action.cancel.cancelled() => farewell(action, asked).await,
    }
    withdrawn.into_inner()
}

/// Whoever cancels may kill us soon, so it is told while the cluster is being removed, and once.  If
/// GitHub does not answer, the post step tells it.
pub(super) async fn farewell(action: &Action<'_>, asked: &Asked<'_>) {
    if asked.farewell.set(()).is_err() {
        return;
    }
    let told = async {
        drop(asked.board.write(StatusState::Error, "cancelled").await);
        comment::failed(action, asked, "cancelled").await;
    };
    drop(timeout(HURRIED, told).await);
}
