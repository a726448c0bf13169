//! An answer that another run found for the same comparison.

use super::standing::link;
use crate::{
    github::{Status, StatusState},
    source::CommitSha,
    verdict::Verdict,
};

/// A verdict from evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) verdict: Verdict,
    /// Whether the config lets that verdict pass.
    pub(super) passes: bool,
    pub(super) reason: String,
    /// Link to the run that measured.
    pub(super) run: String,
    /// The commit that it measured; its tree is the same.
    pub(super) sha: CommitSha,
}

impl Known {
    /// What a final status of ours says.
    pub(super) fn of_status(status: &Status, sha: &CommitSha) -> Option<Self> {
        let passes = match status.state {
            StatusState::Success => true,
            StatusState::Failure => false,
            StatusState::Error | StatusState::Pending => return None,
        };
        let (word, rest) = status.description.as_deref()?.split_once(": ")?;
        let verdict = Verdict::parse(word)?;
        let reason = rest.rsplit_once(" [").map_or(rest, |(reason, _)| reason).to_owned();
        Some(Self { verdict, passes, reason, run: link(status).to_owned(), sha: sha.clone() })
    }

    /// What the commit status has to say.
    pub(super) fn state(&self) -> StatusState {
        if self.passes { StatusState::Success } else { StatusState::Failure }
    }
}
