//! Asks GitHub for an OIDC token that says which workflow this is.
//!
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow, bail};
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::sleep;

use super::{environment::GithubTokens, jwt};
use crate::http;

const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// For a token that does not say: GitHub's last five minutes.
const USUAL_LIFETIME: Duration = Duration::from_mins(5);
const PERMISSION: &str =
    "the job needs `permissions: id-token: write`, which pull requests from forks never get";

/// The issuer of tokens for one audience.
#[derive(Debug)]
pub(super) struct Issuer {
    http: Client,
    url: Url,
    token: SecretString,
}

/// A fresh token.
#[derive(Debug)]
pub(super) struct Minted {
    pub(super) token: SecretString,
    /// From now.
    pub(super) lifetime: Duration,
}

#[derive(Deserialize)]
struct Answer {
    value: String,
}

/// Whether another try may help.
enum Failure {
    Passing(anyhow::Error),
    Lasting(anyhow::Error),
}

impl Issuer {
    /// The issuer that the environment of the job names.
    pub(super) fn new(github: Option<&GithubTokens>, audience: &str) -> Result<Self> {
        let Some(GithubTokens { url, token }) = github else {
            bail!(
                "auth-provider github-oidc works only in GitHub Actions with \
                 ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN set: {PERMISSION}"
            );
        };
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("audience", audience);
        Ok(Self { http: http::client()?, url, token: token.clone() })
    }

    /// A new token; tries again on errors that may pass.
    pub(super) async fn mint(&self) -> Result<Minted> {
        for pause in PAUSES {
            match self.try_once().await {
                Ok(minted) => return Ok(minted),
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(error)) => {
                    tracing::debug!("no OIDC token yet: {error:#}");
                    sleep(pause).await;
                }
            }
        }
        self.try_once().await.map_err(|failure| match failure {
            Failure::Passing(error) | Failure::Lasting(error) => error,
        })
    }

    async fn try_once(&self) -> Result<Minted, Failure> {
        let request = self.http.get(self.url.clone()).timeout(ANSWER_LIMIT);
        let response = request.bearer_auth(self.token.expose_secret()).send().await;
        let response = response.map_err(|error| Failure::Passing(unreachable(error)))?;
        match response.status() {
            StatusCode::OK => {}
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(Failure::Passing(refused(status)));
            }
            status => return Err(Failure::Lasting(refused(status).context(PERMISSION))),
        }
        let answer: Answer =
            response.json().await.map_err(|error| Failure::Passing(unreadable(&error)))?;
        minted(answer.value.into()).map_err(Failure::Lasting)
    }
}

fn minted(token: SecretString) -> Result<Minted> {
    let claims = jwt::claims(token.expose_secret())
        .context("what GitHub answered for an OIDC token is not a JSON web token")?;
    let lifetime = claims.lifetime(SystemTime::now()).unwrap_or(USUAL_LIFETIME);
    Ok(Minted { token, lifetime })
}

fn unreachable(error: reqwest::Error) -> anyhow::Error {
    anyhow!(error.without_url()).context("cannot ask GitHub for an OIDC token")
}

fn unreadable(error: &reqwest::Error) -> anyhow::Error {
    // Its cause could quote the answer, which is the token.
    let cause = if error.is_timeout() { "came too slowly" } else { "is not the JSON we know" };
    anyhow!("GitHub's answer with the OIDC token {cause}")
}

fn refused(status: StatusCode) -> anyhow::Error {
    anyhow!("GitHub refuses to issue an OIDC token ({status})")
}
