//! Why a cluster is not there yet: facts that Kubernetes shows -> a head to talk to, something to
//! wait for, or a failure with its remedy.  Pure; knows no clock, and trusts no word of the cluster.

mod containers;
mod crash;
mod creation;
mod image;
mod lost;
mod operator;
mod pod;
mod queue;
mod removal;
mod scheduling;
mod volumes;

use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Pod};

use super::resources::{RayCluster, RayJob};
use crate::output::excerpt;
use pod::{Role, Subject};

pub(super) use lost::lost;

/// All that is known of one cluster at a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) ray_job: Option<RayJob>,
    pub(super) ray_cluster: Option<RayCluster>,
    pub(super) pods: Vec<Pod>,
    pub(super) events: Vec<Event>,
}

/// What was asked for, in the words of the person who asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    /// The image of head and workers.
    pub(super) image: &'a str,
    pub(super) ray_version: &'a str,
    pub(super) namespace: &'a str,
    /// The file that `cluster.template` names, if there is one.
    pub(super) template: Option<&'a str>,
    /// The names under `secrets`.
    pub(super) secrets: &'a [String],
    /// Something may add nodes on demand (Karpenter, a cluster autoscaler), so that the want of a
    /// node is no failure before it had time to speak.
    pub(super) nodes_may_come: bool,
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
    /// No time at all where waiting is of no use.
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

/// Where the start of a cluster has got to.
pub(super) fn diagnose(facts: &Facts, request: &Request<'_>) -> Finding {
    let early = operator::obstacle(facts, request).or_else(|| removal::repeated(facts, request));
    if let Some(obstacle) = early {
        return obstacle.into();
    }
    let Some(head) = facts.head() else {
        return creation::head(facts, request).into();
    };
    match Subject::new(head, Role::Head, facts, request).obstacle() {
        Some(obstacle) => obstacle.into(),
        None => Finding::Running(HeadPod::of(head)),
    }
}

/// What keeps trainings waiting for workers: the gravest that any worker shows.  While another
/// worker runs, nothing of it is more than a word on the progress.
pub(super) fn workers(facts: &Facts, request: &Request<'_>) -> Option<Obstacle> {
    let found: Vec<_> = facts
        .pods_of(Role::Worker)
        .map(|worker| Subject::new(worker, Role::Worker, facts, request).obstacle())
        .collect();
    let one_runs = found.iter().any(Option::is_none);
    let refused = creation::workers(facts, request);
    let gravest = found.into_iter().flatten().chain(refused).min_by_key(Obstacle::urgency)?;
    Some(if one_runs { Obstacle { patience: None, ..gravest } } else { gravest })
}

impl Obstacle {
    /// Nothing is wrong; it takes time.
    fn waiting(stage: &'static str, detail: impl Into<String>) -> Self {
        Self { stage, detail: detail.into(), patience: None }
    }

    /// May heal within so many seconds.
    fn for_seconds(stage: &'static str, detail: &str, seconds: u64, failure: Failure) -> Self {
        let patience = Some((Duration::from_secs(seconds), failure));
        Self { stage, detail: detail.to_owned(), patience }
    }

    /// Will not heal.
    fn fatal(failure: Failure) -> Self {
        Self::for_seconds("failed", &failure.reason.clone(), 0, failure)
    }

    fn is_fatal(&self) -> bool {
        self.urgency().is_zero()
    }

    fn urgency(&self) -> Duration {
        self.patience.as_ref().map_or(Duration::MAX, |(patience, _)| *patience)
    }
}

impl From<Obstacle> for Finding {
    fn from(obstacle: Obstacle) -> Self {
        match obstacle.patience {
            Some((Duration::ZERO, failure)) => Self::Failed(failure),
            _ => Self::Waiting(obstacle),
        }
    }
}

impl Failure {
    fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), remedy: remedy.into() }
    }
}

impl Request<'_> {
    /// The config's key, with the file that it names.
    fn template(&self) -> String {
        match self.template {
            Some(file) => format!("cluster.template ({file})"),
            None => "cluster.template".to_owned(),
        }
    }
}

/// Kubernetes' words: printable, on one line, bounded.
fn words(message: &str) -> String {
    excerpt(message, 300)
}

#[cfg(test)]
mod tests;
