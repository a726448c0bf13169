//! The one comment of a pull request.  *Best effort, warned*: it never changes a verdict.

use anyhow::Result;

use super::{
    Action,
    answer::Asked,
    board::Board,
    commits::Commits,
    known::Known,
    records::{self, Record},
};
use crate::{
    github::PullNumber,
    report::{Format, MARKER, Report, literal},
};

/// Tells that the comparison is under way, and where its evidence will be.
pub(super) async fn begin(action: &Action<'_>, asked: &Asked<'_>, commits: &Commits) {
    let board = &asked.board;
    let text = format!(
        "## ⏳ comparing `{}` with `{}`\n\n[This run]({}) trains both; its report comes here.\n",
        commits.head.sha.short(),
        commits.base.sha.short(),
        board.run,
    );
    warn(action, write(action, asked.pull, &text, record(board)).await.map(drop));
}

/// The report.
pub(super) async fn report(
    action: &Action<'_>,
    asked: &Asked<'_>,
    report: &Report,
) -> Option<String> {
    let board = &asked.board;
    let written = async {
        let rendered = report.render(Format::Markdown)?;
        let text = rendered.trim_end().trim_end_matches(MARKER).trim_end();
        let text = format!("{text}\n\n[The run]({})\n", board.run);
        write(action, asked.pull, &text, record(board)).await
    };
    warn(action, written.await).flatten()
}

/// A verdict by another run; nothing if the comment shows it already.
pub(super) async fn known(action: &Action<'_>, asked: &Asked<'_>, known: &Known) -> Option<String> {
    let board = &asked.board;
    let text = super::publish::known_markdown(known);
    let record = Record { sha: known.sha.clone(), run: known.run.clone(), ..record(board) };
    let written = async {
        let Some(pull) = wanted(action, asked.pull) else { return Ok(None) };
        let there = action.github.find_comment(pull).await?;
        let records = there
            .as_ref()
            .map(|comment| records::read(comment.body.as_deref().unwrap_or_default()));
        let last = records.as_ref().and_then(|records| records.last());
        if last.is_some_and(|last| last.key == record.key) {
            return Ok(there.map(|comment| comment.html_url));
        }
        write(action, Some(pull), &text, record).await
    };
    warn(action, written.await).flatten()
}

/// Tells that the run ended without a verdict, if it had said that it would compare.
pub(super) async fn failed(action: &Action<'_>, asked: &Asked<'_>, reason: &str) {
    let board = &asked.board;
    let written = async {
        let Some(pull) = wanted(action, asked.pull) else { return Ok(None) };
        let there = action.github.find_comment(pull).await?;
        let records = there
            .map(|comment| records::read(comment.body.as_deref().unwrap_or_default()))
            .unwrap_or_default();
        if records.last().is_none_or(|last| last.run != board.run) {
            return Ok(None);
        }
        let text = format!("## ⛔ not told: {}\n\n[The run]({})\n", literal(reason), board.run);
        write(action, Some(pull), &text, record(board)).await
    };
    warn(action, written.await.map(drop));
}

fn record(board: &Board<'_>) -> Record {
    Record {
        key: board.key.as_ref().map(|key| key.as_str().to_owned()).unwrap_or_default(),
        sha: board.sha.clone(),
        run: board.run.clone(),
    }
}

/// Writes text and records; yields the comment's address.
async fn write(
    action: &Action<'_>,
    pull: Option<PullNumber>,
    text: &str,
    record: Record,
) -> Result<Option<String>> {
    let Some(pull) = wanted(action, pull) else { return Ok(None) };
    let there = action.github.find_comment(pull).await?;
    let records = there
        .map(|comment| records::read(comment.body.as_deref().unwrap_or_default()))
        .unwrap_or_default();
    let hidden = records::hide(&records::with(records, record));
    let body = format!("{}\n\n{hidden}\n{MARKER}\n", text.trim_end());
    Ok(Some(action.github.upsert_comment(pull, &body).await?.html_url))
}

fn wanted(action: &Action<'_>, pull: Option<PullNumber>) -> Option<PullNumber> {
    pull.filter(|_| action.inputs.comment)
}

fn warn<T>(action: &Action<'_>, written: Result<T>) -> Option<T> {
    written
        .map_err(|error| {
            action.progress.say(format!("warning: the comment is not up to date: {error:#}"));
        })
        .ok()
}
