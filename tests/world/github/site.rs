//! Where everything is: addresses, paths, the repository's name and place.

use std::{net::SocketAddr, path::PathBuf};

use serde_json::Value;

/// One GitHub with one repository.
pub struct Site {
    pub address: SocketAddr,
    /// What stands before the paths of the REST API.
    pub base: &'static str,
    /// `owner/name`.
    pub repository: String,
    /// The git repository.
    pub directory: PathBuf,
    pub token: String,
}

impl Site {
    pub fn server(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn api(&self) -> String {
        self.server() + self.base
    }

    /// The URL of something of the repository in the API.
    pub fn url(&self, rest: &str) -> String {
        format!("{}/repos/{}{rest}", self.api(), self.repository)
    }

    /// The URL of a page of the repository.
    pub fn page(&self, rest: &str) -> String {
        format!("{}/{}{rest}", self.server(), self.repository)
    }

    /// The path of GraphQL.
    pub fn graphql(&self) -> &'static str {
        if self.base.is_empty() { "/graphql" } else { "/api/graphql" }
    }

    /// Makes an example of the description one of this place.
    pub fn localize(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                *text = text
                    .replace("https://api.github.com", &self.api())
                    .replace("https://github.com", &self.server())
                    .replace("octocat/Hello-World", &self.repository);
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.localize(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.localize(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
