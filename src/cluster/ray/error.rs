//! Why Ray did not do what it was asked.

use std::{error::Error as StdError, time::Duration};

use anyhow::Error;
use reqwest::StatusCode;

use crate::{http::GivenUp, progress::seconds};

/// A request to the dashboard that failed.
#[derive(Debug, thiserror::Error)]
pub enum RayError {
    /// No answer at all.
    #[error("Ray's dashboard cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// It began to answer, and fell silent.
    #[error("Ray's dashboard was silent for {}", seconds(*.0))]
    Silent(Duration),
    /// An answer that is not Ray's.
    #[error("Ray's answer cannot be read")]
    Unreadable(#[source] reqwest::Error),
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
    /// May the same request succeed a little later?
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Silent(_) => true,
            Self::Unreadable(_) => false,
            Self::Refused { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
        }
    }
}

impl From<reqwest::Error> for RayError {
    /// Without the URL, which may be that of a port-forward, and so say nothing to anybody.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        // An answer that breaks off counts as undecodable, too, and says nothing of the rest.
        let cause = StdError::source(&error);
        let is_no_json = cause.is_some_and(<dyn StdError>::is::<serde_json::Error>);
        if is_no_json { Self::Unreadable(error) } else { Self::Unreachable(error) }
    }
}

/// Whether a failure of whatever was asked of Ray may pass.
pub(super) fn passes(error: &Error) -> bool {
    error.downcast_ref::<RayError>().is_some_and(RayError::is_transient)
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
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// What a server that announces so many bytes, sends these and goes away comes to.
    async fn read(announced: usize, sent: &str) -> RayError {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", server.local_addr().unwrap());
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {announced}\r\n\r\n{sent}");
        let serving = async {
            let (mut client, _) = server.accept().await.unwrap();
            let _request = client.read(&mut [0; 1024]).await.unwrap();
            client.write_all(answer.as_bytes()).await.unwrap();
        };
        let asking = async { crate::http::client().unwrap().get(url).send().await };
        let ((), response) = tokio::join!(serving, asking);
        response.unwrap().json::<Vec<u8>>().await.unwrap_err().into()
    }

    #[tokio::test]
    async fn only_an_answer_that_broke_off_is_asked_for_again() {
        assert!(read(100, "[1, 2").await.is_transient());
        assert!(!read(5, "hello").await.is_transient());
    }
}
