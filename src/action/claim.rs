//! One comparison, one training: before anything is started, evidence of the same comparison is looked
//! for, and a run that does it already is waited for.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use tokio::time::{Instant, sleep};

use super::{
    Action,
    answer::ReplyTarget,
    board::Board,
    comment,
    key::Key,
    known::KnownVerdict,
    records::{self, ComparisonRecord},
    standing::{ClaimState, link, standing},
    witness::RunWitness,
};
use crate::{
    clients::github::{PullNumber, Status, StatusState},
    git::CommitSha,
    progress::seconds,
};

/// How often a run that waits for another looks, at first and at last: the requests of an hour are
/// few, and the run that trains needs some.
const LOOKS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_mins(1));
/// A run writes a status at least every two minutes; one that is silent for so long is dead.
const SILENCE: Duration = Duration::from_mins(7);
/// How far GitHub's clock may be before ours; a claim of later is none.
const AHEAD: Duration = Duration::from_mins(5);
/// Statuses may be listed a moment after they were written.
const CLAIMS: usize = 3;

/// What the search came to.
pub(super) enum ClaimResult {
    /// It is known already.
    Known(KnownVerdict),
    /// It is ours to find out.
    Ours,
}

/// Claims the comparison, or waits until whoever claimed it before is done, but no longer than `patience`.
pub(super) async fn claim(
    action: &Action<'_>,
    asked: &ReplyTarget<'_>,
    default: &str,
    key: &Key,
    patience: Duration,
) -> Result<ClaimResult> {
    let ReplyTarget { board, pull, .. } = asked;
    let witness = RunWitness::new(action, board, action.github.viewer().await?, default);
    let mut search = Search { action, board, key, witness };
    let task = action.progress.task("looking for evidence");
    let begun = Instant::now();
    for _ in 0..CLAIMS {
        let other = loop {
            match search.look(*pull).await? {
                ClaimSearch::Known(known) => {
                    task.done(format!("measured before by {}", known.run));
                    return Ok(ClaimResult::Known(known));
                }
                ClaimSearch::Other(status) if begun.elapsed() > patience => {
                    let (run, waited) = (link(&status), seconds(patience));
                    action
                        .progress
                        .say(format!("{run} measures for more than {waited}; not waiting for it"));
                    break false;
                }
                ClaimSearch::Other(status) => {
                    let run = link(&status).to_owned();
                    task.update(format!("waiting for {run}, which measures the same"));
                    sleep((begun.elapsed() / 10).clamp(LOOKS.0, LOOKS.1)).await;
                }
                ClaimSearch::Ours => break true,
                ClaimSearch::Nothing => break false,
            }
        };
        if other {
            break;
        }
        action.remember(board)?;
        board.write(StatusState::Pending, "starting").await?;
    }
    task.done("none; this run measures");
    Ok(ClaimResult::Ours)
}

enum ClaimSearch {
    Known(KnownVerdict),
    Other(Status),
    Ours,
    Nothing,
}

struct Search<'a> {
    action: &'a Action<'a>,
    board: &'a Board<'a>,
    key: &'a Key,
    witness: RunWitness<'a>,
}

impl Search<'_> {
    /// Looks at the commit itself, then at what the comment tells of other commits of the same tree.
    async fn look(&mut self, pull: Option<PullNumber>) -> Result<ClaimSearch> {
        let here = self.on(&self.board.sha).await?;
        if !matches!(here, ClaimSearch::Nothing) {
            return Ok(here);
        }
        // Whoever may push may edit the comment, so it only says where to look.
        match self.record(pull).await? {
            Some(record) if record.sha != self.board.sha => self.on(&record.sha).await,
            Some(_) | None => Ok(ClaimSearch::Nothing),
        }
    }

    async fn on(&mut self, sha: &CommitSha) -> Result<ClaimSearch> {
        let statuses = self.action.github.statuses(sha, &self.board.context).await?;
        let statuses = self.witness.heard(statuses, self.key, sha).await?;
        let dead = silent(&statuses, SystemTime::now());
        let standing = standing(&statuses, self.key, &self.board.run, self.witness.viewer, &dead);
        Ok(match standing {
            ClaimState::Answered(status) => match KnownVerdict::of_status(status, sha) {
                Some(known) => ClaimSearch::Known(known),
                None => ClaimSearch::Nothing,
            },
            ClaimState::Claimed(status) => ClaimSearch::Other(status.clone()),
            ClaimState::Ours => ClaimSearch::Ours,
            ClaimState::Free => ClaimSearch::Nothing,
        })
    }

    async fn record(&self, pull: Option<PullNumber>) -> Result<Option<ComparisonRecord>> {
        let there = comment::there(self.action, pull).await?;
        Ok(there.and_then(|there| records::find(&there.records, self.key).cloned()))
    }
}

/// The runs of which nothing was heard for long.  GitHub's clock is compared with ours; if they
/// disagree by minutes, the worst that happens is a second training.
fn silent(statuses: &[Status], now: SystemTime) -> Vec<String> {
    let recent = |status: &Status| {
        let written = humantime::parse_rfc3339(&status.created_at).ok();
        written.is_none_or(|written| now < written + SILENCE && written < now + AHEAD)
    };
    let heard: Vec<&str> = statuses.iter().filter(|status| recent(status)).map(link).collect();
    let all = statuses.iter().map(link);
    all.filter(|run| !heard.contains(run)).map(str::to_owned).collect()
}
