//! A review of a pull request, as the API tells it.
//!
//! <https://docs.github.com/en/rest/pulls/reviews#list-reviews-for-a-pull-request>

use serde::Deserialize;

use super::{Account, Error, GitHub, PullNumber, Scope, request::ApiCall};
use crate::git::CommitSha;

/// One review; the API lists them oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Review {
    /// Rises with time.
    pub id: u64,
    /// Who reviewed; none: an account that is gone.
    pub user: Option<Account>,
    /// What they said.
    pub state: ReviewState,
    /// The head that they saw; none: a commit that is gone.
    pub commit_id: Option<CommitSha>,
    /// When it was submitted, RFC 3339; none: it is not yet.
    #[serde(default)]
    pub submitted_at: Option<String>,
}

/// What a review says: in capitals from the API, in small letters in the payload of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewState {
    /// It approves.
    #[serde(alias = "approved")]
    Approved,
    /// It asks for changes.
    #[serde(alias = "changes_requested")]
    ChangesRequested,
    /// It only comments, which changes nothing that its author said before.
    #[serde(alias = "commented")]
    Commented,
    /// It was dismissed, whatever it said.
    #[serde(alias = "dismissed")]
    Dismissed,
    /// It is not submitted yet.
    #[serde(alias = "pending")]
    Pending,
}

impl GitHub {
    /// All reviews of a pull request, oldest first.
    pub async fn reviews(&self, pull: PullNumber) -> Result<Vec<Review>, Error> {
        let url = self.url(&["pulls", &pull.0.to_string(), "reviews"]);
        let what = format!("read the reviews of pull request {pull}");
        self.list(ApiCall::get(url, Scope::PULL_REQUESTS, what)).await
    }
}
