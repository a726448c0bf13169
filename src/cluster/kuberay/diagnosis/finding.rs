//! What a diagnosis comes to.

use std::time::Duration;

/// What the facts come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster::kuberay) enum Diagnosis {
    /// The head's container runs; Ray inside may still be starting.
    Running(HeadPod),
    /// Nothing to do but wait.
    Waiting(Obstacle),
    /// Waiting is of no use.
    Failed(ClusterFailure),
}

/// The pod that runs Ray's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster::kuberay) struct HeadPod {
    pub(in crate::cluster::kuberay) name: String,
    pub(in crate::cluster::kuberay) uid: String,
    /// Restarts of Ray's container: each one loses all jobs.
    pub(in crate::cluster::kuberay) restarts: i32,
}

/// Something that may heal by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cluster::kuberay) struct Obstacle {
    /// For people, and for telling whether it is still the same one: `pulling the image`.
    pub(in crate::cluster::kuberay) stage: &'static str,
    /// More of it, in Kubernetes' words.
    pub(in crate::cluster::kuberay) detail: String,
    /// How long it may last, and what to say when it lasts longer; none: until `limits.provision`.
    /// No time at all where waiting is of no use.
    pub(in crate::cluster::kuberay) patience: Option<(Duration, ClusterFailure)>,
}

/// Why there will be no cluster, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {remedy}")]
pub(in crate::cluster::kuberay) struct ClusterFailure {
    /// What went wrong, with the name of the thing as the user typed it.
    pub(in crate::cluster::kuberay) reason: String,
    /// What to do about it.
    pub(in crate::cluster::kuberay) remedy: String,
}

impl Obstacle {
    /// Nothing is wrong; it takes time.
    pub(super) fn waiting(stage: &'static str, detail: impl Into<String>) -> Self {
        Self { stage, detail: detail.into(), patience: None }
    }

    /// May heal within so many seconds.
    pub(super) fn for_seconds(
        stage: &'static str,
        detail: &str,
        seconds: u64,
        failure: ClusterFailure,
    ) -> Self {
        let patience = Some((Duration::from_secs(seconds), failure));
        Self { stage, detail: detail.to_owned(), patience }
    }

    /// Will not heal.
    pub(super) fn fatal(failure: ClusterFailure) -> Self {
        Self::for_seconds("failed", &failure.reason.clone(), 0, failure)
    }

    pub(super) fn is_fatal(&self) -> bool {
        self.urgency().is_zero()
    }

    pub(super) fn urgency(&self) -> Duration {
        self.patience.as_ref().map_or(Duration::MAX, |(patience, _)| *patience)
    }
}

impl From<Obstacle> for Diagnosis {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle.patience {
            Some((Duration::ZERO, failure)) => Self::Failed(failure),
            _ => Self::Waiting(obstacle),
        }
    }
}

impl ClusterFailure {
    pub(super) fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: remedy.into() }
    }
}
