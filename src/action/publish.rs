//! The answer on GitHub: outputs, status, summary, comment, in this order.  Each stands alone: a
//! failure of one is told and changes neither the others nor the verdict.

use std::process::ExitCode;

use anyhow::Result;

use super::{
    Action,
    answer::{Publication, ReplyTarget, RunFindings},
    bisect::BisectAnswer,
    comment, culprit, facts,
    held::{announced, held},
    known::KnownVerdict,
    watch::farewell,
};
use crate::{
    action::{
        gate::{Approval, Refusal},
        runner::{Level, Output},
    },
    cancel::Cancelled,
    clients::github::StatusState,
    compare::Question,
    output::{Format, literal},
    python::image::block,
    verdict::Verdict,
};

/// The exit code of an error.
pub(super) const ERROR: u8 = 2;

/// Publishes the answer; yields the step's exit code.  A cancelled run leaves no verdict that nobody
/// waited for, and does not keep whoever cancelled it waiting.
pub(super) async fn publish(action: &Action<'_>, answer: Publication<'_>) -> Result<ExitCode> {
    tokio::select! {
        biased;
        () = action.cancel.cancelled() => {
            failed(action, &Cancelled.into(), answer.asked()).await;
            Ok(ExitCode::from(ERROR))
        }
        code = tell(action, &answer) => code,
    }
}

async fn tell(action: &Action<'_>, answer: &Publication<'_>) -> Result<ExitCode> {
    match answer {
        Publication::Held(refusal) => held(action, refusal).await,
        Publication::Announced(approval) => Ok(announced(action, approval)),
        Publication::Withdrawn { refusal, asked } => withdrawn(action, refusal, asked).await,
        Publication::Known { known, approval, asked } => {
            tell_known(action, known, approval, asked).await
        }
        Publication::Measured { measured, approval, asked } => {
            tell_measured(action, measured, approval, asked).await
        }
        Publication::Looked(question) => looked(action, question),
        Publication::Searched(searched) => tell_searched(action, searched).await,
        Publication::Failed { error, asked } => {
            failed(action, error, asked.as_ref()).await;
            Ok(ExitCode::from(ERROR))
        }
    }
}

async fn withdrawn(
    action: &Action<'_>,
    refusal: &Refusal,
    asked: &ReplyTarget<'_>,
) -> Result<ExitCode> {
    let code = held(action, refusal).await;
    comment::failed(action, asked, &refusal.reason).await;
    code
}

/// A last look after a success was written: a dismissal may have come between the look before it and
/// the moment at which GitHub took it.  Whichever of the two runs is later, it sees the dismissal.  Yields the
/// exit code if the success does not stand: because the approval does not, or because nobody can tell.
async fn taken_back(
    action: &Action<'_>,
    approval: &Approval,
    asked: &ReplyTarget<'_>,
) -> Result<Option<ExitCode>> {
    let error = match facts::still(&action.github, approval).await {
        Ok(Ok(())) => return Ok(None),
        Ok(Err(refusal)) => return withdrawn(action, &refusal, asked).await.map(Some),
        Err(error) => error,
    };
    let reason = "the approval cannot be checked again after the success; re-run this job";
    outputs(action, &[(Output::Verdict, "error"), (Output::Reason, reason)]);
    problem(action, &format!("{reason}: {error:#}"));
    status(action, &asked.board.write(StatusState::Pending, reason).await);
    comment::failed(action, asked, reason).await;
    summary(action, &format!("## ⛔ error: {reason}\n"));
    Ok(Some(ExitCode::from(ERROR)))
}

