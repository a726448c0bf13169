//! What the end of a container means, and what to do.

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus};

use super::{
    super::{ClusterFailure, last_words, pod::ray_container, subject::PodSubject, words},
    is_ray, killed_for_memory, lacks_ray,
};

/// `exit code 1 (Error): the last it said`.
pub(super) fn describe(end: &ContainerStateTerminated) -> String {
    let reason = end.reason.as_deref().map(|it| format!(" ({})", words(it))).unwrap_or_default();
    let said = last_words(end.message.as_deref().unwrap_or_default());
    let said = if said.is_empty() { said } else { format!(": {said}") };
    format!("exit code {}{reason}{said}", end.exit_code)
}

pub(super) fn failure(
    subject: &PodSubject<'_>,
    status: &ContainerStatus,
    end: &ContainerStateTerminated,
) -> ClusterFailure {
    let (role, request) = (subject.role, subject.request);
    let message = end.message.as_deref().unwrap_or_default();
    let image = subject.image(&status.name);
    if killed_for_memory(end) {
        return out_of_memory(subject, status);
    }
    if lacks_ray(end) {
        return no_ray(subject, image, &describe(end));
    }
    if message.contains("Version mismatch") {
        let reason = format!("{} has other versions than the head: {}", role.pod(), words(message));
        return ClusterFailure::new(
            reason,
            format!("use one image for all pods in {}", request.template()),
        );
    }
    let end = format!("{}{}", describe(end), probe(subject));
    if is_ray(subject, status) {
        let remedy = format!("check that {image} can start Ray {}", request.ray_version);
        return ClusterFailure::new(format!("{} crashes: {end}", role.pod()), remedy);
    }
    let reason = format!("{} crashes in {}: {end}", role.pod(), words(&status.name));
    ClusterFailure::new(reason, format!("correct that container in {}", request.template()))
}

/// A node kills a container whose probe fails, and tells so in an event only.
pub(super) fn probe(subject: &PodSubject<'_>) -> String {
    let killing = subject.newest(&["Killing"]).and_then(|event| event.message.as_deref());
    killing
        .filter(|message| message.contains("failed liveness probe"))
        .map_or_else(String::new, |message| format!(" ({})", words(message)))
}

pub(super) fn out_of_memory(subject: &PodSubject<'_>, status: &ContainerStatus) -> ClusterFailure {
    if !is_ray(subject, status) {
        let name = words(&status.name);
        return ClusterFailure::new(
            format!("{} ran out of memory in {name} (OOMKilled)", subject.role.pod()),
            format!("raise the memory of {name} in {}", subject.request.template()),
        );
    }
    let resources = ray_container(subject.pod).and_then(|it| it.resources.as_ref());
    let limit = resources.and_then(|it| it.limits.as_ref()?.get("memory"));
    let limit = limit.map(|limit| format!(" of {}", words(&limit.0))).unwrap_or_default();
    ClusterFailure::new(
        format!("{} needs more than its memory{limit} (OOMKilled)", subject.role.pod()),
        format!("raise {}.memory", subject.role.key()),
    )
}

pub(in super::super) fn no_ray(
    subject: &PodSubject<'_>,
    image: &str,
    message: &str,
) -> ClusterFailure {
    ClusterFailure::new(
        format!("the image {image} cannot start Ray: {}", words(message)),
        format!(
            "put bash and Ray {} on the image's PATH, or correct {}",
            subject.request.ray_version,
            subject.image_key(image)
        ),
    )
}
