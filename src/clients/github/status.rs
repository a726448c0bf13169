//! A commit status: what branch protection looks at.
//!
//! <https://docs.github.com/en/rest/commits/statuses>

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Account, Error, GitHub, Scope, request::ApiCall};
use crate::{git::CommitSha, http::Effect, output::plain};

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

impl StatusState {
    /// Whether it says that the commit was judged, either way.
    pub fn is_verdict(self) -> bool {
        matches!(self, Self::Success | Self::Failure)
    }
}

impl GitHub {
    /// The statuses of a commit in one context, newest first.
    pub async fn statuses(&self, sha: &CommitSha, context: &str) -> Result<Vec<Status>, Error> {
        let url = self.url(&["commits", sha.as_str(), "statuses"]);
        let what = format!("read the statuses of {}", sha.short());
        let mut statuses: Vec<Status> = self.list(ApiCall::get(url, Scope::STATUSES, what)).await?;
        statuses.retain(|status| same_context(&status.context, context));
        statuses.sort_by_key(|status| std::cmp::Reverse(status.id));
        Ok(statuses)
    }

    /// Writes a status.  If no answer comes it is written again: of two equal ones the newer counts,
    /// which says the same.
    pub async fn post_status(&self, sha: &CommitSha, new: &NewStatus) -> Result<Status, Error> {
        let body = json!({
            "state": new.state,
            "description": fit(&new.description),
            "target_url": new.target_url,
            "context": new.context,
        });
        let call = ApiCall {
            method: Method::POST,
            url: self.url(&["statuses", sha.as_str()]),
            body: Some(body),
            effect: Effect::Same,
            needs: Scope::STATUSES,
            what: format!("write the status of {}", sha.short()),
        };
        self.ask(&call).await
    }
}

fn same_context(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// A description that GitHub takes: on one line, not too long, and without the characters above
/// U+FFFF (most emoji), which it refuses here.  What fits stays as it is.
pub(crate) fn fit(description: &str) -> String {
    let line = plain(description).replace('\n', " ");
    let line: String = line.chars().filter(|&c| c <= '\u{ffff}').collect();
    let line = line.trim().to_owned();
    if line.chars().count() <= LONGEST_DESCRIPTION {
        return line;
    }
    let kept: String = line.chars().take(LONGEST_DESCRIPTION - 1).collect();
    format!("{kept}\u{2026}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_of_the_greatest_length_is_kept() {
        let exact = "ä".repeat(LONGEST_DESCRIPTION);
        assert_eq!(fit(&exact), exact);
    }

    #[test]
    fn a_longer_one_is_cut_at_a_character() {
        let cut = fit(&"ä".repeat(LONGEST_DESCRIPTION + 1));
        assert_eq!(cut.chars().count(), LONGEST_DESCRIPTION);
        assert!(cut.ends_with("ä…"));
    }

    #[test]
    fn what_github_refuses_is_left_out() {
        assert_eq!(fit("\u{1f600} a\nb\u{1b}[1mc \u{1f600}"), "a bc");
    }
}
