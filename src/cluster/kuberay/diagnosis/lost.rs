//! Whether a cluster that ran is lost, and why.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use super::{
    ClusterFailure, Facts, HeadPod, RequestWords, crash, operator,
    pod::{PodRole, ray_status},
    queue, removal,
    subject::PodSubject,
};

/// Why nothing that ran on `head` can be had back; nothing while it can.
pub(in super::super) fn lost(
    facts: &Facts,
    head: &HeadPod,
    request: &RequestWords<'_>,
) -> Option<ClusterFailure> {
    let Some(job) = &facts.ray_job else {
        return Some(operator::deleted(request.namespace));
    };
    if job.metadata.deletion_timestamp.is_some() {
        return Some(operator::deleted(request.namespace));
    }
    if job.is_over() {
        return Some(operator::over(job, request));
    }
    if queue::is_suspended(job) {
        let reason = format!("the cluster was taken back ({})", queue::describe(job));
        return Some(ClusterFailure::new(reason, "run again, or in a queue that is not preempted"));
    }
    let ours = |pod: &&Pod| pod.metadata.uid.as_deref() == Some(&head.uid);
    match facts.pods.iter().find(ours) {
        Some(pod) => hurt(&PodSubject::new(pod, PodRole::Head, facts, request), head),
        None => Some(gone(facts, head)),
    }
}

/// Whether the head's pod stays, and its container alone is started again: before the first job
/// nothing is lost by that.
pub(in super::super) fn restarts(facts: &Facts, head: &HeadPod) -> bool {
    facts.pods.iter().any(|pod| {
        pod.metadata.uid.as_deref() == Some(&head.uid)
            && removal::removal(pod).is_none()
            && ended(pod, head).is_some()
    })
}

/// The pod is there; is it still the process that we talked to?
fn hurt(subject: &PodSubject<'_>, head: &HeadPod) -> Option<ClusterFailure> {
    if let Some(ray) = ended(subject.pod, head) {
        // Of a pod that is taken away, the end of its container is no news.
        let removal = removal::removal(subject.pod).filter(|_| !crash::is_out_of_memory(ray));
        return Some(match removal {
            Some(why) => removal::failure("the head pod", &why),
            None => crash::lost(subject, ray),
        });
    }
    removal::removal(subject.pod).map(|why| removal::failure("the head pod", &why))
}

/// Ray's container, if it is not the process any more that we talked to.
fn ended<'a>(pod: &'a Pod, head: &HeadPod) -> Option<&'a ContainerStatus> {
    ray_status(pod).filter(|ray| {
        let terminated = ray.state.as_ref().is_some_and(|state| state.terminated.is_some());
        terminated || ray.restart_count > head.restarts
    })
}

fn gone(facts: &Facts, head: &HeadPod) -> ClusterFailure {
    let replaced = facts.head().is_some();
    let why = removal::removal_by_events(facts, &head.uid).unwrap_or_else(|| {
        if replaced { "another took its place" } else { "it was deleted" }.to_owned()
    });
    removal::failure("the head pod", &why)
}
