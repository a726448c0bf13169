//! Containers that end although they should run.

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus};

use super::{
    Failure, Obstacle,
    pod::{Subject, ray_container},
    words,
};

/// Before the start nothing is lost by a crash, so one may heal; the second is a failure.
const CRASHES: i32 = 2;

/// What the last end of a container means.
pub(super) fn obstacle(subject: &Subject<'_>, status: &ContainerStatus) -> Option<Obstacle> {
    let end = last_end(status)?;
    let is_init = !is_ray(subject, status);
    if is_init && end.exit_code == 0 {
        return None;
    }
    let state = status.state.as_ref();
    let waiting = state.and_then(|it| it.waiting.as_ref()).and_then(|it| it.reason.as_deref());
    let failure = failure(subject, status, end);
    if is_hopeless(end) || waiting == Some("CrashLoopBackOff") || status.restart_count >= CRASHES {
        return Some(Obstacle::fatal(failure));
    }
    let runs = state.is_some_and(|it| it.running.is_some());
    (!runs).then(|| Obstacle::for_seconds("restarting after a crash", &describe(end), 30, failure))
}

/// How the container ended, now or the time before.
fn last_end(status: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let states = [&status.state, &status.last_state];
    states.into_iter().flatten().find_map(|state| state.terminated.as_ref())
}

fn is_ray(subject: &Subject<'_>, status: &ContainerStatus) -> bool {
    ray_container(subject.pod).is_some_and(|ray| ray.name == status.name)
}

fn is_hopeless(end: &ContainerStateTerminated) -> bool {
    let message = end.message.as_deref().unwrap_or_default();
    killed_for_memory(end) || end.exit_code == 127 || lacks_program(message)
}

fn killed_for_memory(end: &ContainerStateTerminated) -> bool {
    end.reason.as_deref() == Some("OOMKilled")
}

/// The container's last end was for want of memory.
pub(super) fn is_out_of_memory(status: &ContainerStatus) -> bool {
    last_end(status).is_some_and(killed_for_memory)
}

/// Words of shells and runtimes.
pub(super) fn lacks_program(message: &str) -> bool {
    [
        "command not found",
        "ray: not found",
        "executable file not found",
        "no such file or directory",
        "exec format error",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

/// `exit code 1 (Error): the last it said`.
fn describe(end: &ContainerStateTerminated) -> String {
    let reason = end.reason.as_deref().map(|it| format!(" ({})", words(it))).unwrap_or_default();
    let said = words(end.message.as_deref().unwrap_or_default());
    let said = if said.is_empty() { said } else { format!(": {said}") };
    format!("exit code {}{reason}{said}", end.exit_code)
}

fn failure(
    subject: &Subject<'_>,
    status: &ContainerStatus,
    end: &ContainerStateTerminated,
) -> Failure {
    let (role, request) = (subject.role, subject.request);
    let message = end.message.as_deref().unwrap_or_default();
    let image = subject.image(&status.name);
    if killed_for_memory(end) {
        return out_of_memory(subject, status);
    }
    if end.exit_code == 127 || lacks_program(message) {
        return no_ray(subject, image, &describe(end));
    }
    if message.contains("Version mismatch") {
        let reason = format!("{} has other versions than the head: {}", role.pod(), words(message));
        return Failure::new(
            reason,
            format!("use one image for all pods in {}", request.template()),
        );
    }
    let of = if is_ray(subject, status) {
        String::new()
    } else {
        format!(" in {}", words(&status.name))
    };
    let reason = format!("{} crashes{of}: {}{}", role.pod(), describe(end), probe(subject));
    let remedy = match is_ray(subject, status) {
        true => format!("check that {image} can start Ray {}", request.ray_version),
        false => format!("correct that container in {}", request.template()),
    };
    Failure::new(reason, remedy)
}

/// A node kills a container whose probe fails, and tells so in an event only.
fn probe(subject: &Subject<'_>) -> String {
    let killing = subject.newest(&["Killing"]).and_then(|event| event.message.as_deref());
    killing
        .filter(|message| message.contains("failed liveness probe"))
        .map_or_else(String::new, |message| format!(" ({})", words(message)))
}

fn out_of_memory(subject: &Subject<'_>, status: &ContainerStatus) -> Failure {
    let (role, ray) = (subject.role, ray_container(subject.pod));
    let limits = ray.and_then(|it| it.resources.as_ref()).and_then(|it| it.limits.as_ref());
    let limit = limits.and_then(|it| it.get("memory")).map(|it| format!(" of {}", words(&it.0)));
    let reason = format!("{} needs more than its memory{}", role.pod(), limit.unwrap_or_default());
    let key = match is_ray(subject, status) {
        true => format!("{}.memory", role.key()),
        false => format!("the memory of {} in {}", words(&status.name), subject.request.template()),
    };
    Failure::new(format!("{reason} and was killed (OOMKilled)"), format!("raise {key}"))
}

pub(super) fn no_ray(subject: &Subject<'_>, image: &str, message: &str) -> Failure {
    Failure::new(
        format!("the image {image} cannot start Ray: {}", words(message)),
        format!(
            "put bash and Ray {} on the image's PATH, or correct {}",
            subject.request.ray_version,
            subject.image_key(image)
        ),
    )
}

/// Ray's container ended after it ran: all jobs are lost, and perhaps for want of memory.
pub(super) fn lost(subject: &Subject<'_>, ray: &ContainerStatus) -> Failure {
    match last_end(ray) {
        Some(end) if killed_for_memory(end) => out_of_memory(subject, ray),
        Some(end) => {
            let reason = format!("Ray's head ended: {}{}", describe(end), probe(subject));
            Failure::new(reason, "run again, and if it recurs see the logs of the head")
        }
        None => Failure::new("Ray's head was restarted", "run again"),
    }
}
