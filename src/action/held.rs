//! What measures nothing: the event starts nothing, or it is only told that it would.

use std::process::ExitCode;

use anyhow::Result;

use super::{
    Action,
    publish::{ERROR, annotate, outputs, problem, summary},
};
use crate::{
    action::{
        gate::{Approval, Refusal, StatusNote},
        runner::{Level, Output},
    },
    clients::github::StatusState,
    output::literal,
};

/// Nothing starts: tells why, and the commit what it waits for.
pub(super) async fn held(action: &Action<'_>, refusal: &Refusal) -> Result<ExitCode> {
    outputs(action, &[(Output::Verdict, "held"), (Output::Reason, &refusal.reason)]);
    let remedy = refusal.remedy.as_deref().unwrap_or_default();
    action.progress.say(format!("held: {}\n{remedy}", refusal.reason));
    let mut code = ExitCode::SUCCESS;
    if let Some(note) = &refusal.status {
        if let Err(error) = tell(action, note).await {
            problem(action, &format!("the commit status is not set: {error:#}"));
            code = ExitCode::from(ERROR);
        }
        outputs(action, &[(Output::HeadSha, note.sha.as_str())]);
    }
    annotate(action, Level::Notice, "held", &refusal.reason);
    summary(action, &format!("## ⏸️ held: {}\n\n{}\n", literal(&refusal.reason), literal(remedy)));
    Ok(code)
}

async fn tell(action: &Action<'_>, note: &StatusNote) -> Result<()> {
    let board = action.board(&note.sha);
    if note.takes_back || board.is_blank().await? {
        board.write(StatusState::Pending, &note.description).await?;
        action.answered();
    }
    Ok(())
}

/// It may be measured, and the next job does: the status is left to it.
pub(super) fn announced(action: &Action<'_>, approval: &Approval) -> ExitCode {
    let (head, who) = (approval.head(), approval.who());
    outputs(
        action,
        &[(Output::Verdict, "approved"), (Output::Reason, who), (Output::HeadSha, head.as_str())],
    );
    let text = format!("{} is {who}", head.short());
    annotate(action, Level::Notice, "approved", &text);
    summary(action, &format!("## ▶️ {}\n", literal(&text)));
    ExitCode::SUCCESS
}
