//! Events of a pull request: its own, its reviews, and comments.

use serde::{Deserialize, de::IgnoredAny};

use crate::{
    clients::github::{Account, Pull, PullNumber, ReviewState},
    git::CommitSha,
};

/// `pull_request`: something happened to a pull request.
///
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PullRequest {
    /// `opened`, `synchronize`, `closed` ...
    pub action: String,
    /// As it was then.
    pub pull_request: Pull,
}

/// `pull_request_review`: somebody reviewed, or a review was dismissed.
///
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request_review>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PullRequestReview {
    /// `submitted`, `edited`, `dismissed`.
    pub action: String,
    /// The review.
    pub review: SubmittedReview,
    /// As it was then; without some of the fields that the API has.
    pub pull_request: Pull,
}

/// The review of a [`PullRequestReview`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SubmittedReview {
    /// Who reviewed; none: an account that is gone.
    pub user: Option<Account>,
    /// What they said.
    pub state: ReviewState,
    /// The head that they saw; none: a commit that is gone.
    pub commit_id: Option<CommitSha>,
}

/// `issue_comment`: a comment on an issue or on a pull request.
///
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#issue_comment>
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct IssueComment {
    /// `created`, `edited`, `deleted`.
    pub action: String,
    /// What it is about.
    pub issue: IssuePayload,
    /// The comment.
    pub comment: CommentPayload,
}

/// The issue or pull request of an [`IssueComment`]; of the latter's head it says nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct IssuePayload {
    /// Its number.
    pub number: PullNumber,
    pull_request: Option<IgnoredAny>,
}

impl IssuePayload {
    /// Whether it is a pull request.
    pub fn is_pull(&self) -> bool {
        self.pull_request.is_some()
    }
}

/// The comment of an [`IssueComment`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CommentPayload {
    /// Who wrote it; none: an account that is gone.
    pub user: Option<Account>,
    /// What it says.
    pub body: String,
    /// When it was written, RFC 3339.
    #[serde(default)]
    pub created_at: Option<String>,
}
