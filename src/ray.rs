//! Ray's Jobs API over HTTP: one base URL, no idea which backend stands behind it.
//!
//! Source: `ray/dashboard/modules/job/job_head.py` of Ray 2.60 and
//! <https://docs.ray.io/en/latest/cluster/running-applications/job-submission/rest.html>.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep};

use crate::http;

mod error;
mod logs;
mod node;
mod package;
mod submission;

pub use error::RayError;
pub use node::Node;
pub use submission::{JobInfo, JobStatus, RuntimeEnv, Submission};

/// How long the dashboard may be out of reach (a port-forward that reconnects, a busy head).
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take no jobs: on a busy node, its agent starts long after its dashboard.
const STARTING: Duration = Duration::from_mins(2);

/// A Ray dashboard.
#[derive(Debug, Clone)]
pub struct Ray {
    http: Client,
    base: Url,
    token: Option<SecretString>,
    /// Whether logs are asked for again and again rather than streamed.
    polls: bool,
}

impl Ray {
    /// A client for the dashboard at `base`, with the token of its token authentication.
    pub fn new(base: &Url, token: Option<SecretString>) -> Result<Self> {
        Ok(Self { http: http::client()?, base: base.clone(), token, polls: false })
    }

    /// The same for a Ray that outlives us.  Ray never ends a log stream whose reader went away once
    /// the log no longer grows, and after a hundred of them it shows logs to nobody.
    #[must_use]
    pub fn borrowed(self) -> Self {
        Self { polls: true, ..self }
    }

    /// Submits a job whose id we chose, exactly once: after any doubt, the id is looked up first.
    pub async fn submit(&self, submission: &Submission) -> Result<()> {
        let deadline = Instant::now() + STARTING;
        loop {
            let request = self.request(Method::POST, "api/jobs/")?.json(submission);
            let Err(error) = accept(request).await else { return Ok(()) };
            if self.job(&submission.submission_id).await?.is_some() {
                return Ok(());
            }
            if !error.is_transient() || Instant::now() > deadline {
                let id = &submission.submission_id;
                return Err(error).context(format!("cannot submit job {id}"));
            }
            tracing::debug!(%error, "submitting again");
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// A job's state; none if Ray does not know it.
    pub async fn job(&self, id: &str) -> Result<Option<JobInfo>> {
        self.get(&format!("api/jobs/{id}")).await
    }

    /// All jobs of the cluster.
    pub async fn jobs(&self) -> Result<Vec<JobInfo>> {
        Ok(self.get("api/jobs/").await?.unwrap_or_default())
    }

    /// Asks a job to stop.  Ray answers at once; the job ends some seconds later.
    pub async fn stop(&self, id: &str) -> Result<()> {
        let request = self.request(Method::POST, &format!("api/jobs/{id}/stop"))?;
        accept(request).await.with_context(|| format!("cannot stop job {id}"))?;
        Ok(())
    }

    /// A GET that is patient with what heals by itself; none on 404.
    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let error = match accept(self.request(Method::GET, path)?.timeout(PATIENCE)).await {
                Ok(response) => match response.json().await {
                    Ok(value) => return Ok(Some(value)),
                    Err(error) if error.is_decode() => {
                        return Err(error).context("Ray's answer cannot be read");
                    }
                    Err(error) => RayError::Unreachable(error),
                },
                Err(RayError::Refused { status: StatusCode::NOT_FOUND, .. }) => return Ok(None),
                Err(error) => error,
            };
            if !error.is_transient() || Instant::now() > deadline {
                bail!(anyhow::Error::new(error).context(format!("no answer from {}", self.base)));
            }
            tracing::debug!(%error, path, "asking again");
            sleep(Duration::from_millis(200)).await;
        }
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder> {
        let url = self.base.join(path).with_context(|| format!("cannot ask {}", self.base))?;
        Ok(http::with_token(self.http.request(method, url), self.token.as_ref()))
    }
}

/// Sends, and tells an answer from a refusal.
async fn accept(request: RequestBuilder) -> Result<reqwest::Response, RayError> {
    let response = request.send().await.map_err(RayError::Unreachable)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default();
    Err(RayError::Refused { status, text: crate::output::excerpt(&text, 600) })
}
