//! Why a cluster is not there yet: facts that Kubernetes shows -> a head to talk to, something to
//! wait for, or a failure with its remedy.  Pure; knows no clock, and trusts no word of the cluster.

mod containers;
mod crash;
mod creation;
mod finding;
mod health;
mod image;
mod lost;
mod operator;
mod pod;
mod queue;
mod removal;
mod scheduling;
mod subject;
mod volumes;

use k8s_openapi::api::core::v1::{Event, Pod};

use super::{
    part::Part,
    resources::{RayCluster, RayJob},
};
use crate::output::{ending, excerpt};
use pod::PodRole;
use subject::PodSubject;

pub(super) use health::health;
pub(super) use queue::{QUEUED, is_suspended};
pub(super) use {
    finding::{ClusterFailure, Diagnosis, HeadPod, Obstacle},
    lost::{lost, restarts},
};

/// All that is known of one cluster at a moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) ray_job: Option<RayJob>,
    pub(super) ray_cluster: Option<RayCluster>,
    /// The `RayCluster` that was seen last: it is still the run's when its labels are gone.
    pub(super) last_cluster: Option<Part>,
    pub(super) pods: Vec<Pod>,
    pub(super) events: Vec<Event>,
}

/// What was asked for, in the words of the person who asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestWords<'a> {
    /// The image of head and workers.
    pub(super) image: &'a str,
    pub(super) ray_version: &'a str,
    pub(super) namespace: &'a str,
    /// The file that `cluster.template` names, if there is one.
    pub(super) template: Option<&'a str>,
    /// The names under `secrets`.
    pub(super) secrets: &'a [String],
}

/// Where the start of a cluster has got to.
pub(super) fn diagnose(facts: &Facts, request: &RequestWords<'_>) -> Diagnosis {
    let early = operator::obstacle(facts, request).or_else(|| removal::repeated(facts, request));
    if let Some(obstacle) = early {
        return obstacle.into();
    }
    let Some(head) = facts.head() else {
        return creation::head(facts, request).into();
    };
    match PodSubject::new(head, PodRole::Head, facts, request).obstacle() {
        Some(obstacle) => obstacle.into(),
        None => Diagnosis::Running(HeadPod::of(head)),
    }
}

/// What keeps trainings waiting for workers: the gravest that any worker shows.  While another
/// worker runs, nothing of it is more than a word on the progress.
pub(super) fn workers(facts: &Facts, request: &RequestWords<'_>) -> Option<Obstacle> {
    let found: Vec<_> = facts
        .pods_of(PodRole::Worker)
        .map(|worker| PodSubject::new(worker, PodRole::Worker, facts, request).obstacle())
        .collect();
    let one_runs = found.iter().any(Option::is_none);
    let refused = creation::workers(facts, request);
    let gravest = found.into_iter().flatten().chain(refused).min_by_key(Obstacle::urgency)?;
    Some(if one_runs { Obstacle { patience: None, ..gravest } } else { gravest })
}

impl RequestWords<'_> {
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

/// A container's: of a long message, the end.
fn last_words(message: &str) -> String {
    ending(message, 300)
}

#[cfg(test)]
mod tests;
