//! Ray's Jobs API over HTTP: one base URL, no idea which backend stands behind it.
//!
//! Whatever fails on the way is asked again, for as long as the cluster lives without us; each try has
//! its time, so that a connection that died silently costs one of them.
//!
//! Source: `ray/dashboard/modules/job/job_head.py` of Ray 2.60 and
//! <https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html>.

use std::time::Duration;

use anyhow::{Context, Error, Result};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use crate::{
    http::{self, CaBundle, Effect, FailedTry, HttpAnswer, RetryPolicy},
    output::excerpt,
};

mod error;
mod gangs;
mod logs;
mod node;
mod package;
mod submission;
#[cfg(test)]
mod tests;

pub use error::{LogLost, RayError};
pub(crate) use gangs::GangTurn;
pub use logs::LogSink;
pub use node::Node;
pub(crate) use node::{CPU, GPU, MEMORY};
pub use package::Uploaded;
pub use submission::{EntrypointResources, JobInfo, JobStatus, RuntimeEnv, Submission};

/// The variable of a dashboard that says for how many seconds it keeps code that no job refers to.
///
/// Source: `RAY_RUNTIME_ENV_URI_PIN_EXPIRATION_S_ENV_VAR` in `ray/_private/ray_constants.py`.
pub(crate) const PINNED: &str = "RAY_RUNTIME_ENV_TEMPORARY_REFERENCE_EXPIRATION_S";
/// Bytes of the largest answer that we take: a cluster that lives long lists a hundred thousand jobs.
const LARGEST: usize = 256 << 20;
/// How long a way may be broken unless something longer depends on it.
const TOTAL: Duration = Duration::from_secs(30);
/// How long Ray may take no jobs: on a busy node, its agent starts long after its dashboard.
const STARTING: Duration = Duration::from_mins(2);

/// A Ray dashboard.
#[derive(Debug, Clone)]
pub struct Ray {
    http: Client,
    base: Url,
    token: Option<SecretString>,
    /// Whether it is somebody else's.
    borrowed: bool,
    /// What messages call it.
    name: String,
    policy: RetryPolicy,
    /// Counts how often it was out of reach, and answered again.
    returns: watch::Sender<u64>,
    /// Counts the gangs that may run.
    gangs: watch::Sender<u64>,
}

impl Ray {
    /// A client for the dashboard at `base`, with the token of its token authentication.
    pub fn new(base: &Url, token: Option<SecretString>, trust: Option<&CaBundle>) -> Result<Self> {
        Ok(Self {
            http: http::wary_client(trust)?,
            base: base.clone(),
            token,
            borrowed: false,
            name: format!("Ray at {base}"),
            policy: RetryPolicy::within(TOTAL, http::ANSWER),
            returns: watch::Sender::new(0),
            gangs: watch::Sender::new(0),
        })
    }

    /// The same for a Ray that outlives us.  Its logs are asked for again and again: Ray never ends a stream
    /// whose reader went away once the log no longer grows, and after a hundred of them it shows logs to nobody.
    /// And it drops code that no job refers to, which is uploaded anew: see [`Uploaded::keep`].
    #[must_use]
    pub fn borrowed(self) -> Self {
        Self { borrowed: true, ..self }
    }

    /// Its client, whose connections each take a way of their own.
    pub(in crate::cluster) fn http(&self) -> &Client {
        &self.http
    }

    /// Whether it is somebody else's.
    pub(crate) fn is_borrowed(&self) -> bool {
        self.borrowed
    }

    /// The same for a Ray whose address says nothing to people, and that may be out of reach for so long.
    #[must_use]
    pub fn known_as(self, name: &str, patience: Duration) -> Self {
        Self { name: name.to_owned(), policy: self.at_least(patience), ..self }
    }

    /// Submits a job whose id we chose, exactly once: after any doubt, the id is looked up first.
    pub async fn submit(&self, submission: &Submission) -> Result<()> {
        let id = &submission.submission_id;
        let url = self.url("api/jobs/")?;
        self.ask(&format!("submit job {id}"), self.at_least(STARTING), async |limit| {
            let request = self.request(Method::POST, &url).json(submission);
            match accept(request, limit).await {
                Err(error) if self.job(id).await?.is_none() => Err(error.into()),
                Ok(_) | Err(_) => Ok(()),
            }
        })
        .await
    }

    /// A job's state; none if Ray does not know it.
    pub async fn job(&self, id: &str) -> Result<Option<JobInfo>> {
        self.get(&format!("api/jobs/{id}"), &format!("look at job {id}")).await
    }

    /// All jobs of the cluster.
    pub async fn jobs(&self) -> Result<Vec<JobInfo>> {
        Ok(self.get("api/jobs/", "list the jobs").await?.unwrap_or_default())
    }

    /// Asks a job to stop.  Ray answers at once; the job ends some seconds later.
    pub async fn stop(&self, id: &str) -> Result<()> {
        let url = self.url(&format!("api/jobs/{id}/stop"))?;
        self.ask(&format!("stop job {id}"), self.policy, async |limit| {
            accept(self.request(Method::POST, &url), limit).await?;
            Ok(())
        })
        .await
    }

    /// A GET; none on 404.
    async fn get<T: DeserializeOwned>(&self, path: &str, what: &str) -> Result<Option<T>> {
        let url = self.url(path)?;
        self.ask(what, self.policy, async |limit| {
            match accept(self.request(Method::GET, &url), limit).await {
                Ok(answer) => Ok(Some(answer.json().map_err(RayError::Unreadable)?)),
                Err(RayError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Asks until it is done; `what` that is, for messages.  Twice is as good as once.
    async fn ask<T>(
        &self,
        what: &str,
        policy: RetryPolicy,
        mut call: impl AsyncFnMut(Duration) -> Result<T>,
    ) -> Result<T> {
        let mut failed = false;
        let tried = async |limit| {
            let outcome = call(limit).await;
            failed |= outcome.is_err();
            outcome.map_err(|error| FailedTry { class: error::class(&error), error })
        };
        let told = |error: &Error| format!("cannot {what} yet: {error:#}");
        let outcome = policy.ask(Effect::Same, told, tried).await;
        if failed && outcome.is_ok() {
            self.returns.send_modify(|returns| *returns += 1);
        }
        outcome.map_err(|given_up| error::told(given_up, what, &self.name))
    }

    /// The policy, for something that may take so long.
    fn at_least(&self, total: Duration) -> RetryPolicy {
        RetryPolicy { total: total.max(self.policy.total), ..self.policy }
    }

    fn url(&self, path: &str) -> Result<Url> {
        self.base.join(path).with_context(|| format!("{} has no {path}", self.name))
    }

    fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        http::with_token(self.http.request(method, url.clone()), self.token.as_ref())
    }
}

/// Sends, and tells an answer from a refusal.
async fn accept(request: RequestBuilder, limit: Duration) -> Result<HttpAnswer, RayError> {
    let answer = http::answer(request.send(), limit, LARGEST).await?;
    if answer.status.is_success() { Ok(answer) } else { Err(refused(&answer)) }
}

fn refused(HttpAnswer { status, body, .. }: &HttpAnswer) -> RayError {
    let text = excerpt(&String::from_utf8_lossy(body), 600);
    RayError::Refused { status: *status, text }
}
