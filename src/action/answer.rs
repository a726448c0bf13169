//! What a run comes to.

use super::{Known, board::Board};
use crate::{
    config::OnInconclusive,
    gate::{Approval, Refusal},
    github::PullNumber,
    report::Report,
    verdict::Verdict,
};

/// What is published.
pub(super) enum Answer<'a> {
    /// The event starts nothing, or no longer may.
    Held(Refusal),
    /// Measured by this run.
    Measured { report: Box<Report>, passes: bool, approval: &'a Approval, board: Board<'a> },
    /// Measured by another run.
    Known { known: Known, approval: &'a Approval, board: Board<'a> },
    /// It could not be told.
    Failed { error: anyhow::Error, board: Option<Board<'a>>, pull: Option<PullNumber> },
}

/// Whether a verdict lets the change be merged.
pub(super) fn passes(verdict: Verdict, on_inconclusive: OnInconclusive) -> bool {
    match verdict {
        Verdict::Pass => true,
        Verdict::Regressed => false,
        Verdict::Inconclusive => on_inconclusive == OnInconclusive::Pass,
    }
}
