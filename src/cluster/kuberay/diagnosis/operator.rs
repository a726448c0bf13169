//! What `KubeRay` itself says, before there is a pod to look at.

use k8s_openapi::api::core::v1::Event;

use super::{ClusterFailure, Facts, Obstacle, RequestWords, creation, pod, queue, words};
use crate::cluster::kuberay::resources::RayJob;

/// Seconds in which an operator looks at a new object.  With two hundred runs begun at once, some
/// wait for more than ten.
const PATIENCE: u64 = 90;

/// Everything that concerns the two objects and none of their pods.
pub(super) fn obstacle(facts: &Facts, request: &RequestWords<'_>) -> Option<Obstacle> {
    let Some(job) = &facts.ray_job else {
        let failure = deleted(request.namespace);
        return Some(Obstacle::for_seconds("creating the RayJob", "", 5, failure));
    };
    if job.metadata.deletion_timestamp.is_some() {
        return Some(Obstacle::fatal(deleted(request.namespace)));
    }
    if job.is_over() {
        return Some(Obstacle::fatal(over(job, request)));
    }
    queue::obstacle(facts)
        .or_else(|| invalid(facts, request))
        .or_else(|| job.stage().is_empty().then(|| absent(request)))
        .or_else(|| uncreated(facts, request))
}

/// Somebody removed what we own.
pub(super) fn deleted(namespace: &str) -> ClusterFailure {
    ClusterFailure::new(
        format!("the RayJob was deleted from namespace {namespace} by somebody else"),
        "run again, and if it recurs find out who deletes RayJobs there",
    )
}

/// The operator has given the job up.
pub(super) fn over(job: &RayJob, request: &RequestWords<'_>) -> ClusterFailure {
    let status = job.status.as_ref();
    let reason = status.and_then(|status| status.reason.as_deref()).unwrap_or_default();
    let message = words(status.and_then(|status| status.message.as_deref()).unwrap_or(reason));
    match (job.stage(), reason) {
        ("ValidationFailed", _) => rejected(&message, request),
        (_, "PreRunningDeadlineExceeded" | "DeadlineExceeded") => ClusterFailure::new(
            "the lease of the cluster ran out because this process did not renew it",
            "was it suspended, or cut off from Kubernetes' API server? run again",
        ),
        (stage, _) => ClusterFailure::new(
            format!("KubeRay ended the cluster ({}): {message}", words(stage)),
            format!("see kubectl describe rayjob in namespace {}", request.namespace),
        ),
    }
}

fn rejected(message: &str, request: &RequestWords<'_>) -> ClusterFailure {
    ClusterFailure::new(
        format!("KubeRay rejects the cluster: {message}"),
        format!("correct {}", request.template()),
    )
}

/// Old operators put a rejection into an event, and nowhere else.
fn invalid(facts: &Facts, request: &RequestWords<'_>) -> Option<Obstacle> {
    let reasons = [
        "InvalidRayClusterSpec",
        "InvalidRayClusterMetadata",
        "InvalidRayJobSpec",
        "InvalidRayJobMetadata",
    ];
    let event = newest(facts, &reasons)?;
    let message = words(event.message.as_deref().unwrap_or_default());
    Some(Obstacle::fatal(rejected(&message, request)))
}

fn absent(request: &RequestWords<'_>) -> Obstacle {
    let namespace = request.namespace;
    let failure = ClusterFailure::new(
        format!("no KubeRay operator looks after namespace {namespace}: the RayJob has no status"),
        "install KubeRay, let it watch that namespace, or choose another with --namespace",
    );
    Obstacle::for_seconds("waiting for KubeRay", "", PATIENCE, failure)
}

/// The operator wants to make a `RayCluster` and there is none.
fn uncreated(facts: &Facts, request: &RequestWords<'_>) -> Option<Obstacle> {
    if facts.ray_cluster.is_some() {
        return None;
    }
    let Some(event) = newest(facts, &["FailedToCreateRayCluster"]) else {
        return Some(Obstacle::waiting("creating the cluster", ""));
    };
    let message = event.message.as_deref().unwrap_or_default();
    Some(creation::refused(message, "the RayCluster", "cluster.head", request))
}

/// The newest event of `KubeRay`, on whatever object of this cluster.
pub(super) fn newest<'a>(facts: &'a Facts, reasons: &[&str]) -> Option<&'a Event> {
    let told = |event: &&Event| event.reason.as_deref().is_some_and(|it| reasons.contains(&it));
    facts.events.iter().filter(told).max_by_key(|event| pod::time(event))
}
