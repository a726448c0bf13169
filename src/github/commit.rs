//! Commits as GitHub knows them: the tree that is the evidence's key, and where two lines part.

use reqwest::Url;
use serde::Deserialize;

use super::{Error, GitHub, Scope, request::Call};
use crate::source::CommitSha;

/// What we need of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFacts {
    /// Its name.
    pub sha: CommitSha,
    /// The name of its tree; two commits with one tree hold the same files.
    pub tree: String,
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
    /// The commit that `base` names.
    pub base_tip: CommitSha,
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
    commit: Content,
    parents: Vec<Named>,
}

#[derive(Deserialize)]
struct Content {
    message: String,
    tree: Tree,
}

#[derive(Deserialize)]
struct Tree {
    sha: String,
}

#[derive(Deserialize)]
struct Comparison {
    base_commit: Named,
    merge_base_commit: Named,
    ahead_by: u64,
    behind_by: u64,
}

impl GitHub {
    /// The commit that a name, a branch or a tag stands for.
    ///
    /// <https://docs.github.com/en/rest/commits/commits#get-a-commit>
    pub async fn commit(&self, revision: &str) -> Result<CommitFacts, Error> {
        let what = format!("read commit `{}`", crate::output::excerpt(revision, 80));
        // As parts of an address these mean something else.
        if matches!(revision, "" | "." | "..") {
            return Err(Error::NotFound { what });
        }
        let mut url = self.url(&["commits", revision]);
        one(&mut url);
        let answer: CommitAnswer = self.ask(&Call::get(url, Scope::CONTENTS, what)).await?;
        Ok(CommitFacts {
            sha: answer.sha,
            tree: answer.commit.tree.sha,
            subject: answer.commit.message.lines().next().unwrap_or_default().to_owned(),
            parents: answer.parents.into_iter().map(|parent| parent.sha).collect(),
        })
    }

    /// Whether a commit is in the history of another, or the same.
    pub async fn holds(&self, tip: &CommitSha, commit: &CommitSha) -> Result<bool, Error> {
        Ok(self.merge_base(tip.as_str(), commit.as_str()).await?.merge_base == *commit)
    }

    /// Where `head` left `base`; both are names, branches or tags.
    ///
    /// <https://docs.github.com/en/rest/commits/commits#compare-two-commits>
    pub async fn merge_base(&self, base: &str, head: &str) -> Result<MergeBase, Error> {
        let span = format!("{base}...{head}");
        let what = format!("compare `{}`", crate::output::excerpt(&span, 160));
        let mut url = self.url(&["compare", &span]);
        one(&mut url);
        let answer: Comparison = self.ask(&Call::get(url, Scope::CONTENTS, what)).await?;
        Ok(MergeBase {
            merge_base: answer.merge_base_commit.sha,
            base_tip: answer.base_commit.sha,
            ahead_by: answer.ahead_by,
            behind_by: answer.behind_by,
        })
    }
}

/// Asks for one file or commit of the many that come with the answer: we need none.
fn one(url: &mut Url) {
    url.query_pairs_mut().append_pair("per_page", "1");
}
