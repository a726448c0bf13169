//! Commits as GitHub knows them, and where two lines of them part.  Asked for by all their digits, for which
//! nothing else can be taken.

use http::StatusCode;
use reqwest::Url;
use serde::Deserialize;

use super::{Error, GitHub, Scope, request::ApiCall};
use crate::git::CommitSha;

/// What we need of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its name.
    pub sha: CommitSha,
    /// The first line of its message.
    pub subject: String,
    /// Its parents, the first one first.
    pub parents: Vec<CommitSha>,
}

/// Where two lines of history part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeBase {
    /// The youngest commit that both hold.
    pub merge_base: CommitSha,
    /// Commits of `head` that `base` lacks.
    pub ahead_by: u64,
    /// Commits of `base` that `head` lacks; 0: up to date.
    pub behind_by: u64,
}

#[derive(Deserialize)]
struct Named {
    sha: CommitSha,
}

#[derive(Deserialize)]
struct CommitAnswer {
    sha: CommitSha,
    commit: FileContent,
    parents: Vec<Named>,
}

#[derive(Deserialize)]
struct FileContent {
    message: String,
}

#[derive(Deserialize)]
struct CommitComparison {
    merge_base_commit: Named,
    ahead_by: u64,
    behind_by: u64,
}

impl GitHub {
    /// A commit of this repository, or of its forks.
    ///
    /// <https://docs.github.com/en/rest/commits/commits#get-a-commit>
    pub async fn commit(&self, sha: &CommitSha) -> Result<CommitFacts, Error> {
        let mut url = self.url(&["commits", sha.as_str()]);
        one(&mut url);
        let call = ApiCall::get(url, Scope::CONTENTS, format!("read commit {}", sha.short()));
        let answer: CommitAnswer = self.ask(&call).await?;
        if answer.sha != *sha {
            return Err(call.unexpected(StatusCode::OK, "its answer is of another commit"));
        }
        Ok(CommitFacts {
            sha: answer.sha,
            subject: answer.commit.message.lines().next().unwrap_or_default().to_owned(),
            parents: answer.parents.into_iter().map(|parent| parent.sha).collect(),
        })
    }

    /// Whether a commit is in the history of another, or the same.
    pub async fn holds(&self, tip: &CommitSha, commit: &CommitSha) -> Result<bool, Error> {
        Ok(self.merge_base(tip, commit).await?.merge_base == *commit)
    }

    /// Where `head` left `base`.
    ///
    /// <https://docs.github.com/en/rest/commits/commits#compare-two-commits>
    pub async fn merge_base(&self, base: &CommitSha, head: &CommitSha) -> Result<MergeBase, Error> {
        let span = format!("{base}...{head}");
        let what = format!("compare {} with {}", base.short(), head.short());
        let mut url = self.url(&["compare", &span]);
        one(&mut url);
        let answer: CommitComparison = self.ask(&ApiCall::get(url, Scope::CONTENTS, what)).await?;
        let CommitComparison { merge_base_commit, ahead_by, behind_by } = answer;
        Ok(MergeBase { merge_base: merge_base_commit.sha, ahead_by, behind_by })
    }
}

/// Asks for one file or commit of the many that come with the answer: we need none.
fn one(url: &mut Url) {
    url.query_pairs_mut().append_pair("per_page", "1");
}