/// Missing is an answer too, and no failure: the next job builds.
fn looked(action: &Action<'_>, question: &Question) -> Result<ExitCode> {
    let (head, base) = (&question.sides.head.sha, &question.sides.base.sha);
    outputs(
        action,
        &[
            (Output::HeadSha, head.as_str()),
            (Output::BaseSha, base.as_str()),
            (Output::ConfigSha, question.judge.sha.as_str()),
        ],
    );
    if question.images.answers().next().is_none() {
        action.progress.say("the config names the image by tag or digest: it is used as it is");
    }
    for answer in question.images.answers() {
        action.progress.say(answer.render(Format::Text)?);
        summary(action, &answer.render(Format::Markdown)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// An honest "not found" is an answer too; it is red, for somebody has to look.
async fn tell_searched(action: &Action<'_>, searched: &BisectAnswer) -> Result<ExitCode> {
    let BisectAnswer { report, kept } = searched;
    let named = report.culprit.as_ref().map(|suspect| suspect.step.commit.sha.as_str());
    outputs(
        action,
        &[
            (Output::Culprit, named.unwrap_or_default()),
            (Output::Reason, &report.answer),
            (Output::BaseSha, report.good.sha.as_str()),
            (Output::HeadSha, report.bad.sha.as_str()),
            (Output::ExperimentUrl, report.experiment_url.as_deref().unwrap_or_default()),
            (Output::GpuMinutes, &format!("{:.1}", report.usage.gpu_minutes)),
            (Output::Report, kept.as_deref().unwrap_or_default()),
        ],
    );
    if report.cleanup.iter().all(|cleanup| cleanup.left == 0) {
        action.finished();
    }
    annotate(action, Level::Notice, "bisect", &report.answer);
    summary(action, &report.render(Format::Markdown)?);
    if let Some(url) = culprit::tell(action, report).await {
        outputs(action, &[(Output::CommentUrl, &url)]);
    }
    Ok(ExitCode::from(report.exit_code()))
}

async fn tell_measured(
    action: &Action<'_>,
    measured: &RunFindings,
    approval: &Approval,
    asked: &ReplyTarget<'_>,
) -> Result<ExitCode> {
    let RunFindings { report, passes, kept } = measured;
    let word = report.verdict.word();
    outputs(
        action,
        &[
            (Output::Verdict, word),
            (Output::Reason, &report.reason),
            (Output::HeadSha, report.head.sha.as_str()),
            (Output::BaseSha, report.base.sha.as_str()),
            (Output::Cluster, &report.cluster),
            (Output::ExperimentUrl, report.experiment_url.as_deref().unwrap_or_default()),
            (Output::GpuMinutes, &format!("{:.1}", report.usage.gpu_minutes)),
            (Output::Report, kept.as_deref().unwrap_or_default()),
        ],
    );
    let text = format!("{word}: {}", report.reason);
    let state = if *passes { StatusState::Success } else { StatusState::Failure };
    let written = status(action, &asked.board.write(state, &text).await);
    if *passes && let Some(code) = taken_back(action, approval, asked).await? {
        return Ok(code);
    }
    if report.cleanup.iter().all(|cleanup| cleanup.left == 0) {
        action.finished();
    }
    annotate(action, level(report.verdict), word, &report.reason);
    summary(action, &report.summary());
    if let Some(url) = comment::report(action, asked, report).await {
        outputs(action, &[(Output::CommentUrl, &url)]);
    }
    Ok(if written { code(report.verdict, *passes) } else { ExitCode::from(ERROR) })
}

async fn tell_known(
    action: &Action<'_>,
    known: &KnownVerdict,
    approval: &Approval,
    asked: &ReplyTarget<'_>,
) -> Result<ExitCode> {
    let word = known.verdict.word();
    let head = asked.board.sha.as_str();
    outputs(
        action,
        &[(Output::Verdict, word), (Output::Reason, &known.reason), (Output::HeadSha, head)],
    );
    action.progress.say(format!("{word}, as measured by {}: {}", known.run, known.reason));
    let text = format!("{word}: {}", known.reason);
    let written = status(action, &asked.board.link(known.state(), &text, &known.run).await);
    if known.passes
        && let Some(code) = taken_back(action, approval, asked).await?
    {
        return Ok(code);
    }
    annotate(action, level(known.verdict), word, &known.reason);
    summary(action, &known.markdown());
    if let Some(url) = comment::known(action, asked, known).await {
        outputs(action, &[(Output::CommentUrl, &url)]);
    }
    Ok(if written { code(known.verdict, known.passes) } else { ExitCode::from(ERROR) })
}

/// *Must run*, and must not take long: whoever cancelled us may kill us.
async fn failed(action: &Action<'_>, error: &anyhow::Error, asked: Option<&ReplyTarget<'_>>) {
    let cancelled = error.downcast_ref::<Cancelled>().is_some();
    let reason = if cancelled { "cancelled".to_owned() } else { format!("{error:#}") };
    // The rest is what to do about it, which may be many lines.
    let (first, rest) = reason.split_once('\n').unwrap_or((&reason, ""));
    outputs(action, &[(Output::Verdict, "error"), (Output::Reason, first)]);
    if let Some(asked) = asked {
        let board = &asked.board;
        outputs(action, &[(Output::HeadSha, board.sha.as_str())]);
        if cancelled {
            farewell(action, asked).await;
        } else {
            status(action, &board.end(&format!("error: {first}")).await);
            comment::failed(action, asked, first).await;
        }
    }
    problem(action, &reason);
    summary(action, &format!("## ⛔ error: {}\n\n{}", literal(first), block(rest)));
}

/// Writes outputs; *warned*.
pub(super) fn outputs(action: &Action<'_>, pairs: &[(Output, &str)]) {
    for (output, value) in pairs {
        if let Err(error) = action.runner.output(*output, value) {
            action.progress.say(format!("warning: {error:#}"));
        }
    }
}

pub(super) fn summary(action: &Action<'_>, markdown: &str) {
    if let Err(error) = action.runner.summary(markdown) {
        action.progress.say(format!("warning: {error:#}"));
    }
}

/// The verdict stands, but the merge stays blocked until the status says it: false if it does not.
fn status(action: &Action<'_>, written: &Result<()>) -> bool {
    match written {
        Ok(()) => action.answered(),
        Err(error) => {
            problem(action, &format!("the commit status is not set, re-run this job: {error:#}"));
        }
    }
    written.is_ok()
}

pub(super) fn annotate(action: &Action<'_>, level: Level, title: &str, message: &str) {
    if let Err(error) = action.runner.annotate(level, title, message) {
        action.progress.say(format!("warning: {error:#}"));
    }
}

pub(super) fn problem(action: &Action<'_>, text: &str) {
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
