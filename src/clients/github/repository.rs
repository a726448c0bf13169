//! The name of a repository, and what GitHub says of it.

use std::{fmt, str::FromStr};

use anyhow::{Error, Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Error as ApiError, GitHub, Scope, request::ApiCall};

/// `owner/name`; compared without regard to case, as GitHub does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryName(String);

impl RepositoryName {
    /// `owner/name`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose it is.
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }
}

impl PartialEq for RepositoryName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for RepositoryName {}

impl FromStr for RepositoryName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let part =
            |part: &str| !part.is_empty() && part.chars().all(allowed) && !part.starts_with("..");
        let valid = text.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name));
        ensure!(valid, "`{}` is not the name of a repository (owner/name)", text.escape_debug());
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for RepositoryName {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<RepositoryName> for String {
    fn from(name: RepositoryName) -> Self {
        name.0
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[derive(Deserialize)]
struct About {
    default_branch: String,
}

#[derive(Deserialize)]
struct LatestRelease {
    tag_name: String,
}

impl GitHub {
    /// The name of the default branch.
    ///
    /// <https://docs.github.com/en/rest/repos/repos#get-a-repository>
    pub async fn default_branch(&self) -> Result<String, ApiError> {
        let what = format!("read the repository {}", self.repository);
        let about: About = self.ask(&ApiCall::get(self.url(&[]), Scope::CONTENTS, what)).await?;
        Ok(about.default_branch)
    }

    /// The tag of the newest release that is neither a draft nor a prerelease, if there is one.
    ///
    /// <https://docs.github.com/en/rest/releases/releases#get-the-latest-release>
    pub async fn latest_release(&self) -> Result<Option<String>, ApiError> {
        let what = "read the latest release";
        let call = ApiCall::get(self.url(&["releases", "latest"]), Scope::CONTENTS, what);
        let release: Result<LatestRelease, _> = self.ask(&call).await;
        match release {
            Ok(release) => Ok(Some(release.tag_name)),
            Err(ApiError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
