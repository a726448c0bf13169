//! Asks GitHub for an OIDC token that says which workflow this is.
//!
//! <https://docs.github.com/en/actions/reference/security/oidc>

use std::time::{Duration, SystemTime};

use anyhow::{Context, Error, Result, anyhow, bail};
use reqwest::{Client, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{environment::GithubTokens, jwt};
use crate::http::{self, CaBundle, Effect, FailedTry, LARGEST, RetryClass, RetryPolicy};

const ANSWER_LIMIT: Duration = Duration::from_secs(10);
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
struct Issued {
    value: String,
}

impl Issuer {
    /// The issuer that the environment of the job names.
    pub(super) fn new(
        github: Option<&GithubTokens>,
        audience: &str,
        trust: Option<&CaBundle>,
    ) -> Result<Self> {
        let Some(GithubTokens { url, token }) = github else {
            bail!(
                "auth-provider github-oidc works only in GitHub Actions with \
                 ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN set: {PERMISSION}"
            );
        };
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("audience", audience);
        Ok(Self { http: http::client_with(trust)?, url, token: token.clone() })
    }

    /// A new token; tries again on errors that may pass.
    pub(super) async fn mint(&self) -> Result<Minted> {
        let mut tries = RetryPolicy::USUAL.tries();
        loop {
            let failed = match self.try_once().await {
                Ok(minted) => return Ok(minted),
                Err(failed) => failed,
            };
            let told = format!("{:#}", failed.error);
            let again = tries.after(Effect::Same, &told, failed).await;
            again.map_err(|given_up| given_up.error)?;
        }
    }

    async fn try_once(&self) -> Result<Minted, FailedTry<Error>> {
        let request = self.http.get(self.url.clone()).bearer_auth(self.token.expose_secret());
        let answer = http::answer(request.send(), ANSWER_LIMIT, LARGEST).await;
        let answer = answer.map_err(|lost| FailedTry {
            class: lost.class(),
            error: anyhow!(lost).context("cannot ask GitHub for an OIDC token"),
        })?;
        if answer.status != StatusCode::OK {
            return Err(refused(answer.status, RetryClass::of(answer.status, &answer.headers)));
        }
        // The cause could quote the answer, which is the token.
        let issued = answer.json::<Issued>().map_err(|_cause| FailedTry {
            class: RetryClass::InDoubt { wait: None },
            error: anyhow!("GitHub's answer with the OIDC token is not the JSON we know"),
        })?;
        minted(issued.value.into()).map_err(FailedTry::for_good)
    }
}

fn minted(token: SecretString) -> Result<Minted> {
    let claims = jwt::claims(token.expose_secret())
        .context("what GitHub answered for an OIDC token is not a JSON web token")?;
    let lifetime = claims.lifetime(SystemTime::now()).unwrap_or(USUAL_LIFETIME);
    Ok(Minted { token, lifetime })
}

fn refused(status: StatusCode, class: RetryClass) -> FailedTry<Error> {
    let error = anyhow!("GitHub refuses to issue an OIDC token ({status})");
    let lasts = class == RetryClass::Lasting;
    FailedTry { class, error: if lasts { error.context(PERMISSION) } else { error } }
}
