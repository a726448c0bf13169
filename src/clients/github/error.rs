//! Why GitHub did not do as asked, in words for the person who set the workflow up.  Holds no token,
//! no header and no payload; GitHub's own words are cut and made plain.

use std::time::Duration;

use super::Scope;
use crate::progress::seconds;

/// Why a call failed.  `what` is what we wanted, such as "read pull request #7".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is not there, or the token may not see it.
    #[error("cannot {what}: GitHub has nothing there that this token may see (404)")]
    NotFound {
        /// What we wanted.
        what: String,
    },
    /// The token may not do it, now or later.
    #[error(
        "cannot {what}: GitHub refuses (403: {message}); the token needs `{needs}`, which runs for \
         pull requests from forks never get; else add to the job\n{}",
        needs.yaml()
    )]
    Forbidden {
        /// What we wanted.
        what: String,
        /// What the token lacks, most likely.
        needs: Scope,
        /// GitHub's words.
        message: String,
    },
    /// The token is none, or is one no longer.
    #[error(
        "cannot {what}: GitHub does not accept the token (401: {message}); the job's own token ends \
         with the job or after 24 hours, another one may have expired or been revoked"
    )]
    Unauthorized {
        /// What we wanted.
        what: String,
        /// GitHub's words.
        message: String,
    },
    /// The organization asks that a personal token is authorized for its single sign-on.
    #[error(
        "cannot {what}: GitHub refuses (403: {message}); authorize the token for the organization \
         (Settings, Developer settings, the token, Configure SSO), or leave `token` out, so that the job's own \
         is used"
    )]
    NotAuthorized {
        /// What we wanted.
        what: String,
        /// GitHub's words.
        message: String,
    },
    /// It has another name by now; a write would not follow.
    #[error(
        "cannot {what}: GitHub answers 301: {message}; the repository was renamed or transferred: use its \
         present name"
    )]
    Moved {
        /// What we wanted.
        what: String,
        /// GitHub's words.
        message: String,
    },
    /// Too much was asked, and waiting longer than we may would be needed.
    #[error("cannot {what}: GitHub's rate limit is used up{}", again(*wait))]
    RateLimited {
        /// What we wanted.
        what: String,
        /// From now until GitHub answers again, if it said.
        wait: Option<Duration>,
    },
    /// No whole answer came.
    #[error("cannot {what}: no whole answer from {host}: {cause}")]
    Unreachable {
        /// What we wanted.
        what: String,
        /// Whom we asked.
        host: String,
        /// What happened.
        cause: String,
    },
    /// Another answer than any that we know what to do about.
    #[error("cannot {what}: GitHub answers {status}: {message}")]
    Unexpected {
        /// What we wanted.
        what: String,
        /// The HTTP status.
        status: u16,
        /// GitHub's words, or what is wrong with its answer.
        message: String,
    },
}

impl Error {
    /// Whether what we asked for may have been done all the same.
    pub(super) fn leaves_doubt(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Unexpected { status, .. } => *status >= 500,
            Self::NotFound { .. }
            | Self::Forbidden { .. }
            | Self::Unauthorized { .. }
            | Self::NotAuthorized { .. }
            | Self::Moved { .. }
            | Self::RateLimited { .. } => false,
        }
    }
}

fn again(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| format!("; it answers again in {}", seconds(wait)))
}
