//! Why MLflow did not do as asked.  Holds no credentials; MLflow's own words are cut and made plain.

/// Why a call failed.  `what` is what we wanted, such as "start a run"; `uri` is the server's address
/// as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrackingError {
    /// It did not answer, or was in trouble.
    #[error("cannot {what} in MLflow at {uri}: {cause}")]
    Gone {
        /// What we wanted.
        what: String,
        /// Whom we asked.
        uri: String,
        /// What happened, and what could help.
        cause: String,
        /// Whether what we wanted may have been done all the same.
        doubt: bool,
    },
    /// It does not know us, or does not let us.
    #[error("cannot {what} in MLflow at {uri}: it refuses ({status}: {message}); {remedy}")]
    Denied {
        /// What we wanted.
        what: String,
        /// Whom we asked.
        uri: String,
        /// 401 or 403.
        status: u16,
        /// MLflow's words.
        message: String,
        /// What to set.
        remedy: String,
    },
    /// Whatever answers is not MLflow.
    #[error("cannot {what}: {uri} does not answer as MLflow does ({cause}); check mlflow.uri")]
    NotMlflow {
        /// What we wanted.
        what: String,
        /// Whom we asked.
        uri: String,
        /// What it answered.
        cause: String,
    },
    /// It is not there: never made, or deleted for good.
    #[error("cannot {what} in MLflow at {uri}: it is not there ({message})")]
    Missing {
        /// What we wanted.
        what: String,
        /// Whom we asked.
        uri: String,
        /// MLflow's words.
        message: String,
    },
    /// MLflow said no.
    #[error("cannot {what} in MLflow at {uri}: {message} ({code})")]
    Refused {
        /// What we wanted.
        what: String,
        /// Whom we asked.
        uri: String,
        /// MLflow's code, such as `INVALID_PARAMETER_VALUE`.
        code: String,
        /// MLflow's words.
        message: String,
    },
    /// The experiment was deleted, and its name is still taken.
    #[error(
        "MLflow at {uri} holds the experiment `{name}` as deleted; restore it by `mlflow experiments \
         restore --experiment-id {id}`, or name another one in mlflow.experiment"
    )]
    Deleted {
        /// Whom we asked.
        uri: String,
        /// The experiment's name.
        name: String,
        /// Its number.
        id: String,
    },
}

impl TrackingError {
    /// Whether MLflow was out of reach or in trouble, rather than that it said no.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. })
    }

    /// Whether what we wanted may have been done all the same.
    pub(super) fn leaves_doubt(&self) -> bool {
        matches!(self, Self::Gone { doubt: true, .. })
    }

    /// Whether MLflow does not take a name or a value.
    pub(super) fn is_invalid(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "INVALID_PARAMETER_VALUE")
    }
}
