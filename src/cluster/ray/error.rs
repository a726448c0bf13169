//! Why Ray did not do what it was asked.

use anyhow::Error;
use reqwest::{StatusCode, header::HeaderMap};

use crate::{
    http::{GivenUp, NoAnswer, RetryClass},
    progress::seconds,
};

/// A request to the dashboard that failed.
#[derive(Debug, thiserror::Error)]
pub enum RayError {
    /// No whole answer came.
    #[error("no whole answer from Ray's dashboard")]
    Unreachable(#[from] NoAnswer),
    /// An answer that is not Ray's.
    #[error("Ray's answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// An answer, but not the wanted one.
    #[error("Ray answered {status}: {text}{}", remedy(*.status))]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// Start of what it said.
        text: String,
    },
}

/// Ray refuses the log of a job that has ended, however often it is asked: mostly its node is gone.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LogLost(pub(super) String);

impl RayError {
    fn class(&self) -> RetryClass {
        match self {
            Self::Unreachable(lost) => lost.class(),
            Self::Unreadable(_) => RetryClass::Lasting,
            Self::Refused { status, .. } => RetryClass::of(*status, &HeaderMap::new()),
        }
    }
}

/// What a failure of whatever was asked of Ray means for another try.
pub(super) fn class(error: &Error) -> RetryClass {
    error.downcast_ref().map_or(RetryClass::Lasting, RayError::class)
}

/// What could not be done, by whom, and how long it was tried.
pub(super) fn told(given_up: GivenUp<Error>, what: &str, name: &str) -> Error {
    let GivenUp { error, tried } = given_up;
    error.context(match tried {
        Some(tried) => format!("cannot {what}, tried for {} on {name}", seconds(tried)),
        None => format!("cannot {what} on {name}"),
    })
}

fn remedy(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => " (the cluster wants a token: set RAY_AUTH_TOKEN)",
        StatusCode::FORBIDDEN => " (the token is not this cluster's: check RAY_AUTH_TOKEN)",
        StatusCode::PAYLOAD_TOO_LARGE => " (Ray takes at most 100 MiB)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use reqwest::Method;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::{
        cluster::ray::{Ray, accept},
        http,
    };

    /// What a server that announces so many bytes, sends these and goes away comes to.
    async fn read(announced: usize, sent: &str) -> RetryClass {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", server.local_addr().unwrap()).parse().unwrap();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {announced}\r\n\r\n{sent}");
        let serving = async {
            let (mut client, _) = server.accept().await.unwrap();
            let _request = client.read(&mut [0; 1024]).await.unwrap();
            client.write_all(answer.as_bytes()).await.unwrap();
        };
        let ray = Ray::new(&url, None, None).unwrap();
        let asking = async {
            let answer = accept(ray.request(Method::GET, &url), http::ANSWER).await?;
            answer.json::<Vec<u8>>().map_err(RayError::Unreadable)
        };
        let ((), answer) = tokio::join!(serving, asking);
        answer.unwrap_err().class()
    }

    #[tokio::test]
    async fn only_an_answer_that_broke_off_is_asked_for_again() {
        assert_ne!(read(100, "[1, 2").await, RetryClass::Lasting);
        assert_eq!(read(5, "hello").await, RetryClass::Lasting);
    }
}
