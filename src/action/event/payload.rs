//! JSON -> a type, with messages that name the field and never show what it holds.

use anyhow::{Result, anyhow};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Deserializer, error::Category};

use crate::clients::github::RepositoryOf;

/// What we need of every payload.
#[derive(Deserialize)]
pub(super) struct Any {
    pub(super) action: Option<String>,
    pub(super) repository: Option<RepositoryOf>,
}

/// What the repository of an event says besides, where the event is of a branch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EventRepository {
    /// Its name, without `refs/heads/`.
    pub default_branch: String,
}

/// Reads `payload` as a `T`.
pub(super) fn read<T: DeserializeOwned>(event: &str, payload: &[u8]) -> Result<T> {
    let mut deserializer = Deserializer::from_slice(payload);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let problem = problem(&path, error.inner());
        anyhow!("the payload of the event `{event}` {problem}")
    })
}

/// Only the category, the place and the name of a missing field: the rest of serde's message may
/// quote the payload.
fn problem(path: &str, error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Data => field_problem(path, &error.to_string()),
        Category::Eof => format!("ends too early, at line {line}, column {column}"),
        Category::Syntax | Category::Io => format!("is not JSON at line {line}, column {column}"),
    }
}

fn field_problem(path: &str, message: &str) -> String {
    let missing = message.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
    match (missing, path) {
        (Some((field, _)), ".") => format!("has no field `{field}`"),
        (Some((field, _)), path) => format!("has no field `{path}.{field}`"),
        (None, ".") => "is not an object".to_owned(),
        (None, path) => format!("holds in the field `{path}` what GitHub does not put there"),
    }
}
