//! Why a cluster is not there yet: facts that Kubernetes shows -> a head to talk to, something to
//! wait for, or a failure with its remedy.  Pure.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Pod};

use super::resources::{RayCluster, RayJob};

/// All that is known of one cluster at a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) ray_job: Option<RayJob>,
    pub(super) ray_cluster: Option<RayCluster>,
    pub(super) pods: Vec<Pod>,
    pub(super) events: Vec<Event>,
}

/// What the facts come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// The head's container runs; Ray inside may still be starting.
    Running(HeadPod),
    /// Nothing to do but wait.
    Waiting(Obstacle),
    /// Waiting is of no use.
    Failed(Failure),
}

/// The pod that runs Ray's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeadPod {
    pub(super) name: String,
    pub(super) uid: String,
    /// Restarts of Ray's container: each one loses all jobs.
    pub(super) restarts: i32,
}

/// Something that may heal by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Obstacle {
    /// For people, and for telling whether it is still the same one: `pulling the image`.
    pub(super) stage: &'static str,
    /// More of it, in Kubernetes' words.
    pub(super) detail: String,
    /// How long it may last, and what to say when it lasts longer; none: until `limits.provision`.
    pub(super) patience: Option<(Duration, Failure)>,
}

/// Why there will be no cluster, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {remedy}")]
pub(super) struct Failure {
    /// What went wrong, with the name of the thing as the user typed it.
    pub(super) reason: String,
    /// What to do about it.
    pub(super) remedy: String,
}
