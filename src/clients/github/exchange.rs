//! A call -> its answer: how GitHub wants to be asked, one write after the other, and what its refusals
//! mean in words.
//!
//! Of octocrab we have the request as GitHub wants it (JSON, the version of the API) and its way over our
//! client.  Not its retry, which posts again at once; not its login, which it leaves out at every host but
//! api.github.com; not its pages, which it splits at commas inside addresses; nor its models, which refuse
//! an answer for a field that we do not read.

use std::time::{Duration, SystemTime};

use http::{
    Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION},
};
use octocrab::OctoBody;
use reqwest::{Body, Response};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use super::{Error, GitHub, request::ApiCall, retry};
use crate::{
    http::{Effect, FailedTry, HttpAnswer, LARGEST, NoAnswer, RetryClass, answer},
    output::excerpt,
};

/// The kind of JSON that the API's description describes.
const JSON: &str = "application/vnd.github+json";
/// Characters of GitHub's words that an error quotes.
const QUOTED: usize = 300;

/// GitHub's words about an error: one sentence, and what is wrong with each field of a request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    message: String,
    errors: Value,
}

impl ErrorBody {
    /// All of them on one line.
    fn of(answer: &HttpAnswer) -> String {
        let Self { message, errors } = answer.json().unwrap_or_default();
        let errors = errors.as_array().into_iter().flatten().map(detail);
        let all: Vec<String> = std::iter::once(message).chain(errors).collect();
        excerpt(&all.join("; "), QUOTED)
    }
}

/// A field's error: a text, or an object with a message or a code.
fn detail(error: &Value) -> String {
    let part = |name: &str| error[name].as_str();
    let field = part("field").map(|field| format!("{field} ")).unwrap_or_default();
    match (error.as_str(), part("message"), part("code")) {
        (Some(text), ..) | (_, Some(text), _) => text.to_owned(),
        (_, _, Some(code)) => format!("{field}{code}"),
        _ => error.to_string(),
    }
}

impl GitHub {
    /// The answer to `call`, as often as it takes.
    pub(super) async fn answer(&self, call: &ApiCall) -> Result<HttpAnswer, Error> {
        let tried = async |limit| self.try_once(call, limit).await;
        let answer = self.policy.ask(call.effect, Error::to_string, tried).await;
        answer.map_err(|given_up| given_up.error)
    }

    /// The pause before looking whether a call did what it was to do although no answer came.
    pub(super) async fn pause_in_doubt(&self, attempt: u32) {
        let lost = RetryClass::InDoubt { wait: None };
        let pause = self.policy.pause(lost, attempt, Effect::Nothing);
        sleep(pause.unwrap_or_default()).await;
    }

    /// One try; a write waits for those before it, and keeps GitHub's distance from them.
    async fn try_once(
        &self,
        call: &ApiCall,
        limit: Duration,
    ) -> Result<HttpAnswer, FailedTry<Error>> {
        if call.effect == Effect::Nothing {
            return self.send(call, limit).await;
        }
        let mut written = self.written.lock().await;
        if let Some(last) = *written {
            sleep_until(last + self.between_writes).await;
        }
        let answer = self.send(call, limit).await;
        *written = Some(Instant::now());
        answer
    }

    async fn send(&self, call: &ApiCall, limit: Duration) -> Result<HttpAnswer, FailedTry<Error>> {
        let sending = async {
            let response = self.client.execute(self.request(call)?).await?;
            Ok::<_, octocrab::Error>(Response::from(response.map(Body::wrap)))
        };
        match answer(sending, limit, LARGEST).await {
            Ok(answer) if answer.status.is_success() => Ok(answer),
            Ok(answer) => Err(call.refusal(&answer)),
            Err(lost) => Err(call.unreachable(&lost)),
        }
    }

    fn request(&self, call: &ApiCall) -> octocrab::Result<Request<OctoBody>> {
        let request = Request::builder()
            .method(call.method.clone())
            .uri(call.url.as_str())
            .header(ACCEPT, JSON)
            .header(AUTHORIZATION, self.authorization.clone());
        self.client.build_request(request, call.body.as_ref())
    }
}

impl ApiCall {
    fn unreachable(&self, lost: &NoAnswer) -> FailedTry<Error> {
        let host = self.url.host_str().unwrap_or_default().to_owned();
        let (what, cause) = (self.what.clone(), lost.to_string());
        FailedTry { class: lost.class(), error: Error::Unreachable { what, host, cause } }
    }

    fn refusal(&self, answer: &HttpAnswer) -> FailedTry<Error> {
        let message = ErrorBody::of(answer);
        let class = retry::classify(answer.status, &answer.headers, &message, SystemTime::now());
        let what = self.what.clone();
        let error = match (class, answer.status) {
            (RetryClass::Limited { wait }, _) => Error::RateLimited { what, wait },
            (_, StatusCode::UNAUTHORIZED) => Error::Unauthorized { what, message },
            (_, StatusCode::FORBIDDEN) if message.contains("SAML") => {
                Error::NotAuthorized { what, message }
            }
            (_, StatusCode::MOVED_PERMANENTLY) => Error::Moved { what, message },
            (_, StatusCode::FORBIDDEN) => Error::Forbidden { what, needs: self.needs, message },
            // It is not there because nobody wants it there.
            (_, StatusCode::GONE) if message.contains("disabled") => {
                self.unexpected(answer.status, &message)
            }
            (_, StatusCode::NOT_FOUND | StatusCode::GONE) => Error::NotFound { what },
            // So it says of a commit that is not there.
            (_, StatusCode::UNPROCESSABLE_ENTITY) if message.starts_with("No commit found") => {
                Error::NotFound { what }
            }
            (_, status) => self.unexpected(status, &message),
        };
        FailedTry { class, error }
    }
}
