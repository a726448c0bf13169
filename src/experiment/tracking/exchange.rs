//! One call of MLflow's REST API -> its answer, bounded in time and size, tried again where that does
//! no harm.

use std::{
    error::Error as StdError,
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    header::{HeaderMap, LOCATION},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{Credentials, Patience, TrackingError, uri::Uri};
use crate::{
    http::{
        self,
        retry::{doubled, retry_after},
    },
    output::excerpt,
    progress::seconds,
};

/// Bytes of the largest answer that we take: a page of 200 runs with 500 metrics each comes to 10 MiB.
const LARGEST: usize = 32 << 20;

/// Whom we ask, as whom, and how patiently.
#[derive(Debug)]
pub(super) struct Exchange {
    client: Client,
    pub(super) uri: Uri,
    credentials: Credentials,
    pub(super) patience: Patience,
    /// Whether the last call got no good answer.
    outage: AtomicBool,
}

/// One call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// What we want by it, to go on after "cannot".
    pub(super) what: &'a str,
    /// Below `api/2.0/mlflow/`.
    pub(super) path: &'a str,
    pub(super) input: Input<'a>,
    /// Whether it makes one more each time, so that it must not be made twice.
    pub(super) adds: bool,
}

/// What a call says.
#[derive(Debug)]
pub(super) enum Input<'a> {
    /// A GET with one argument.
    Query(&'a str, &'a str),
    /// A POST.
    Body(Value),
}

/// One try that failed.
struct Trouble {
    error: TrackingError,
    again: bool,
    wait: Option<Duration>,
}

impl From<TrackingError> for Trouble {
    /// A failure that lasts.
    fn from(error: TrackingError) -> Self {
        Self { error, again: false, wait: None }
    }
}

/// MLflow's words for a refusal.
#[derive(Deserialize)]
struct Refusal {
    error_code: String,
    #[serde(default)]
    message: String,
}

impl Exchange {
    pub(super) fn new(
        client: Client,
        uri: Uri,
        credentials: Credentials,
        patience: Patience,
    ) -> Self {
        Self { client, uri, credentials, patience, outage: AtomicBool::new(false) }
    }

    /// Until when a call that begins now is tried.
    pub(super) fn deadline(&self) -> Instant {
        let outage = self.outage.load(Ordering::Relaxed);
        let patience = if outage { self.patience.after_outage } else { self.patience.total };
        Instant::now() + patience
    }

