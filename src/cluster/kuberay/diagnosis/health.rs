//! A head that runs and no longer answers the health checks that `KubeRay` gave it: Ray inside is
//! dead or stuck, and says that jobs run which will never end.

use super::{ClusterFailure, Facts, HeadPod, Obstacle, PodRole};

/// Seconds in which a head may become ready again, as after a restart of its node's kubelet.
const PATIENCE: u64 = 60;

/// Nothing while the head is ready, or unknown.
pub(in super::super) fn health(facts: &Facts, head: &HeadPod) -> Option<Obstacle> {
    let pod =
        facts.pods_of(PodRole::Head).find(|pod| pod.metadata.uid.as_deref() == Some(&head.uid))?;
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready")?;
    if ready.status != "False" {
        return None;
    }
    let failure = ClusterFailure::new(
        format!("Ray in the head pod {} has failed its health checks for a minute", head.name),
        "run again, and if it recurs raise cluster.head.cpu and cluster.head.memory",
    );
    let stage = "waiting for the head to become healthy again";
    Some(Obstacle::for_seconds(stage, "", PATIENCE, failure))
}
