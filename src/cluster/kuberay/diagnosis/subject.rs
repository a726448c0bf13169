//! One pod under examination: what it asks for, what happened to it.

use k8s_openapi::{
    api::core::v1::{Event, Pod, PodCondition},
    apimachinery::pkg::api::resource::Quantity,
};

use super::{
    Facts, Obstacle, RequestWords, containers,
    pod::{self, PodRole, ray_container},
    removal, scheduling,
};
use crate::output::excerpt;

/// A pod under examination, and all that bears on it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PodSubject<'a> {
    pub(super) pod: &'a Pod,
    pub(super) role: PodRole,
    pub(super) events: &'a [Event],
    pub(super) request: &'a RequestWords<'a>,
}

impl<'a> PodSubject<'a> {
    pub(super) fn new(
        pod: &'a Pod,
        role: PodRole,
        facts: &'a Facts,
        request: &'a RequestWords<'a>,
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
            .max_by_key(|(rank, event)| (pod::time(event), *rank))
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

    /// Where an image is named: by our key, or in the template for sidecars and the like.
    pub(super) fn image_key(&self, image: &str) -> String {
        if image == self.request.image {
            "image in the config".to_owned()
        } else {
            self.request.template()
        }
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
