//! A cluster that a queue such as Kueue holds back: not started, and not to be counted as starting.

use super::{Facts, Obstacle};
use crate::{cluster::kuberay::resources::RayJob, config::QUEUE_LABEL, output::excerpt};

/// The stage of a cluster that a queue holds.
pub(in super::super) const QUEUED: &str = "queued";

/// The labels by which queues know their jobs, and the names of the queues' makers.
const LABELS: [(&str, &str); 4] = [
    (QUEUE_LABEL, "Kueue"),
    ("volcano.sh/queue-name", "Volcano"),
    ("yunikorn.apache.org/queue", "YuniKorn"),
    ("kai.scheduler/queue", "KAI"),
];

/// Somebody has told the operator to wait.
pub(super) fn obstacle(facts: &Facts) -> Option<Obstacle> {
    let job = facts.ray_job.as_ref()?;
    let cluster_waits = facts.ray_cluster.as_ref().is_some_and(|cluster| {
        let told = cluster.status.as_ref().is_some_and(|status| status.state == "suspended");
        cluster.spec.suspend == Some(true) || told
    });
    (is_suspended(job) || cluster_waits).then(|| Obstacle::waiting(QUEUED, describe(job)))
}

/// The pod is made, and waits for somebody to let the scheduler see it.
pub(super) fn gated() -> Obstacle {
    Obstacle::waiting(QUEUED, "the pod waits for its scheduling gates")
}

pub(in super::super) fn is_suspended(job: &RayJob) -> bool {
    job.spec.suspend == Some(true) || matches!(job.stage(), "Suspended" | "Suspending")
}

/// `by Kueue, in its queue gpus`.
pub(super) fn describe(job: &RayJob) -> String {
    let labels = job.metadata.labels.as_ref();
    let named = LABELS.iter().find_map(|(label, maker)| Some((labels?.get(*label)?, maker)));
    match named {
        Some((queue, maker)) => format!("by {maker}, in its queue {}", excerpt(queue, 63)),
        None => "the RayJob is suspended and names no queue that we know".to_owned(),
    }
}
