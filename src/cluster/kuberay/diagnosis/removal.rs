//! Pods that are taken away: evicted, preempted, lost with their node, deleted, made anew.

use k8s_openapi::api::core::v1::Pod;

use super::{
    ClusterFailure, Facts, Obstacle, RequestWords, crash, pod::ray_status, subject::PodSubject,
    words,
};

/// So many heads that ended are no accident: the operator makes new ones without limit.
const HEADS: i32 = 2;

/// The pod goes away before Ray ran in it; the operator makes another.
pub(super) fn obstacle(subject: &PodSubject<'_>) -> Option<Obstacle> {
    let why = removal(subject.pod)?;
    // A pod that crashed and is cleared away is not to hide why.
    let crash = ray_status(subject.pod).and_then(|ray| crash::obstacle(subject, ray));
    if let Some(fatal) = crash.filter(Obstacle::is_fatal) {
        return Some(fatal);
    }
    let failure = failure(subject.role.pod(), &why);
    Some(Obstacle::for_seconds("waiting for another pod", &why, 60, failure))
}

/// Why a pod is on its way out, or is one that failed as a whole.
pub(super) fn removal(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let disruption =
        conditions.iter().find(|it| it.type_ == "DisruptionTarget" && it.status == "True");
    let told = match (&status.reason, disruption) {
        (Some(reason), _) => Some((reason.as_str(), status.message.as_deref())),
        (None, Some(it)) => Some((it.reason.as_deref().unwrap_or_default(), it.message.as_deref())),
        (None, None) => None,
    };
    match told {
        Some((reason, message)) => Some(describe(reason, message.unwrap_or_default())),
        None if status.phase.as_deref() == Some("Unknown") => Some("its node was lost".to_owned()),
        None => pod.metadata.deletion_timestamp.is_some().then(|| "it was deleted".to_owned()),
    }
}

fn describe(reason: &str, message: &str) -> String {
    let what = match reason {
        "Evicted" | "EvictionByEvictionAPI" | "TerminationByKubelet" => "it was evicted".to_owned(),
        "Preempting" | "Preempted" | "PreemptionByScheduler" => {
            "it was preempted by a pod of higher priority".to_owned()
        }
        "NodeLost" | "DeletionByTaintManager" | "TaintManagerEviction" | "DeletionByPodGC" => {
            "its node was lost".to_owned()
        }
        other => words(other),
    };
    if message.is_empty() { what } else { format!("{what}: {}", words(message)) }
}

/// Of a pod that is gone, only its events are left.
pub(super) fn removal_by_events(facts: &Facts, uid: &str) -> Option<String> {
    let telling = ["Evicted", "Preempted", "TaintManagerEviction"];
    let events = facts.events.iter().filter(|it| it.involved_object.uid.as_deref() == Some(uid));
    let mut told = events.filter_map(|event| {
        let reason = event.reason.as_deref().filter(|it| telling.contains(it))?;
        Some(describe(reason, event.message.as_deref().unwrap_or_default()))
    });
    told.next()
}

/// A pod is gone, and why.
pub(super) fn failure(pod: &str, why: &str) -> ClusterFailure {
    let remedy = match why {
        _ if why.contains("preempted") => "run again, or give the pods a priorityClassName",
        _ if why.contains("ephemeral") => "write less to the pod's disk, or give it a volume",
        _ => "run again",
    };
    ClusterFailure::new(format!("{pod} is gone: {why}"), remedy)
}

/// Head pods that ended one after the other, which the operator removes within seconds.
pub(super) fn repeated(facts: &Facts, request: &RequestWords<'_>) -> Option<Obstacle> {
    let deleted: Vec<_> =
        facts.events.iter().filter(|it| it.reason.as_deref() == Some("DeletedHeadPod")).collect();
    let count: i32 = deleted.iter().map(|event| event.count.unwrap_or(1)).sum();
    let last =
        deleted.last().and_then(|event| event.message.as_deref()).filter(|_| count >= HEADS)?;
    let remedy = if last.contains("OOMKilled") {
        "raise cluster.head.memory".to_owned()
    } else {
        format!("check that {} can start Ray {}", request.image, request.ray_version)
    };
    let reason = format!("the head pod ended {count} times: {}", words(last));
    Some(Obstacle::fatal(ClusterFailure::new(reason, remedy)))
}
