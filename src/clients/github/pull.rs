//! A pull request, as the API and the payloads of events tell it.
//!
//! <https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request>

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Error, GitHub, RepositoryName, Scope, request::ApiCall};
use crate::git::CommitSha;

/// The number of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PullNumber(pub u64);

impl fmt::Display for PullNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{}", self.0)
    }
}

/// What we need of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pull {
    /// Its number.
    pub number: PullNumber,
    /// Open, or not.
    pub state: PullState,
    /// Whether it is a draft; the payload of a review does not always say.
    #[serde(default)]
    pub draft: bool,
    /// Its author; none: an account that is gone.
    pub user: Option<Account>,
    /// What is to be merged.
    pub head: Branch,
    /// Into what.
    pub base: Branch,
    /// When it was merged, if it was; the payloads of events need not say.
    #[serde(default)]
    pub merged_at: Option<String>,
}

impl Pull {
    /// Whether it is to be merged into the branch that holds the config.
    pub fn is_into_the_default_branch(&self) -> bool {
        let default = self.base.repo.as_ref().and_then(|repo| repo.default_branch.as_ref());
        default == Some(&self.base.name)
    }
}

/// Whether a pull request is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PullState {
    /// It can be merged.
    Open,
    /// It was merged or given up.
    Closed,
}

/// One end of a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Branch {
    /// The branch's name, without `refs/heads/`.
    #[serde(rename = "ref")]
    pub name: String,
    /// Its commit.
    pub sha: CommitSha,
    /// Its repository; none: a fork that was deleted.
    pub repo: Option<RepositoryOf>,
}

/// The repository of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RepositoryOf {
    /// `owner/name`.
    pub full_name: RepositoryName,
    /// Its default branch.
    #[serde(default)]
    pub default_branch: Option<String>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its name; compare without regard to case.
    pub login: String,
    /// `User`, `Bot`, `Organization`, `Mannequin`.
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// Whether every workflow of a repository acts as this account, also one that a pushed branch brings along.
pub fn is_every_workflow(login: &str) -> bool {
    login.eq_ignore_ascii_case("github-actions[bot]")
}

impl GitHub {
    /// A pull request as it is now.
    pub async fn pull(&self, number: PullNumber) -> Result<Pull, Error> {
        let url = self.url(&["pulls", &number.0.to_string()]);
        let what = format!("read pull request {number}");
        self.ask(&ApiCall::get(url, Scope::PULL_REQUESTS, what)).await
    }

    /// The newest hundred pull requests of a branch, open or not; its name may hold anything.
    ///
    /// <https://docs.github.com/en/rest/pulls/pulls#list-pull-requests>
    pub async fn pulls_of(&self, home: &RepositoryName, branch: &str) -> Result<Vec<Pull>, Error> {
        self.some_pulls(&[("head", &format!("{}:{branch}", home.owner()))]).await
    }

    /// The hundred pull requests that changed last, open or not.
    pub async fn latest_pulls(&self) -> Result<Vec<Pull>, Error> {
        self.some_pulls(&[("sort", "updated"), ("direction", "desc")]).await
    }

    async fn some_pulls(&self, which: &[(&str, &str)]) -> Result<Vec<Pull>, Error> {
        let mut url = self.url(&["pulls"]);
        url.query_pairs_mut().append_pair("state", "all").extend_pairs(which);
        let call = ApiCall::get(url, Scope::PULL_REQUESTS, "look for the pull request of the run");
        Ok(self.pages(call, 1).await?.0)
    }

    /// The pull request by which a commit came into the repository, however it was merged; none if it
    /// was pushed.
    ///
    /// <https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit>
    pub async fn merged_with(&self, commit: &CommitSha) -> Result<Option<PullNumber>, Error> {
        let url = self.url(&["commits", commit.as_str(), "pulls"]);
        let what = format!("look up the pull request of {}", commit.short());
        let pulls: Vec<Pull> = self.ask(&ApiCall::get(url, Scope::PULL_REQUESTS, what)).await?;
        let merged = pulls.into_iter().filter(|pull| pull.merged_at.is_some());
        Ok(merged.map(|pull| pull.number).min())
    }
}
