//! Questions that only GraphQL answers: who we are, and that a comment be folded away.
//!
//! <https://docs.github.com/en/graphql/reference/mutations#minimizecomment>

use http::{Method, StatusCode};
use reqwest::Url;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Error, GitHub, Scope, request::ApiCall};
use crate::{http::Effect, output::excerpt};

const VIEWER: &str = "query { viewer { login } }";
const MINIMISE: &str = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: \
                        OUTDATED}) { minimizedComment { isMinimized } } }";

#[derive(Deserialize)]
struct Reply<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Viewer {
    viewer: AccountLogin,
}

#[derive(Deserialize)]
struct AccountLogin {
    login: String,
}

impl GitHub {
    /// Whose token it is; `github-actions[bot]` for a job's own.  Asked once.
    pub async fn viewer(&self) -> Result<&str, Error> {
        let login = self.viewer.get_or_try_init(async || {
            let body = json!({ "query": VIEWER });
            let call = self.graphql(
                body,
                Effect::Nothing,
                Scope::PULL_REQUESTS,
                "read whose token this is",
            );
            let answer: Viewer = self.query(&call).await?;
            Ok(answer.viewer.login)
        });
        login.await.map(String::as_str)
    }

    /// Folds a comment away as outdated; `node` is its name in GraphQL.
    pub(super) async fn minimise(&self, node: &str) -> Result<(), Error> {
        let body = json!({ "query": MINIMISE, "variables": { "id": node } });
        let call =
            self.graphql(body, Effect::Same, Scope::PULL_REQUESTS, "fold an old comment away");
        self.query::<Value>(&call).await.map(drop)
    }

    pub(super) fn graphql(&self, body: Value, effect: Effect, needs: Scope, what: &str) -> ApiCall {
        ApiCall {
            method: Method::POST,
            url: endpoint(&self.api),
            body: Some(body),
            effect,
            needs,
            what: what.to_owned(),
        }
    }

    /// The data of an answer.
    pub(super) async fn query<T: DeserializeOwned>(&self, call: &ApiCall) -> Result<T, Error> {
        let reply: Reply<T> = self.ask(call).await?;
        let (what, needs) = (call.what.clone(), call.needs);
        match (reply.errors.into_iter().next(), reply.data) {
            (None, Some(data)) => Ok(data),
            (None, None) => Err(call.unexpected(StatusCode::OK, "its answer is empty")),
            (Some(Problem { kind, message }), _) => Err(match kind.as_str() {
                "RATE_LIMITED" => Error::RateLimited { what, wait: None },
                "NOT_FOUND" => Error::NotFound { what },
                "FORBIDDEN" => Error::Forbidden { what, needs, message: excerpt(&message, 300) },
                _ => call.unexpected(StatusCode::OK, &excerpt(&message, 300)),
            }),
        }
    }
}

/// `https://api.github.com/graphql`, but `https://HOST/api/graphql` beside `https://HOST/api/v3`.
fn endpoint(api: &Url) -> Url {
    let mut url = api.clone();
    let path = api.path().trim_end_matches('/');
    let path = path.strip_suffix("/v3").unwrap_or(path);
    url.set_path(&format!("{path}/graphql"));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphql_is_beside_rest() {
        let at = |api: &str| endpoint(&Url::parse(api).unwrap()).to_string();
        assert_eq!(at("https://api.github.com"), "https://api.github.com/graphql");
        assert_eq!(at("https://git.acme.dev/api/v3"), "https://git.acme.dev/api/graphql");
        assert_eq!(at("https://git.acme.dev/api/v3/"), "https://git.acme.dev/api/graphql");
    }
}
