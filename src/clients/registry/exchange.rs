//! One request -> its answer, bounded in time and size: sends, waits, tries again, and follows
//! redirects without what we are known by.

use std::{error::Error as StdError, io, time::Duration};

use reqwest::{
    Client, Method, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::sleep;

use super::{Outcome, host, patience::Patience};
use crate::{
    http::{self, retry::retry_after},
    output::excerpt,
    progress::seconds,
};

/// Bytes of the largest answer that we take: no manifest or config comes near.
const LARGEST: usize = 4 << 20;
/// To a store of blobs it takes one.
const REDIRECTS: u32 = 3;

/// How requests are made.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) client: Client,
    pub(super) patience: Patience,
}

/// What is asked; posts the form if there is one.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) url: Url,
    pub(super) accept: &'a str,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) form: Option<SecretString>,
}

/// What was answered, unless the server was in trouble.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Who answered.
    pub(super) url: Url,
    /// Whether that is another than we asked.
    pub(super) redirected: bool,
}

/// One try that failed.
struct Trouble {
    outcome: Outcome,
    passing: bool,
    wait: Option<Duration>,
}

impl Exchange {
    /// The answer in the end: redirects are followed, and nobody but the first server sees who asks.
    pub(super) async fn follow(&self, mut request: Request<'_>) -> Result<Answer, Outcome> {
        let first = request.url.clone();
        for hop in 0..=REDIRECTS {
            let mut answer = self.send(&request).await?;
            answer.redirected = hop > 0;
            if !answer.status.is_redirection() {
                return Ok(answer);
            }
            request.url = target(&answer, &first)?;
            request.authorization = None;
        }
        Err(protocol(&first, format!("it redirects more than {REDIRECTS} times")))
    }

    /// The first answer that is none of passing trouble.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<Answer, Outcome> {
        let mut attempt = 0;
        loop {
            let trouble = match self.once(request).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            attempt += 1;
            let pause = self.patience.pause(attempt, trouble.wait).filter(|_| trouble.passing);
            let Some(pause) = pause else { return Err(trouble.outcome) };
            let host = host::shown(&request.url);
            tracing::info!("{host} did not answer well; trying again in {}", seconds(pause));
            sleep(pause).await;
        }
    }

    async fn once(&self, request: &Request<'_>) -> Result<Answer, Trouble> {
        let lost = |error: reqwest::Error| self.lost(&request.url, &error);
        let response = self.built(request).send().await.map_err(lost)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let url = request.url.clone();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = retry_after(&headers);
            let outcome = Outcome::RateLimited { wait, anonymous: request.authorization.is_none() };
            return Err(Trouble { outcome, passing: true, wait });
        }
        if status.is_server_error() {
            let outcome = unreachable(&url, format!("it answers {status}; try again later"));
            return Err(Trouble { outcome, passing: true, wait: retry_after(&headers) });
        }
        let body = http::body(response, LARGEST).await.map_err(lost)?.ok_or_else(|| Trouble {
            outcome: protocol(&url, format!("its answer is longer than {} MiB", LARGEST >> 20)),
            passing: false,
            wait: None,
        })?;
        Ok(Answer { status, headers, body, url, redirected: false })
    }

    fn built(&self, request: &Request<'_>) -> reqwest::RequestBuilder {
        let method = if request.form.is_some() { Method::POST } else { Method::GET };
        let mut built = self.client.request(method, request.url.clone());
        built = built.timeout(self.patience.answer).header(ACCEPT, request.accept);
        if let Some(value) = &request.authorization {
            built = built.header(AUTHORIZATION, value);
        }
        if let Some(form) = &request.form {
            let body = form.expose_secret().to_owned();
            built = built.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        built
    }

    /// No whole answer, and why.  A slow server is not asked again, nor one that is not trusted.
    fn lost(&self, url: &Url, error: &reqwest::Error) -> Trouble {
        let slow = error.is_timeout() && !error.is_connect();
        let (cause, certificate) = innermost(error);
        let cause = if slow {
            format!("no whole answer within {}; try again later", seconds(self.patience.answer))
        } else if certificate {
            format!("{cause}; behind a company's own authority, give its certificate as ca-bundle")
        } else if error.is_connect() {
            format!("{cause}; check its name, the network, and https_proxy and no_proxy")
        } else {
            format!("{cause}; try again later")
        };
        let passing = !slow && !certificate;
        Trouble { outcome: unreachable(url, cause), passing, wait: None }
    }
}

/// Where a redirect leads, if that is as safe as where it came from.
fn target(answer: &Answer, first: &Url) -> Result<Url, Outcome> {
    let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| answer.url.join(location).ok());
    let target = target.ok_or_else(|| protocol(first, "it redirects to nowhere".to_owned()))?;
    if host::is_safe(&target, first) {
        return Ok(target);
    }
    let (scheme, to) = (excerpt(target.scheme(), 20), host::shown(&target));
    Err(protocol(first, format!("it redirects to {scheme}://{to}, which is not safe")))
}

/// The innermost cause says most, and names no address, which could hold what is secret.  Whether it
/// is one of TLS goes with it.
fn innermost(error: &reqwest::Error) -> (String, bool) {
    let mut cause: &(dyn StdError + 'static) = error;
    let mut certificate = false;
    while let Some(source) = cause.source() {
        cause = source;
        let inner = cause.downcast_ref().and_then(io::Error::get_ref);
        certificate |= inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some();
    }
    (excerpt(&cause.to_string(), 300), certificate)
}

pub(super) fn protocol(url: &Url, cause: String) -> Outcome {
    Outcome::Protocol { host: host::shown(url), cause }
}

fn unreachable(url: &Url, cause: String) -> Outcome {
    Outcome::Unreachable { host: host::shown(url), cause }
}
