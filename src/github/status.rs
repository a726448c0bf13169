//! A commit status: what branch protection looks at.
//!
//! <https://docs.github.com/en/rest/commits/statuses>

use serde::{Deserialize, Serialize};

use super::Account;

/// Longest description that GitHub takes, in characters.
pub const LONGEST_DESCRIPTION: usize = 140;

/// A status that stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// Rises with time; the highest of a context counts.
    pub id: u64,
    /// What it says.
    pub state: StatusState,
    /// In words.
    pub description: Option<String>,
    /// Where there is more: the run that wrote it.
    pub target_url: Option<String>,
    /// Whose opinion it is; GitHub compares it without regard to case.
    pub context: String,
    /// Who wrote it.
    pub creator: Option<Account>,
    /// When, RFC 3339 in UTC.
    pub created_at: String,
}

/// A status to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewStatus {
    /// What it says.
    pub state: StatusState,
    /// In words, at most [`LONGEST_DESCRIPTION`] characters.
    pub description: String,
    /// Where there is more.
    pub target_url: Option<String>,
    /// Whose opinion it is.
    pub context: String,
}

/// What a status says about a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusState {
    /// It could not be told.
    Error,
    /// It may not be merged.
    Failure,
    /// Wait.
    Pending,
    /// It may be merged.
    Success,
}
