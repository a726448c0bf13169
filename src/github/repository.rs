//! The name of a repository.

use std::{fmt, str::FromStr};

use anyhow::{Error, Result, ensure};
use serde::{Deserialize, Serialize};

/// `owner/name`; compared without regard to case, as GitHub does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryName(String);

impl RepositoryName {
    /// `owner/name`.
    pub fn as_str(&self) -> &str {
        &self.0
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
