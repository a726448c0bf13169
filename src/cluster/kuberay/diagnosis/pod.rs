//! The pods of a cluster, by their role.

use k8s_openapi::{
    api::core::v1::{Container, ContainerStatus, Event, Pod},
    jiff::Timestamp,
};

use super::{Facts, HeadPod};

/// What a pod is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PodRole {
    Head,
    Worker,
}

impl PodRole {
    /// For people: `the head pod`.
    pub(super) fn pod(self) -> &'static str {
        match self {
            Self::Head => "the head pod",
            Self::Worker => "a worker pod",
        }
    }

    /// The config's key for its size.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Head => "cluster.head",
            Self::Worker => "cluster.workers",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Worker => "worker",
        }
    }
}

impl Facts {
    /// The pods of a role; those that are being deleted come last.
    pub(super) fn pods_of(&self, role: PodRole) -> impl Iterator<Item = &Pod> {
        let of_role = move |pod: &&Pod| {
            let labels = pod.metadata.labels.as_ref();
            labels
                .and_then(|labels| labels.get("ray.io/node-type"))
                .is_some_and(|it| it == role.label())
        };
        let mut pods: Vec<_> = self.pods.iter().filter(of_role).collect();
        pods.sort_by_key(|pod| pod.metadata.deletion_timestamp.is_some());
        pods.into_iter()
    }

    /// The head's pod: of several, one that is not being deleted.
    pub(super) fn head(&self) -> Option<&Pod> {
        self.pods_of(PodRole::Head).next()
    }
}

impl HeadPod {
    pub(super) fn of(pod: &Pod) -> Self {
        Self {
            name: pod.metadata.name.clone().unwrap_or_default(),
            uid: pod.metadata.uid.clone().unwrap_or_default(),
            restarts: ray_status(pod).map_or(0, |status| status.restart_count),
        }
    }
}

/// `KubeRay` puts Ray into the first container.
pub(super) fn ray_container(pod: &Pod) -> Option<&Container> {
    pod.spec.as_ref()?.containers.first()
}

/// The state of Ray's container, if the node has told of it.
pub(super) fn ray_status(pod: &Pod) -> Option<&ContainerStatus> {
    let name = &ray_container(pod)?.name;
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    statuses.iter().find(|status| status.name == *name)
}

/// When an event last happened: there are three generations of fields for it.
pub(super) fn time(event: &Event) -> Option<Timestamp> {
    let series = event.series.as_ref().and_then(|it| it.last_observed_time.as_ref());
    let times = [
        series.map(|it| it.0),
        event.last_timestamp.as_ref().map(|it| it.0),
        event.event_time.as_ref().map(|it| it.0),
    ];
    times.into_iter().flatten().max()
}
