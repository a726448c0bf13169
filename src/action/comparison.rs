//! An approved commit: its evidence, or else its training, in the order in which things can fail
//! cheaply.

use std::sync::OnceLock;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::{
    Action,
    answer::{Publication, ReplyTarget, RunFindings, passes},
    claim::{ClaimResult, claim},
    facts,
    known::KnownVerdict,
    prepared::{PreparedAction, prepare},
    results,
    watch::watch,
};
use crate::{
    action::gate::{Approval, Refusal},
    cancel::unless_cancelled,
    compare::{Question, compare},
    experiment::Tools,
    report::Report,
};

/// Measured by this run, or not.
enum ComparisonOutcome {
    Known(KnownVerdict),
    Measured(Box<RunFindings>),
    Withdrawn(Refusal),
}

/// The answer for an approved commit.
pub(super) async fn answer<'a>(action: &'a Action<'_>, approval: Approval) -> Publication<'a> {
    let board = action.board(approval.head());
    let mut asked = ReplyTarget { board, pull: approval.pull(), farewell: OnceLock::new() };
    let outcome = Box::pin(outcome(action, &approval, &mut asked)).await;
    match outcome {
        Ok(ComparisonOutcome::Known(known)) => Publication::Known { known, approval, asked },
        Ok(ComparisonOutcome::Measured(measured)) => {
            Publication::Measured { measured, approval, asked }
        }
        Ok(ComparisonOutcome::Withdrawn(refusal)) => Publication::Withdrawn { refusal, asked },
        Err(error) => Publication::Failed { error, asked: Some(asked) },
    }
}

async fn outcome(
    action: &Action<'_>,
    approval: &Approval,
    asked: &mut ReplyTarget<'_>,
) -> Result<ComparisonOutcome> {
    let looking = async {
        let prepared = match Box::pin(prepare(action, approval)).await? {
            Ok(prepared) => prepared,
            Err(refusal) => return Ok(Err(refusal)),
        };
        prepared.question.images.check()?;
        let key = prepared.key(action)?;
        asked.board.key = Some(key.clone());
        // What needs no training is told sooner than looked for.
        let claim = if prepared.question.differences.same.is_some() {
            ClaimResult::Ours
        } else {
            asked.board.seal = action.seal().await?;
            claim(action, asked, &prepared.commits.default, &key, prepared.patience()).await?
        };
        anyhow::Ok(Ok((prepared, claim)))
    };
    let looked = match unless_cancelled(action.cancel, looking).await? {
        Ok(looked) => looked,
        Err(refusal) => return Ok(ComparisonOutcome::Withdrawn(refusal)),
    };
    match looked {
        (_, ClaimResult::Known(known)) => {
            // It may have been waited for.
            let still = facts::still(&action.github, approval);
            let still = unless_cancelled(action.cancel, still).await?;
            Ok(still
                .map_or_else(ComparisonOutcome::Withdrawn, |()| ComparisonOutcome::Known(known)))
        }
        (prepared, ClaimResult::Ours) if prepared.question.differences.same.is_some() => {
            Box::pin(untrained(action, approval, prepared)).await
        }
        (prepared, ClaimResult::Ours) => {
            Box::pin(measured(action, approval, prepared, asked)).await
        }
    }
}

/// There is nothing to watch, and nothing to remove.
async fn untrained(
    action: &Action<'_>,
    approval: &Approval,
    PreparedAction { question, cache, warnings, .. }: PreparedAction,
) -> Result<ComparisonOutcome> {
    let run = question.begin(&cache)?;
    let tools = Tools { cache: &cache, progress: action.progress, cancel: action.cancel };
    let report = Box::pin(compare(&question, &run, &tools)).await?;
    let kept = results::keep(action, &run, question.config.quote_logs);
    concluded(action, approval, (&question, warnings), report, kept).await
}

async fn measured(
    action: &Action<'_>,
    approval: &Approval,
    PreparedAction { question, commits, cache, warnings }: PreparedAction,
    asked: &ReplyTarget<'_>,
) -> Result<ComparisonOutcome> {
    let remembering = action.memory(&question.config, approval, &commits, cache.root());
    let memory = unless_cancelled(action.cancel, remembering).await?;
    let question = Question { memory, ..question };
    let run = question.begin(&cache)?;
    // The last look before money is spent.
    if let Err(refusal) =
        unless_cancelled(action.cancel, facts::still(&action.github, approval)).await?
    {
        return Ok(ComparisonOutcome::Withdrawn(refusal));
    }
    action.promise(&run)?;
    question.config.mlflow.as_ref().map_or(Ok(()), |mlflow| action.promise_tracked(mlflow))?;
    let comparison = action.cancel.child_token();
    let done = CancellationToken::new();
    let comparing = async {
        let tools = Tools { cache: &cache, progress: action.progress, cancel: &comparison };
        let report = Box::pin(compare(&question, &run, &tools)).await;
        done.cancel();
        report
    };
    let (report, withdrawn) = tokio::join!(
        comparing,
        watch(action, asked, &question.sides, approval, &comparison, &done)
    );
    // Nobody can reach into the container, and what comes now may fail.
    let kept = results::keep(action, &run, question.config.quote_logs);
    if let Some(refusal) = withdrawn {
        return Ok(ComparisonOutcome::Withdrawn(refusal));
    }
    concluded(action, approval, (&question, warnings), report?, kept).await
}

async fn concluded(
    action: &Action<'_>,
    approval: &Approval,
    (question, warnings): (&Question, Vec<String>),
    mut report: Report,
    kept: Option<String>,
) -> Result<ComparisonOutcome> {
    report.warnings.extend(warnings);
    // The last look before anything is said.
    let still = unless_cancelled(action.cancel, facts::still(&action.github, approval)).await?;
    if let Err(refusal) = still {
        return Ok(ComparisonOutcome::Withdrawn(refusal));
    }
    let passes = passes(report.verdict, question.config.on_inconclusive);
    Ok(ComparisonOutcome::Measured(Box::new(RunFindings { report, passes, kept })))
}
