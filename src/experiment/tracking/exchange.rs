//! One call of MLflow's REST API -> its answer, in MLflow's terms.

use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::{Client, Method, RequestBuilder, StatusCode, header::LOCATION};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::Instant;

use super::{Tracker, TrackerCredentials, TrackingError, uri::Uri};
use crate::{
    http::{self, Effect, FailedTry, HttpAnswer, LARGEST, NoAnswer, RetryClass, RetryPolicy},
    output::excerpt,
};

/// After a call that got no good answer the next gets this part of the time: an outage is waited for once.
const AFTER_OUTAGE: u32 = 5;

/// Whom we ask, as whom, and how patiently.
#[derive(Debug)]
pub(super) struct TrackerExchange {
    client: Client,
    pub(super) uri: Uri,
    credentials: TrackerCredentials,
    pub(super) policy: RetryPolicy,
    /// Whether the last call got no good answer.
    outage: AtomicBool,
}

/// One call.
#[derive(Debug)]
pub(super) struct TrackerCall<'a> {
    /// What we want by it, to go on after "cannot".
    pub(super) what: &'a str,
    /// Below `api/2.0/mlflow/`.
    pub(super) path: &'a str,
    pub(super) input: Input<'a>,
    pub(super) effect: Effect,
}

/// What a call says.
#[derive(Debug)]
pub(super) enum Input<'a> {
    /// A GET with one argument.
    Query(&'a str, &'a str),
    /// A POST.
    Body(Value),
}

/// MLflow's words for a refusal.
#[derive(Deserialize)]
struct TrackerRefusal {
    error_code: String,
    #[serde(default)]
    message: String,
}

impl TrackerExchange {
    pub(super) fn new(client: Client, uri: Uri, credentials: TrackerCredentials) -> Self {
        let (policy, outage) = (Tracker::RETRIES, AtomicBool::new(false));
        Self { client, uri, credentials, policy, outage }
    }

    /// Until when a call that begins now is tried.
    pub(super) fn deadline(&self) -> Instant {
        let outage = self.outage.load(Ordering::Relaxed);
        Instant::now() + if outage { self.policy.total / AFTER_OUTAGE } else { self.policy.total }
    }

    /// The answer to a call.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        call: &TrackerCall<'_>,
    ) -> Result<T, TrackingError> {
        self.call_until(call, self.deadline()).await
    }

    /// The same, within a time that several calls share.
    pub(super) async fn call_until<T: DeserializeOwned>(
        &self,
        call: &TrackerCall<'_>,
        deadline: Instant,
    ) -> Result<T, TrackingError> {
        let total = deadline.saturating_duration_since(Instant::now());
        let policy = RetryPolicy { total, ..self.policy };
        let tried = async |_| self.once(call, deadline).await;
        let answer = policy.ask(call.effect, TrackingError::to_string, tried).await;
        let answer = answer.map_err(|given_up| given_up.error);
        let outage = answer.as_ref().is_err_and(TrackingError::is_gone);
        self.outage.store(outage, Ordering::Relaxed);
        answer
    }

    async fn once<T: DeserializeOwned>(
        &self,
        call: &TrackerCall<'_>,
        deadline: Instant,
    ) -> Result<T, FailedTry<TrackingError>> {
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = http::answer(self.request(call).send(), left, LARGEST).await;
        let answer = answer.map_err(|why| self.lost(call, &why))?;
        if !answer.status.is_success() {
            return Err(self.refused(call, &answer));
        }
        answer.json().map_err(|error| {
            let begin = excerpt(&String::from_utf8_lossy(&answer.body), 80);
            FailedTry::for_good(self.not_mlflow(call, format!("{error} in `{begin}`")))
        })
    }

    fn request(&self, call: &TrackerCall<'_>) -> RequestBuilder {
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
    fn refused(&self, call: &TrackerCall<'_>, answer: &HttpAnswer) -> FailedTry<TrackingError> {
        let (status, class) = (answer.status, RetryClass::of(answer.status, &answer.headers));
        let said = answer.json::<TrackerRefusal>().ok();
        let message = said.as_ref().map(|said| said.message.as_str());
        let message = excerpt(message.unwrap_or(&String::from_utf8_lossy(&answer.body)), 300);
        if class != RetryClass::Lasting {
            let cause = format!("it answers {status} ({message}); look at the server's log");
            return self.gone(call, cause, class);
        }
        let (what, uri) = (call.what.to_owned(), self.uri.typed().to_owned());
        FailedTry::for_good(if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            // MLflow refuses by the same status whoever asks for it by an unknown name.
            let remedy = if message.contains("Host header") {
                "start `mlflow server` with this host in --allowed-hosts".to_owned()
            } else {
                self.credentials.remedy()
            };
            let status = status.as_u16();
            TrackingError::Denied { what, uri, status, message, remedy }
        } else if let Some(said) = said {
            match excerpt(&said.error_code, 80) {
                code if code == "RESOURCE_DOES_NOT_EXIST" => {
                    TrackingError::Missing { what, uri, message }
                }
                code => TrackingError::Refused { what, uri, code, message },
            }
        } else {
            self.not_mlflow(call, strange(answer))
        })
    }

    /// No whole answer, and why.
    fn lost(&self, call: &TrackerCall<'_>, why: &NoAnswer) -> FailedTry<TrackingError> {
        if matches!(why, NoAnswer::TooLong(_)) {
            return FailedTry::for_good(self.not_mlflow(call, why.to_string()));
        }
        self.gone(call, why.to_string(), why.class())
    }

    fn gone(
        &self,
        call: &TrackerCall<'_>,
        cause: String,
        class: RetryClass,
    ) -> FailedTry<TrackingError> {
        let (what, uri) = (call.what.to_owned(), self.uri.typed().to_owned());
        let doubt = matches!(class, RetryClass::InDoubt { .. });
        FailedTry { class, error: TrackingError::Gone { what, uri, cause, doubt } }
    }

    fn not_mlflow(&self, call: &TrackerCall<'_>, cause: String) -> TrackingError {
        let (what, uri) = (call.what.to_owned(), self.uri.typed().to_owned());
        TrackingError::NotMlflow { what, uri, cause }
    }
}

/// An answer that MLflow would not give.
fn strange(HttpAnswer { status, headers, .. }: &HttpAnswer) -> String {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    match location.filter(|_| status.is_redirection()) {
        Some(location) => format!("it answers {status} and leads to {}", excerpt(location, 200)),
        None => format!("it answers {status}"),
    }
}
