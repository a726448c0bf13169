//! The answer on GitHub: outputs, status, summary, comment, in this order.  Each stands alone: a
//! failure of one is told and changes neither the others nor the verdict.

use std::process::ExitCode;

use anyhow::Result;

use super::{
    Action,
    answer::{Answer, Asked, Measured},
    comment,
    known::Known,
    results,
    watch::farewell,
};
use crate::{
    cancel::Cancelled,
    gate::Refusal,
    github::StatusState,
    report::{Format, MARKER, literal},
    runner::{Level, Output},
    verdict::Verdict,
};

/// The exit code of an error.
const ERROR: u8 = 2;

/// Publishes the answer; yields the step's exit code.
pub(super) async fn publish(action: &Action<'_>, answer: Answer<'_>) -> Result<ExitCode> {
    match answer {
        Answer::Held(refusal) => held(action, &refusal).await,
        Answer::Known { known, asked } => {
            unless_cancelled(action, &asked, tell_known(action, &known, &asked)).await
        }
        Answer::Withdrawn { refusal, asked } => {
            let code = held(action, &refusal).await;
            comment::failed(action, &asked, &refusal.reason).await;
            code
        }
        Answer::Measured { measured, asked } => {
            let told = tell_measured(action, &measured, &asked);
            unless_cancelled(action, &asked, told).await
        }
        Answer::Failed { error, asked } => {
            failed(action, &error, asked.as_ref()).await;
            Ok(ExitCode::from(ERROR))
        }
    }
}

/// A cancelled run must not leave a verdict that nobody waited for.
async fn unless_cancelled(
    action: &Action<'_>,
    asked: &Asked<'_>,
    told: impl Future<Output = Result<ExitCode>>,
) -> Result<ExitCode> {
    tokio::select! {
        biased;
        () = action.cancel.cancelled() => {
            failed(action, &Cancelled.into(), Some(asked)).await;
            Ok(ExitCode::from(ERROR))
        }
        code = told => code,
    }
}

async fn held(action: &Action<'_>, refusal: &Refusal) -> Result<ExitCode> {
    outputs(action, &[(Output::Verdict, "held"), (Output::Reason, &refusal.reason)]);
    let remedy = refusal.remedy.as_deref().unwrap_or_default();
    action.progress.say(format!("held: {}\n{remedy}", refusal.reason));
    let mut code = ExitCode::SUCCESS;
    if let Some(note) = &refusal.status {
        let board = action.board(&note.sha);
        match board.write(StatusState::Pending, &note.description).await {
            Ok(()) => action.answered(),
            Err(error) => {
                problem(action, &format!("the commit status is not set: {error:#}"));
                code = ExitCode::from(ERROR);
            }
        }
        outputs(action, &[(Output::HeadSha, note.sha.as_str())]);
    }
    annotate(action, Level::Notice, "held", &refusal.reason);
    summary(action, &format!("## ⏸️ held: {}\n\n{}\n", literal(&refusal.reason), literal(remedy)));
    Ok(code)
}

async fn tell_measured(
    action: &Action<'_>,
    measured: &Measured,
    asked: &Asked<'_>,
) -> Result<ExitCode> {
    let Measured { report, passes, image } = measured;
    let word = report.verdict.word();
    let kept = results::keep(&action.context.workspace, &report.directory);
    let path = kept.unwrap_or_else(|error| {
        problem(action, &format!("the report is not in the workspace: {error:#}"));
        String::new()
    });
    outputs(
        action,
        &[
            (Output::Verdict, word),
            (Output::Reason, &report.reason),
            (Output::HeadSha, report.head.sha.as_str()),
            (Output::BaseSha, report.base.sha.as_str()),
            (Output::Image, image.as_deref().unwrap_or_default()),
            (Output::Cluster, &report.cluster),
            (Output::Report, &path),
        ],
    );
    let text = format!("{word}: {}", report.reason);
    let state = if *passes { StatusState::Success } else { StatusState::Failure };
    status(action, asked.board.write(state, &text).await);
    if report.cleanup.iter().all(|cleanup| cleanup.left == 0) {
        action.finished();
    }
    annotate(action, level(report.verdict), word, &report.reason);
    let markdown = report.render(Format::Markdown)?;
    summary(action, markdown.trim_end().trim_end_matches(MARKER));
    if let Some(url) = comment::report(action, asked, report, *passes).await {
        outputs(action, &[(Output::CommentUrl, &url)]);
    }
    Ok(code(report.verdict, *passes))
}

