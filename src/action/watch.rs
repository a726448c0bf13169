//! Beside the comparison: tells GitHub how far it is, and ends it when the approval no longer holds.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{Action, answer::ReplyTarget, comment, facts};
use crate::{
    action::gate::{Approval, Refusal},
    clients::github::StatusState,
    compare::Sides,
};

/// How often it looks, at first and at last: an approval is mostly taken back soon after it was given, and GitHub takes
/// 1,000 statuses for a commit and context, which a run of a day stays below.
const LOOKS: (Duration, Duration) = (Duration::from_secs(15), Duration::from_mins(2));

/// How long a word to GitHub may take that the end of the comparison waits for.
const WORD: Duration = Duration::from_secs(30);
/// How long the news of a cancellation may take: the runner waits for ten seconds.
const HURRIED: Duration = Duration::from_secs(4);

/// Watches until `done`; cancels `comparison` if the approval no longer holds, and yields why.
pub(super) async fn watch(
    action: &Action<'_>,
    asked: &ReplyTarget<'_>,
    sides: &Sides,
    approval: &Approval,
    comparison: &CancellationToken,
    done: &CancellationToken,
) -> Option<Refusal> {
    let (mut pause, last) = LOOKS;
    let rounds = async {
        drop(timeout(WORD, comment::begin(action, asked, sides)).await);
        loop {
            // Only here: a status given up half-way could reach GitHub after the verdict.
            tokio::select! {
                biased;
                () = done.cancelled() => return None,
                () = sleep(pause) => pause = (2 * pause).min(last),
            }
            report(action, asked).await;
            if let Some(refusal) = withdrawn(action, approval).await {
                action.progress.say(format!("stopping: {}", refusal.reason));
                comparison.cancel();
                return Some(refusal);
            }
        }
    };
    tokio::select! {
        biased;
        () = action.cancel.cancelled() => {
            farewell(action, asked).await;
            None
        }
        withdrawn = rounds => withdrawn,
    }
}

/// Tells how far it is; *warned*.
async fn report(action: &Action<'_>, asked: &ReplyTarget<'_>) {
    let text = action.progress.latest();
    let written = timeout(WORD, asked.board.write(StatusState::Pending, &text)).await;
    let cause = match written {
        Ok(Ok(())) => return,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => format!("GitHub did not answer within {} s", WORD.as_secs()),
    };
    action.progress.say(format!("warning: the commit status is not up to date: {cause}"));
}

/// Why the approval no longer holds, if GitHub says so; it is asked again before anything is said.
async fn withdrawn(action: &Action<'_>, approval: &Approval) -> Option<Refusal> {
    match timeout(WORD, facts::still(&action.github, approval)).await {
        Ok(Ok(still)) => still.err(),
        Ok(Err(error)) => {
            action.progress.say(format!("warning: {error:#}"));
            None
        }
        Err(_) => None,
    }
}

/// Whoever cancels may kill us soon, so it is told while the cluster is being removed, and once.  If
/// GitHub does not answer, the post step tells it.
pub(super) async fn farewell(action: &Action<'_>, asked: &ReplyTarget<'_>) {
    if asked.farewell.set(()).is_err() {
        return;
    }
    let told = async {
        drop(asked.board.end("cancelled").await);
        comment::failed(action, asked, "cancelled").await;
    };
    drop(timeout(HURRIED, told).await);
}
