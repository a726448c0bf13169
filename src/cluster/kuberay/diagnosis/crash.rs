//! Containers that end although they should run.

mod cause;

use k8s_openapi::api::core::v1::{ContainerStateTerminated, ContainerStatus};

use super::{ClusterFailure, Obstacle, pod::ray_container, subject::PodSubject};
use cause::{describe, failure, out_of_memory, probe};

pub(super) use cause::no_ray;

/// What the last end of a container means.  Before the start nothing is lost by a crash, so one may
/// heal; the second is a failure.
pub(super) fn obstacle(subject: &PodSubject<'_>, status: &ContainerStatus) -> Option<Obstacle> {
    let end = last_end(status)?;
    if end.exit_code == 0 && !is_ray(subject, status) {
        return None;
    }
    let failure = failure(subject, status, end);
    if is_hopeless(end) || crashes(status) >= 2 {
        return Some(Obstacle::fatal(failure));
    }
    let runs = status.state.as_ref().is_some_and(|state| state.running.is_some());
    (!runs).then(|| Obstacle::for_seconds("restarting after a crash", &describe(end), 30, failure))
}

/// How often the container has ended, at least.
fn crashes(status: &ContainerStatus) -> i32 {
    let state = status.state.as_ref();
    let waits = state.and_then(|it| it.waiting.as_ref()).and_then(|it| it.reason.as_deref());
    if waits == Some("CrashLoopBackOff") {
        return status.restart_count.max(2);
    }
    status.restart_count + i32::from(state.is_some_and(|state| state.terminated.is_some()))
}

/// How the container ended, now or the time before.
fn last_end(status: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let each = [&status.state, &status.last_state];
    each.into_iter().flatten().find_map(|state| state.terminated.as_ref())
}

fn is_ray(subject: &PodSubject<'_>, status: &ContainerStatus) -> bool {
    ray_container(subject.pod).is_some_and(|ray| ray.name == status.name)
}

fn is_hopeless(end: &ContainerStateTerminated) -> bool {
    killed_for_memory(end) || lacks_ray(end)
}

fn killed_for_memory(end: &ContainerStateTerminated) -> bool {
    end.reason.as_deref() == Some("OOMKilled")
}

/// A shell's exit codes for a program that is missing or is none, or the runtime's for no start.
fn lacks_ray(end: &ContainerStateTerminated) -> bool {
    let message = end.message.as_deref().unwrap_or_default();
    end.exit_code == 127 || (matches!(end.exit_code, 126 | 128) && lacks_program(message))
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

/// Ray's container ended after it ran: all jobs are lost, and perhaps for want of memory.
pub(super) fn lost(subject: &PodSubject<'_>, ray: &ContainerStatus) -> ClusterFailure {
    match last_end(ray) {
        Some(end) if killed_for_memory(end) => out_of_memory(subject, ray),
        Some(end) => {
            let reason = format!("Ray's head ended: {}{}", describe(end), probe(subject));
            ClusterFailure::new(reason, "run again, and if it recurs see the logs of the head")
        }
        None => ClusterFailure::new("Ray's head was restarted", "run again"),
    }
}
