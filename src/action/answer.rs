//! What a run comes to.

use std::sync::OnceLock;

use super::{bisect::BisectAnswer, board::Board, known::KnownVerdict};
use crate::{
    action::gate::{Approval, Refusal},
    clients::github::PullNumber,
    compare::Question,
    config::OnInconclusive,
    report::Report,
    verdict::Verdict,
};

/// What is published.
pub(super) enum Publication<'a> {
    /// The event starts nothing.
    Held(Refusal),
    /// It would start something, which is left to the job that measures.
    Announced(Approval),
    /// It started something, and no longer may.
    Withdrawn { refusal: Refusal, asked: ReplyTarget<'a> },
    /// Measured by this run.
    Measured { measured: Box<RunFindings>, approval: Approval, asked: ReplyTarget<'a> },
    /// Measured by another run.
    Known { known: KnownVerdict, approval: Approval, asked: ReplyTarget<'a> },
    /// The commit that made the branch worse was searched.
    Searched(Box<BisectAnswer>),
    /// Only the images were looked for.
    Looked(Box<Question>),
    /// It could not be told.
    Failed { error: anyhow::Error, asked: Option<ReplyTarget<'a>> },
}

impl<'a> Publication<'a> {
    /// Who waits for it.
    pub(super) fn asked(&self) -> Option<&ReplyTarget<'a>> {
        match self {
            Self::Held(_) | Self::Announced(_) | Self::Looked(_) | Self::Searched(_) => None,
            Self::Withdrawn { asked, .. }
            | Self::Measured { asked, .. }
            | Self::Known { asked, .. } => Some(asked),
            Self::Failed { asked, .. } => asked.as_ref(),
        }
    }
}

/// What this run found out.
pub(super) struct RunFindings {
    pub(super) report: Report,
    /// Whether the config lets the verdict pass.
    pub(super) passes: bool,
    /// Where the report is in the workspace.
    pub(super) kept: Option<String>,
}

/// Who waits for the answer.
pub(super) struct ReplyTarget<'a> {
    /// The status of the commit.
    pub(super) board: Board<'a>,
    /// The pull request with the comment.
    pub(super) pull: Option<PullNumber>,
    /// Set once both were told that the run is cancelled.
    pub(super) farewell: OnceLock<()>,
}

/// Whether a verdict lets the change be merged.
pub(super) fn passes(verdict: Verdict, on_inconclusive: OnInconclusive) -> bool {
    match verdict {
        Verdict::Pass => true,
        Verdict::Regressed => false,
        Verdict::Inconclusive => on_inconclusive == OnInconclusive::Pass,
    }
}
