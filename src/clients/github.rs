//! GitHub's API, as far as we need it: what a pull request says, who may approve, the status and
//! comment that answer it, and the issue where there is no pull request to answer.  Takes a base URL and a token; decides nothing.
//!
//! It tries again by GitHub's own rules, writes one thing at a time, and tells a
//! refusal that lasts from one that passes ([`Error`]).

mod activity;
mod ancestry;
mod comment;
mod commit;
mod error;
mod exchange;
mod graphql;
mod issue;
mod marked;
mod pages;
mod permission;
mod pull;
mod reference;
mod repository;
mod request;
mod retry;
mod review;
mod run;
mod scope;
mod status;
mod target;

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use octocrab::{
    AuthState, Octocrab, OctocrabBuilder, service::middleware::reqwest_connector::ReqwestConnector,
};
use reqwest::{Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    sync::{Mutex, OnceCell},
    time::Instant,
};

pub use activity::Activity;
pub use ancestry::{Ancestor, Ancestry};
pub use comment::Comment;
pub use commit::{CommitFacts, MergeBase};
pub use error::Error;
pub use issue::Issue;
pub(crate) use marked::marker;
pub use permission::Permission;
pub use pull::{Account, Branch, Pull, PullNumber, PullState, RepositoryOf, is_every_workflow};
pub use repository::RepositoryName;
pub use review::{Review, ReviewState};
pub use run::WorkflowRun;
pub use scope::Scope;
pub(crate) use status::fit;
pub use status::{LONGEST_DESCRIPTION, NewStatus, Status, StatusState};

use crate::http::{self, CaBundle, Pauses, RetryPolicy};

/// GitHub's advice: a second between writes.
const BETWEEN_WRITES: Duration = Duration::from_secs(1);

/// One repository on GitHub, seen with one token.
#[derive(Debug)]
pub struct GitHub {
    client: Octocrab,
    api: Url,
    authorization: HeaderValue,
    repository: RepositoryName,
    policy: RetryPolicy,
    /// Between the end of one write and the start of the next.
    between_writes: Duration,
    /// When the last write ended; held while one is under way.
    written: Mutex<Option<Instant>>,
    viewer: OnceCell<String>,
}

impl GitHub {
    /// GitHub's advice: a minute after a limit that does not say how long, then ever longer.  A server that
    /// is down gets a good minute.
    pub const RETRIES: RetryPolicy = RetryPolicy {
        total: Duration::from_mins(10),
        failures: Pauses {
            tries: 7,
            first: Duration::from_secs(1),
            longest: Duration::from_mins(1),
        },
        limits: Pauses::within_total(Duration::from_mins(1), Duration::MAX),
        ..RetryPolicy::USUAL
    };

    /// For `repository` at `api`: `https://api.github.com`, or a GitHub Enterprise Server's
    /// `https://HOST/api/v3`.  Asks nothing yet, but must be called within a tokio runtime.
    pub fn new(
        api: &Url,
        token: &SecretString,
        repository: RepositoryName,
        trust: Option<&CaBundle>,
    ) -> Result<Self> {
        ensure!(
            matches!(api.scheme(), "http" | "https") && api.has_host(),
            "the address of GitHub's API is not one of the web: {}",
            crate::output::excerpt(api.scheme(), 20)
        );
        let connector = ReqwestConnector::new(http::client_with(trust)?);
        let built =
            OctocrabBuilder::new_empty().with_service(connector).with_auth(AuthState::None).build();
        let Ok(client) = built;
        Ok(Self {
            client,
            api: api.clone(),
            authorization: authorization(token)?,
            repository,
            policy: Self::RETRIES,
            between_writes: BETWEEN_WRITES,
            written: Mutex::new(None),
            viewer: OnceCell::new(),
        })
    }

    /// The same with other waits.
    #[must_use]
    pub fn with_retries(self, policy: RetryPolicy) -> Self {
        Self { policy, ..self }
    }

    /// The same with another pause between the end of one write and the start of the next.
    #[must_use]
    pub fn with_writes_apart(self, between_writes: Duration) -> Self {
        Self { between_writes, ..self }
    }

    /// The repository that it asks about.
    pub fn repository(&self) -> &RepositoryName {
        &self.repository
    }
}

fn authorization(token: &SecretString) -> Result<HeaderValue> {
    let token = token.expose_secret().trim();
    ensure!(
        !token.is_empty(),
        "the GitHub token is empty; leave github-token out to get the job's"
    );
    // Its error could quote the token.
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .ok()
        .context("the GitHub token holds a character that no token has; was it copied whole?")?;
    value.set_sensitive(true);
    Ok(value)
}
