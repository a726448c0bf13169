//! A call -> its answer: sends, waits, tries again by [`super::retry`], and words what went wrong.

use std::{
    error::Error as StdError,
    time::{Duration, SystemTime},
};

use http::{
    HeaderMap, Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    Error, GitHub,
    request::Call,
    retry::{self, Effect, Failure},
};
use crate::{output::excerpt, progress::seconds};

/// The kind of JSON that the API's description describes.
const JSON: &str = "application/vnd.github+json";
/// A pause from this on is told to everybody, since nothing else happens meanwhile.
const SILENT: Duration = Duration::from_secs(5);
/// Characters of GitHub's words that an error quotes.
const QUOTED: usize = 300;

/// What GitHub answered, being content.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

/// One try that failed.
struct Refusal {
    failure: Failure,
    error: Error,
}

/// GitHub's words about an error: one sentence, and what is wrong with each field of a request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Words {
    message: String,
    errors: Value,
}

impl Words {
    /// All of them on one line.
    fn of(body: &str) -> String {
        let Self { message, errors } = serde_json::from_str(body).unwrap_or_default();
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
    pub(super) async fn answer(&self, call: &Call) -> Result<Answer, Error> {
        let started = Instant::now();
        let mut attempt = 0;
        loop {
            let Refusal { failure, error } = match self.try_once(call).await {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            attempt += 1;
            let pause = self.patience.retry(failure, attempt, call.effect);
            let left = self.patience.total.saturating_sub(started.elapsed());
            let Some(pause) = pause.filter(|&pause| pause <= left) else { return Err(error) };
            if pause < SILENT {
                tracing::info!("{error}; trying again in {}", seconds(pause));
            } else {
                tracing::warn!("{error}; trying again in {}", seconds(pause));
            }
            sleep(pause).await;
        }
    }

    /// The pause before looking whether a call did what it was to do although no answer came.
    pub(super) async fn pause_in_doubt(&self, attempt: u32) {
        let lost = Failure::Unknown { wait: None };
        let pause = self.patience.retry(lost, attempt, Effect::Nothing);
        sleep(pause.unwrap_or_default()).await;
    }

    /// One try; a write waits for those before it, and keeps GitHub's distance from them.
    async fn try_once(&self, call: &Call) -> Result<Answer, Refusal> {
        if call.effect == Effect::Nothing {
            return self.send(call).await;
        }
        let mut written = self.written.lock().await;
        if let Some(last) = *written {
            sleep_until(last + self.patience.between_writes).await;
        }
        let answer = self.send(call).await;
        *written = Some(Instant::now());
        answer
    }

    async fn send(&self, call: &Call) -> Result<Answer, Refusal> {
        let limit = self.patience.answer;
        match timeout(limit, self.exchange(call)).await {
            Err(_) => Err(call.unreachable(&Silence::after(limit))),
            Ok(Err(error)) => Err(call.unreachable(&Silence::from(&error))),
            Ok(Ok(answer)) if answer.status.is_success() => Ok(answer),
            Ok(Ok(answer)) => Err(call.refusal(&answer)),
        }
    }

    async fn exchange(&self, call: &Call) -> octocrab::Result<Answer> {
        let request = Request::builder()
            .method(call.method.clone())
            .uri(call.url.as_str())
            .header(ACCEPT, JSON)
            .header(AUTHORIZATION, self.authorization.clone());
        let request = self.client.build_request(request, call.body.as_ref())?;
        let response = self.client.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.client.body_to_string(response).await?;
        Ok(Answer { status, headers, body })
    }
}

/// No answer, and why.
struct Silence {
    sent: bool,
    cause: String,
}

impl Silence {
    fn after(limit: Duration) -> Self {
        Self { sent: true, cause: format!("nothing within {}", seconds(limit)) }
    }

    /// The innermost cause says most, and names no address that may hold a proxy's password.
    fn from(error: &octocrab::Error) -> Self {
        let mut innermost: &(dyn StdError + 'static) = error;
        let mut sent = true;
        while let Some(cause) = innermost.source() {
            innermost = cause;
            sent &= !cause.downcast_ref().is_some_and(reqwest::Error::is_connect);
        }
        Self { sent, cause: excerpt(&innermost.to_string(), QUOTED) }
    }
}

impl Call {
    fn unreachable(&self, silence: &Silence) -> Refusal {
        let failure = if silence.sent { Failure::Unknown { wait: None } } else { Failure::Unsent };
        let host = self.url.host_str().unwrap_or_default().to_owned();
        let (what, cause) = (self.what.clone(), silence.cause.clone());
        Refusal { failure, error: Error::Unreachable { what, host, cause } }
    }

    fn refusal(&self, answer: &Answer) -> Refusal {
        let message = Words::of(&answer.body);
        let failure = retry::classify(answer.status, &answer.headers, &message, SystemTime::now());
        let what = self.what.clone();
        let error = match (failure, answer.status) {
            (Failure::Limited { wait }, _) => Error::RateLimited { what, wait },
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
        Refusal { failure, error }
    }
}
