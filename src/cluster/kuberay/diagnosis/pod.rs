//! One pod of a cluster: what it is, what it asks for, what happened to it.

use k8s_openapi::{
    api::core::v1::{Container, ContainerStatus, Event, Pod, PodCondition},
    apimachinery::pkg::api::resource::Quantity,
    jiff::Timestamp,
};

use super::{Facts, HeadPod, Obstacle, Request, containers, removal, scheduling};
use crate::output::excerpt;

/// What a pod is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Head,
    Worker,
}

/// A pod under examination, and all that bears on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) pod: &'a Pod,
    pub(super) role: Role,
    pub(super) events: &'a [Event],
    pub(super) request: &'a Request<'a>,
}

impl Role {
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
    pub(super) fn pods_of(&self, role: Role) -> impl Iterator<Item = &Pod> {
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
        self.pods_of(Role::Head).next()
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

impl<'a> Subject<'a> {
    pub(super) fn new(
        pod: &'a Pod,
        role: Role,
        facts: &'a Facts,
        request: &'a Request<'a>,
    ) -> Self {
        Self { pod, role, events: &facts.events, request }
    }

    /// Why Ray's container does not run; nothing if it does.
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        removal::obstacle(self)
            .or_else(|| scheduling::obstacle(self))
            .or_else(|| containers::obstacle(self))
    }

    pub(super) fn own_events(&self) -> impl Iterator<Item = &'a Event> {
        let uid = self.pod.metadata.uid.as_ref();
        self.events.iter().filter(move |event| event.involved_object.uid.as_ref() == uid)
    }

    /// The newest event on this pod among those of the given reasons; of two within the same
    /// second, the one whose reason comes later in the list.
    pub(super) fn newest(&self, reasons: &[&str]) -> Option<&'a Event> {
        let rank =
            |event: &Event| reasons.iter().position(|it| Some(*it) == event.reason.as_deref());
        self.own_events()
            .filter_map(|event| Some((rank(event)?, event)))
            .max_by_key(|(rank, event)| (time(event), *rank))
            .map(|(_, event)| event)
    }

    pub(super) fn condition(&self, kind: &str) -> Option<&'a PodCondition> {
        let conditions = self.pod.status.as_ref()?.conditions.as_ref()?;
        conditions.iter().find(|condition| condition.type_ == kind)
    }

    /// The image that a container names; the user's own if the pod does not tell.
    pub(super) fn image(&self, container: &str) -> &'a str {
        let spec = self.pod.spec.as_ref();
        let inits = spec.and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
        let all = spec.map(|spec| spec.containers.iter().chain(inits));
        all.and_then(|mut all| all.find(|it| it.name == container))
            .and_then(|it| it.image.as_deref())
            .unwrap_or(self.request.image)
    }

    /// The key that an image comes from: ours, or the template's for sidecars and the like.
    pub(super) fn image_key(&self, image: &str) -> String {
        if image == self.request.image { "image".to_owned() } else { self.request.template() }
    }

    /// What Ray's container asks for: ` (cpu 2, memory 8Gi)`.
    pub(super) fn size(&self) -> String {
        let requests = ray_container(self.pod)
            .and_then(|it| it.resources.as_ref())
            .and_then(|it| it.requests.as_ref().or(it.limits.as_ref()));
        let all: Vec<_> = requests
            .into_iter()
            .flatten()
            .map(|(name, Quantity(size))| format!("{name} {size}"))
            .collect();
        if all.is_empty() { String::new() } else { format!(" ({})", excerpt(&all.join(", "), 120)) }
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
