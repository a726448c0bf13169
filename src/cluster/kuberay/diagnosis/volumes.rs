//! A container that is being created: its volumes are mounted, its image is pulled.

use super::{ClusterFailure, Obstacle, subject::PodSubject, words};

/// In the order in which a node does them.
const STEPS: [&str; 6] =
    ["FailedAttachVolume", "FailedMount", "FailedCreatePodSandBox", "Pulling", "Pulled", "Created"];

/// What the node is about, by the newest event.
pub(super) fn obstacle(subject: &PodSubject<'_>, container: &str) -> Obstacle {
    let event = subject.newest(&STEPS);
    let message = event.and_then(|event| event.message.as_deref()).unwrap_or_default();
    match event.and_then(|event| event.reason.as_deref()) {
        Some("FailedAttachVolume" | "FailedMount") => unmounted(subject, message),
        Some("FailedCreatePodSandBox") => no_sandbox(subject, message),
        Some("Pulled" | "Created") => Obstacle::waiting("starting the container", ""),
        _ => Obstacle::waiting("pulling the image", words(subject.image(container))),
    }
}

fn unmounted(subject: &PodSubject<'_>, message: &str) -> Obstacle {
    let words = words(message);
    let failure = ClusterFailure::new(
        format!("a volume of {} cannot be mounted: {words}", subject.role.pod()),
        format!(
            "create what it names in namespace {}, or correct the volumes in {}",
            subject.request.namespace,
            subject.request.template()
        ),
    );
    Obstacle::for_seconds("mounting volumes", &words, 20, failure)
}

fn no_sandbox(subject: &PodSubject<'_>, message: &str) -> Obstacle {
    let node = subject.pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()).unwrap_or("");
    let words = words(message);
    let failure = ClusterFailure::new(
        format!("the node {node} cannot start {}: {words}", subject.role.pod()),
        "ask the cluster's owner to look at that node",
    );
    Obstacle::for_seconds("preparing the pod on its node", &words, 45, failure)
}
