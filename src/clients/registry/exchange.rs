//! One request -> its answer, in a registry's terms; follows redirects without what we are known by.

use std::time::Duration;

use reqwest::{
    Client, Method, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION},
};
use secrecy::{ExposeSecret, SecretString};

use super::{Outcome, host};
use crate::{
    http::{self, Effect, FailedTry, HttpAnswer, NoAnswer, RetryClass, RetryPolicy},
    output::excerpt,
};

/// Bytes of the largest answer that we take: no manifest or config comes near.
const LARGEST: usize = 4 << 20;
/// To a store of blobs it takes one.
const REDIRECTS: u32 = 3;

/// How requests are made.
#[derive(Debug)]
pub(super) struct RegistryExchange {
    pub(super) client: Client,
    pub(super) policy: RetryPolicy,
}

/// What is asked; posts the form if there is one.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) url: Url,
    pub(super) accept: &'a str,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) form: Option<SecretString>,
}

impl RegistryExchange {
    /// The answer in the end: redirects are followed, and nobody but the first server sees who asks.
    pub(super) async fn follow(&self, mut request: Request<'_>) -> Result<HttpAnswer, Outcome> {
        let first = request.url.clone();
        for _ in 0..=REDIRECTS {
            let answer = self.send(&request).await?;
            if !answer.status.is_redirection() {
                return Ok(answer);
            }
            request.url = target(&answer, &first)?;
            request.authorization = None;
        }
        Err(protocol(&first, format!("it redirects more than {REDIRECTS} times")))
    }

    /// The first answer that is none of passing trouble.
    pub(super) async fn send(&self, request: &Request<'_>) -> Result<HttpAnswer, Outcome> {
        let told = |_: &Outcome| format!("{} did not answer well", host::shown(&request.url));
        let tried = async |limit| self.once(request, limit).await;
        let answer = self.policy.ask(Effect::Nothing, told, tried).await;
        answer.map_err(|given_up| given_up.error)
    }

    async fn once(
        &self,
        request: &Request<'_>,
        limit: Duration,
    ) -> Result<HttpAnswer, FailedTry<Outcome>> {
        let url = &request.url;
        let answer = http::answer(self.built(request).send(), limit, LARGEST).await;
        let answer = answer.map_err(|why| lost(url, &why))?;
        let class = RetryClass::of(answer.status, &answer.headers);
        let error = match class {
            RetryClass::Lasting => return Ok(answer),
            RetryClass::Limited { wait } => {
                Outcome::RateLimited { wait, anonymous: request.authorization.is_none() }
            }
            RetryClass::InDoubt { .. } | RetryClass::Unsent => {
                unreachable(url, format!("it answers {}; try again later", answer.status))
            }
        };
        Err(FailedTry { class, error })
    }

    fn built(&self, request: &Request<'_>) -> reqwest::RequestBuilder {
        let method = if request.form.is_some() { Method::POST } else { Method::GET };
        let mut built = self.client.request(method, request.url.clone());
        built = built.header(ACCEPT, request.accept);
        if let Some(value) = &request.authorization {
            built = built.header(AUTHORIZATION, value);
        }
        if let Some(form) = &request.form {
            let body = form.expose_secret().to_owned();
            built = built.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        built
    }
}

/// Where a redirect leads, if that is as safe as where it came from.
fn target(answer: &HttpAnswer, first: &Url) -> Result<Url, Outcome> {
    let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| answer.url.join(location).ok());
    let target = target.ok_or_else(|| protocol(first, "it redirects to nowhere".to_owned()))?;
    if host::is_safe(&target, first) {
        return Ok(target);
    }
    let (scheme, to) = (excerpt(target.scheme(), 20), host::shown(&target));
    Err(protocol(first, format!("it redirects to {scheme}://{to}, which is not safe")))
}

/// No whole answer, and why.  A slow registry is not asked again.
fn lost(url: &Url, why: &NoAnswer) -> FailedTry<Outcome> {
    let slow = matches!(why, NoAnswer::Silent(_) | NoAnswer::Slow(_));
    let class = if slow { RetryClass::Lasting } else { why.class() };
    let error = if matches!(why, NoAnswer::TooLong(_)) {
        protocol(url, why.to_string())
    } else {
        unreachable(url, why.to_string())
    };
    FailedTry { class, error }
}

pub(super) fn protocol(url: &Url, cause: String) -> Outcome {
    Outcome::Protocol { host: host::shown(url), cause }
}

fn unreachable(url: &Url, cause: String) -> Outcome {
    Outcome::Unreachable { host: host::shown(url), cause }
}
