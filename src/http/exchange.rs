//! One request -> its whole answer, bounded in time and size, whatever its status; else why there is
//! none, in the same words whoever was asked.

use std::{error::Error as StdError, io, time::Duration};

use reqwest::{Response, StatusCode, Url, header::HeaderMap};
use rustls::CertificateError;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use super::retry::RetryClass;
use crate::{output::excerpt, progress::seconds};

/// Bytes of the largest answer that a service may give which is no store of files: a page of 200 runs of
/// MLflow with 500 metrics each comes to 10 MiB.
pub(crate) const LARGEST: usize = 32 << 20;
/// What helps where a company signs the certificates of its servers itself.
const OWN_AUTHORITY: &str = "; behind a company's own authority, give its certificate as ca-bundle (in a \
                             shell, by SSL_CERT_FILE)";

/// A whole answer.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Who answered.
    pub(crate) url: Url,
}

/// Why there is no whole answer, and what could help.  Names no address, which could hold what is secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The server proves itself by a certificate that is not trusted.
    #[error("{0}")]
    Untrusted(String),
    /// The request never got there.
    #[error("{0}; check the address, the network, and https_proxy and no_proxy")]
    Unsent(String),
    /// Nothing came in this time.
    #[error("no answer within {}; check the address and the network", seconds(*.0))]
    Silent(Duration),
    /// Not all came in this time.
    #[error("no whole answer within {}; try again later", seconds(*.0))]
    Slow(Duration),
    /// The answer broke off, or what came is not HTTP.
    #[error("{0}; try again later")]
    Broken(String),
    /// The answer is longer than so many bytes.
    #[error("its answer is longer than {} MiB", .0 >> 20)]
    TooLong(usize),
}

/// The answer to a request that is sent by `sending`, within this time and of at most so many bytes.
pub(crate) async fn answer<E: StdError + 'static>(
    sending: impl Future<Output = Result<Response, E>>,
    within: Duration,
    most: usize,
) -> Result<HttpAnswer, NoAnswer> {
    let start = Instant::now();
    let response = begun(sending, within).await?;
    let left = within.saturating_sub(start.elapsed());
    let answer = timeout(left, whole(response, most)).await;
    answer.map_err(|_elapsed| NoAnswer::Slow(within))?
}

/// An answer that has begun, within this time: a stream, of which nobody knows when it ends.
pub(crate) async fn begun<E: StdError + 'static>(
    sending: impl Future<Output = Result<Response, E>>,
    within: Duration,
) -> Result<Response, NoAnswer> {
    let sent = timeout(within, sending).await.map_err(|_elapsed| NoAnswer::Silent(within))?;
    sent.map_err(|error| NoAnswer::of(&error))
}

/// An answer that has begun, to its end.
pub(crate) async fn whole(mut response: Response, most: usize) -> Result<HttpAnswer, NoAnswer> {
    let (status, headers) = (response.status(), response.headers().clone());
    let url = response.url().clone();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| NoAnswer::of(&error))? {
        if body.len() + chunk.len() > most {
            return Err(NoAnswer::TooLong(most));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpAnswer { status, headers, body, url })
}

type ErrorRef<'a> = &'a (dyn StdError + 'static);

impl HttpAnswer {
    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }

    /// The same of an answer that is one of success and as expected.
    pub(crate) fn good<T: DeserializeOwned>(&self) -> Option<T> {
        self.json().ok().filter(|_| self.status.is_success())
    }
}

impl NoAnswer {
    /// The innermost cause says most.
    pub(crate) fn of(error: ErrorRef<'_>) -> Self {
        let chain = || causes(error);
        let cause = chain().last().map(ToString::to_string).unwrap_or_default();
        let cause = excerpt(&cause, 300);
        let is_unsent =
            |error: ErrorRef<'_>| error.downcast_ref().is_some_and(reqwest::Error::is_connect);
        match chain().find_map(certificate) {
            Some(CertificateError::UnknownIssuer) => Self::Untrusted(cause + OWN_AUTHORITY),
            Some(_) => Self::Untrusted(cause),
            None if chain().any(is_unsent) => Self::Unsent(cause),
            None => Self::Broken(cause),
        }
    }

    /// What it means for another try.
    pub(crate) fn class(&self) -> RetryClass {
        match self {
            Self::Untrusted(_) | Self::TooLong(_) => RetryClass::Lasting,
            Self::Unsent(_) => RetryClass::Unsent,
            Self::Silent(_) | Self::Slow(_) | Self::Broken(_) => RetryClass::InDoubt { wait: None },
        }
    }
}

/// The error, then what caused it, and so on.
pub(crate) fn causes(error: ErrorRef<'_>) -> impl Iterator<Item = ErrorRef<'_>> {
    fn next<'a>(error: &ErrorRef<'a>) -> Option<ErrorRef<'a>> {
        (*error).source()
    }
    std::iter::successors(Some(error), next)
}

/// What is wrong with the server's certificate, if that is the error.  An error of IO hides the one that
/// it was made of from `source`, and may be made of another.
fn certificate(error: ErrorRef<'_>) -> Option<&CertificateError> {
    match error.downcast_ref() {
        Some(rustls::Error::InvalidCertificate(wrong)) => Some(wrong),
        Some(_) => None,
        None => certificate(error.downcast_ref().and_then(io::Error::get_ref)?),
    }
}

impl RetryClass {
    /// What an answer other than success means by HTTP's own rules.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        let wait = retry_after(headers);
        match status {
            StatusCode::TOO_MANY_REQUESTS => Self::Limited { wait },
            StatusCode::REQUEST_TIMEOUT => Self::InDoubt { wait },
            status if status.is_server_error() => Self::InDoubt { wait },
            _ => Self::Lasting,
        }
    }
}

/// What `Retry-After` asks for in seconds; a date is not read.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    number(headers, "retry-after").map(Duration::from_secs)
}

/// A header that is a whole number.
pub(crate) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}
