//! `run`: what GitHub's runner hands us -> event -> gate -> evidence or comparison -> the answer on
//! GitHub.  The only place that joins GitHub and comparisons; each knows nothing of the other.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use tokio_util::sync::CancellationToken;

use crate::{
    cancel::Cancelled,
    compare::Run,
    event,
    gate::{self, Approval, Decision, Intent, Refusal},
    github::GitHub,
    http::CaBundle,
    inputs::Inputs,
    progress::Progress,
    runner::{Context, Runner},
    source::CommitSha,
};

mod answer;
mod board;
mod claim;
mod comment;
mod commits;
mod comparison;
mod facts;
mod key;
mod known;
mod post;
mod publish;
mod records;
mod results;
mod standing;
mod watch;

use answer::Answer;
use board::Board;
use known::Known;
pub(crate) use post::post;

/// The action while it runs.
pub(crate) struct Action<'a> {
    /// What the runner says.
    pub(crate) context: &'a Context,
    /// What the workflow says.
    pub(crate) inputs: &'a Inputs,
    /// Where outputs, state, summary and annotations go.
    pub(crate) runner: &'a Runner,
    /// The API.
    pub(crate) github: &'a GitHub,
    /// Certificates of the user's own.
    pub(crate) trust: Option<&'a CaBundle>,
    /// Who watches the log.
    pub(crate) progress: &'a Progress,
    /// Ends the run, leaving nothing behind.
    pub(crate) cancel: &'a CancellationToken,
}

/// Answers the event, and publishes the answer.
pub(crate) async fn run(action: &Action<'_>) -> Result<ExitCode> {
    let answer = answer(action).await;
    publish::publish(action, answer).await
}

/// An error that knows which commit was in question, so that its status can tell.
async fn answer(action: &Action<'_>) -> Answer {
    let approval = match unless_cancelled(action.cancel, approval(action)).await {
        Ok(Ok(approval)) => approval,
        Ok(Err(refusal)) => return Answer::Held(refusal),
        Err(error) => return Answer::Failed { error, board: None, pull: None },
    };
    comparison::answer(action, &approval).await
}

/// Whether the event starts a comparison, by fresh facts.
async fn approval(action: &Action<'_>) -> Result<Result<Approval, Refusal>> {
    let path = &action.context.event_path;
    let payload = std::fs::read(path)
        .with_context(|| format!("cannot read the event at {} (GITHUB_EVENT_PATH)", path.display()))?;
    let event = event::parse(&action.context.event_name, &payload)?;
    let intent = gate::intent(&event, &action.request(), &action.context.repository, &action.context.sha);
    if let Intent::Held(refusal) = intent {
        return Ok(Err(refusal));
    }
    let facts = facts::gather(action.github, &intent).await?;
    Ok(match gate::decide(&intent, &facts, &action.policy()) {
        Decision::Approved(approval) => {
            action.progress.say(format!("{}: {}", approval.head().short(), approval.who()));
            Ok(approval)
        }
        Decision::Held(refusal) => Err(refusal),
    })
}

impl Action<'_> {
    /// Where this run writes how it goes.
    fn board(&self, sha: &CommitSha) -> Board<'_> {
        let (context, run) = (self.inputs.status_context.clone(), self.context.run_url());
        Board { github: self.github, sha: sha.clone(), context, run, key: None }
    }

    /// Writes down what there will be, before it is there, so that the post step can remove it.
    fn promise(&self, run: &Run, board: &Board<'_>) -> Result<()> {
        self.runner.state(post::RUN, &run.name)?;
        if let Some(key) = &board.key {
            self.runner.state(post::KEY, key.as_str())?;
        }
        self.runner.state(post::SHA, board.sha.as_str())
    }

    /// Nothing is left to remove; *best effort*, for the post step looks again otherwise.
    fn finished(&self) {
        drop(self.runner.state(post::REMOVED, "true"));
    }

    /// The status has its last word; *best effort*, likewise.
    fn answered(&self) {
        drop(self.runner.state(post::ANSWERED, "true"));
    }
}

async fn unless_cancelled<T>(
    cancel: &CancellationToken,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Cancelled.into()),
        outcome = work => outcome,
    }
}