async fn tell_known(action: &Action<'_>, known: &Known, asked: &Asked<'_>) -> Result<ExitCode> {
    let word = known.verdict.word();
    let head = asked.board.sha.as_str();
    outputs(
        action,
        &[(Output::Verdict, word), (Output::Reason, &known.reason), (Output::HeadSha, head)],
    );
    action.progress.say(format!("{word}, as measured by {}: {}", known.run, known.reason));
    let text = format!("{word}: {}", known.reason);
    status(action, asked.board.link(known.state(), &text, &known.run).await);
    annotate(action, level(known.verdict), word, &known.reason);
    summary(action, &known_markdown(known));
    if let Some(url) = comment::known(action, asked, known).await {
        outputs(action, &[(Output::CommentUrl, &url)]);
    }
    Ok(code(known.verdict, known.passes))
}

/// An answer by another run, as people read it.
pub(super) fn known_markdown(known: &Known) -> String {
    format!(
        "## {}: {}\n\nMeasured by [this run]({}) on `{}`, whose tree is the same; nothing was trained \
         again.\n",
        known.verdict.word(),
        literal(&known.reason),
        known.run,
        known.sha.short(),
    )
}

/// *Must run*, and must not take long: whoever cancelled us may kill us.
async fn failed(action: &Action<'_>, error: &anyhow::Error, asked: Option<&Asked<'_>>) {
    let cancelled = error.downcast_ref::<Cancelled>().is_some();
    let reason = if cancelled { "cancelled".to_owned() } else { format!("{error:#}") };
    outputs(action, &[(Output::Verdict, "error"), (Output::Reason, &reason)]);
    if let Some(asked) = asked {
        let board = &asked.board;
        outputs(action, &[(Output::HeadSha, board.sha.as_str())]);
        if cancelled {
            farewell(action, asked).await;
        } else {
            status(action, board.write(StatusState::Error, &format!("error: {reason}")).await);
            comment::failed(action, asked, &reason).await;
        }
    }
    problem(action, &reason);
    summary(action, &format!("## ⛔ error: {}\n", literal(&reason)));
}

/// Writes outputs; *warned*.
fn outputs(action: &Action<'_>, pairs: &[(Output, &str)]) {
    for (output, value) in pairs {
        if let Err(error) = action.runner.output(*output, value) {
            action.progress.say(format!("warning: {error:#}"));
        }
    }
}

fn summary(action: &Action<'_>, markdown: &str) {
    if let Err(error) = action.runner.summary(markdown) {
        action.progress.say(format!("warning: {error:#}"));
    }
}

/// The verdict stands, but the merge stays blocked until the status says it.
fn status(action: &Action<'_>, written: Result<()>) {
    match written {
        Ok(()) => action.answered(),
        Err(error) => {
            problem(action, &format!("the commit status is not set, re-run this job: {error:#}"));
        }
    }
}

fn annotate(action: &Action<'_>, level: Level, title: &str, message: &str) {
    if let Err(error) = action.runner.annotate(level, title, message) {
        action.progress.say(format!("warning: {error:#}"));
    }
}

fn problem(action: &Action<'_>, text: &str) {
    action.progress.say(format!("error: {text}"));
    annotate(action, Level::Error, "regression-action", text);
}

fn level(verdict: Verdict) -> Level {
    match verdict {
        Verdict::Pass => Level::Notice,
        Verdict::Regressed => Level::Error,
        Verdict::Inconclusive => Level::Warning,
    }
}

fn code(verdict: Verdict, passes: bool) -> ExitCode {
    if passes { ExitCode::SUCCESS } else { ExitCode::from(verdict.exit_code()) }
}