    /// The answer to a call.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
    ) -> Result<T, TrackingError> {
        self.call_until(call, self.deadline()).await
    }

    /// The same, within a patience that several calls share.
    pub(super) async fn call_until<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        deadline: Instant,
    ) -> Result<T, TrackingError> {
        let mut attempt = 0;
        loop {
            let trouble = match self.once(call, deadline).await {
                Ok(answer) => {
                    self.outage.store(false, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(trouble) => trouble,
            };
            attempt += 1;
            let pause = trouble.wait.unwrap_or(doubled(self.patience.pause, attempt));
            if !trouble.again || Instant::now() + pause >= deadline {
                self.outage.store(trouble.error.is_gone(), Ordering::Relaxed);
                return Err(trouble.error);
            }
            tracing::debug!(error = %trouble.error, "asking again in {}", seconds(pause));
            sleep(pause).await;
        }
    }

    async fn once<T: DeserializeOwned>(
        &self,
        call: &Call<'_>,
        deadline: Instant,
    ) -> Result<T, Trouble> {
        let limit = deadline.saturating_duration_since(Instant::now());
        let lost = |error: reqwest::Error| self.lost(call, &error, limit);
        let response = self.request(call).timeout(limit).send().await.map_err(lost)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = http::body(response, LARGEST).await.map_err(lost)?.ok_or_else(|| {
            let cause = format!("its answer is longer than {} MiB", LARGEST >> 20);
            self.not_mlflow(call, cause)
        })?;
        if !status.is_success() {
            return Err(self.refused(call, status, &headers, &body));
        }
        serde_json::from_slice(&body).map_err(|error| {
            let begin = excerpt(&String::from_utf8_lossy(&body), 80);
            self.not_mlflow(call, format!("{error} in `{begin}`")).into()
        })
    }

    fn request(&self, call: &Call<'_>) -> RequestBuilder {
        let url = self.uri.api(call.path);
        let request = match &call.input {
            Input::Query(name, value) => {
                let mut url = url;
                url.query_pairs_mut().append_pair(name, value);
                self.client.request(Method::GET, url)
            }
            Input::Body(body) => self.client.request(Method::POST, url).json(body),
        };
        self.credentials.sign(request)
    }

    /// An answer other than success.
    fn refused(
        &self,
        call: &Call<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Trouble {
        let limited = status == StatusCode::TOO_MANY_REQUESTS;
        let said = serde_json::from_slice::<Refusal>(body).ok();
        let message = said.as_ref().map(|said| said.message.as_str());
        let message = excerpt(message.unwrap_or(&String::from_utf8_lossy(body)), 300);
        if limited || status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            let cause = format!("it answers {status} ({message}); look at the server's log");
            let error = self.gone(call, cause, !limited);
            return Trouble { error, again: limited || !call.adds, wait: retry_after(headers) };
        }
        let (what, uri) = (call.what.to_owned(), self.uri.typed().to_owned());
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            // MLflow refuses by the same status whoever asks for it by an unknown name.
            let remedy = if message.contains("Host header") {
                "start `mlflow server` with this host in --allowed-hosts".to_owned()
            } else {
                self.credentials.remedy()
            };
            let status = status.as_u16();
            return TrackingError::Denied { what, uri, status, message, remedy }.into();
        }
        let Some(said) = said else {
            return self.not_mlflow(call, strange(status, headers)).into();
        };
        let code = excerpt(&said.error_code, 80);
        if code == "RESOURCE_DOES_NOT_EXIST" {
            TrackingError::Missing { what, uri, message }.into()
        } else {
            TrackingError::Refused { what, uri, code, message }.into()
        }
    }

    /// No whole answer, and why.
    fn lost(&self, call: &Call<'_>, error: &reqwest::Error, limit: Duration) -> Trouble {
        let unsent = error.is_connect();
        let (cause, certificate) = innermost(error);
        let cause = if certificate {
            format!("{cause}; behind a company's own authority, give its certificate as ca-bundle")
        } else if error.is_timeout() {
            format!("no answer within {}; check the address and the network", seconds(limit))
        } else if unsent {
            format!("{cause}; check that it runs, its name, and https_proxy and no_proxy")
        } else {
            format!("{cause}; look at the server's log")
        };
        let again = !certificate && (unsent || !call.adds);
        Trouble { error: self.gone(call, cause, !unsent), again, wait: None }
    }

    fn gone(&self, call: &Call<'_>, cause: String, doubt: bool) -> TrackingError {
        let (what, uri) = (call.what.to_owned(), self.uri.typed().to_owned());
        TrackingError::Gone { what, uri, cause, doubt }
    }

    fn not_mlflow(&self, call: &Call<'_>, cause: String) -> TrackingError {
        let (what, uri) = (call.what.to_owned(), self.uri.typed().to_owned());
        TrackingError::NotMlflow { what, uri, cause }
    }
}

/// An answer that MLflow would not give.
fn strange(status: StatusCode, headers: &HeaderMap) -> String {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    match location.filter(|_| status.is_redirection()) {
        Some(location) => format!("it answers {status} and leads to {}", excerpt(location, 200)),
        None => format!("it answers {status}"),
    }
}

/// The innermost cause says most, and names no address.  Whether it is one of TLS goes with it.
fn innermost(error: &reqwest::Error) -> (String, bool) {
    let mut cause: &(dyn StdError + 'static) = error;
    let mut tls = false;
    while let Some(source) = cause.source() {
        cause = source;
        tls |= is_tls(cause);
    }
    (excerpt(&cause.to_string(), 300), tls)
}

/// An error of IO hides the one that it was made of from `source`, and may be made of another.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    let inner = error.downcast_ref().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
}
