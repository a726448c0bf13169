//! Why Ray did not do what it was asked.

use reqwest::StatusCode;

/// A request to the dashboard that failed.
#[derive(Debug, thiserror::Error)]
pub enum RayError {
    /// No answer at all.
    #[error("Ray's dashboard cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// An answer, but not the wanted one.
    #[error("Ray answered {status}: {text}{}", remedy(*.status))]
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// Start of what it said.
        text: String,
    },
}

impl RayError {
    /// May the same request succeed a little later?
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
        }
    }
}

fn remedy(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => " (the cluster wants a token: set RAY_AUTH_TOKEN)",
        StatusCode::FORBIDDEN => " (the token is not this cluster's: check RAY_AUTH_TOKEN)",
        StatusCode::PAYLOAD_TOO_LARGE => " (Ray takes at most 100 MiB)",
        _ => "",
    }
}
