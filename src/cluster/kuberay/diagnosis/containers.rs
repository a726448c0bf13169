//! The containers of a pod that has its node: the init containers in their order, then Ray's.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus};
use kube::ResourceExt;

use super::{
    ClusterFailure, Obstacle, crash, image,
    pod::{ray_container, ray_status},
    subject::PodSubject,
    volumes, words,
};
use crate::cluster::kuberay::manifest::RUN;

/// The init container that `KubeRay` puts into workers.
const WAIT_FOR_HEAD: &str = "wait-gcs-ready";

/// The first container that keeps Ray from running.
pub(super) fn obstacle(subject: &PodSubject<'_>) -> Option<Obstacle> {
    let status = subject.pod.status.as_ref();
    let inits = status.and_then(|it| it.init_container_statuses.as_deref()).unwrap_or_default();
    let init = inits
        .iter()
        .find_map(|init| crash::obstacle(subject, init).or_else(|| unfinished(subject, init)));
    init.or_else(|| ray(subject))
}

fn ray(subject: &PodSubject<'_>) -> Option<Obstacle> {
    if let Some(status) = ray_status(subject.pod) {
        return crash::obstacle(subject, status).or_else(|| waiting(subject, status));
    }
    let name = ray_container(subject.pod).map_or("", |it| it.name.as_str());
    Some(volumes::obstacle(subject, name))
}

/// An init container that is not done; one that is meant to go on running is done once it runs.
fn unfinished(subject: &PodSubject<'_>, init: &ContainerStatus) -> Option<Obstacle> {
    match init.state.as_ref() {
        Some(ContainerState { terminated: Some(_), .. }) => None,
        Some(ContainerState { running: Some(_), .. }) if stays(subject, &init.name) => None,
        Some(ContainerState { running: Some(_), .. }) if init.name == WAIT_FOR_HEAD => {
            Some(without_head(subject))
        }
        Some(ContainerState { running: Some(_), .. }) => {
            Some(Obstacle::waiting("running an init container", words(&init.name)))
        }
        _ => waiting(subject, init),
    }
}

fn stays(subject: &PodSubject<'_>, init: &str) -> bool {
    let inits = subject.pod.spec.as_ref().and_then(|spec| spec.init_containers.as_deref());
    let container = inits.unwrap_or_default().iter().find(|it| it.name == init);
    container.and_then(|it| it.restart_policy.as_deref()) == Some("Always")
}

/// A worker asks for the head until it answers, for ever if need be: also with an image that has
/// no Ray to ask with.
fn without_head(subject: &PodSubject<'_>) -> Obstacle {
    let image = subject.image(WAIT_FOR_HEAD);
    let failure = ClusterFailure::new(
        format!("{} does not reach Ray's head", subject.role.pod()),
        format!(
            "check that {image} has Ray {}, and that the cluster's network lets its pods talk",
            subject.request.ray_version
        ),
    );
    Obstacle::for_seconds("waiting for Ray's head", "", 120, failure)
}

/// Why a container waits; none if it does not.
fn waiting(subject: &PodSubject<'_>, status: &ContainerStatus) -> Option<Obstacle> {
    let state = status.state.as_ref();
    if state.is_some_and(|state| state.running.is_some()) {
        return None;
    }
    let waiting = state.and_then(|state| state.waiting.as_ref());
    let reason = waiting.and_then(|it| it.reason.as_deref()).unwrap_or_default();
    let message = waiting.and_then(|it| it.message.as_deref()).unwrap_or_default();
    let obstacle =
        image::obstacle(subject, &status.name, reason, message).or_else(|| match reason {
            "CreateContainerConfigError" => Some(unconfigured(subject, message)),
            "CreateContainerError" | "RunContainerError" | "StartError" => {
                Some(unstartable(subject, &status.name, message))
            }
            _ => None,
        });
    Some(obstacle.unwrap_or_else(|| volumes::obstacle(subject, &status.name)))
}

/// What the container's environment names does not exist, or its user is not allowed.
fn unconfigured(subject: &PodSubject<'_>, message: &str) -> Obstacle {
    let request = subject.request;
    let words = words(message);
    let listed =
        request.secrets.iter().find(|name| message.contains(&format!("secret \"{name}\"")));
    let run = subject.pod.labels().get(RUN);
    let (seconds, remedy) = match listed {
        Some(name) => {
            let namespace = request.namespace;
            let create = format!("create the Secret {name} in namespace {namespace}");
            (10, format!("{create}, or correct secrets in the config"))
        }
        // With Ray's token.  We make it right after the RayJob, but a kubelet that was faster looks again late.
        None if run.is_some_and(|run| message.contains(&format!("secret \"{run}\""))) => {
            (120, "run again: this run makes that Secret, and the node did not see it".to_owned())
        }
        None => (10, format!("correct {} or what it names", request.template())),
    };
    let reason = format!("{} cannot be configured: {words}", subject.role.pod());
    let failure = ClusterFailure::new(reason, remedy);
    Obstacle::for_seconds("waiting for the pod's configuration", &words, seconds, failure)
}

/// The runtime does not get the container going.
fn unstartable(subject: &PodSubject<'_>, container: &str, message: &str) -> Obstacle {
    let image = subject.image(container);
    if crash::lacks_program(message) {
        return Obstacle::fatal(crash::no_ray(subject, image, message));
    }
    let words = words(message);
    let failure = ClusterFailure::new(
        format!("the image {image} cannot be started: {words}"),
        format!("check {} and {}", subject.image_key(image), subject.request.template()),
    );
    Obstacle::for_seconds("starting the container", &words, 20, failure)
}
