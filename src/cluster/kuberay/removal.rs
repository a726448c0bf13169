//! The end of a cluster: deleted, watched until nothing is left, and proved.

use std::{fmt::Display, time::Duration};

use tokio::{
    sync::watch::Receiver,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{
    api::Kube,
    diagnosis::Facts,
    part::{Kind, Part},
};
use crate::{
    cluster::{Cleanup, now},
    progress::Progress,
};

/// How long a removal is watched.
const PATIENCE: Duration = Duration::from_mins(2);
/// The same when whoever cancelled us may kill us soon.
const HURRIED: Duration = Duration::from_secs(4);
/// How long the operator may take to let a `RayJob` go whose cluster is gone.
const OPERATOR: Duration = Duration::from_secs(10);
/// A quick removal is noticed at once, and a slow one is not asked after in vain.
const POLL: Duration = Duration::from_millis(250);
const SLOWEST_POLL: Duration = Duration::from_secs(3);
/// How often we look although the watches, which may be broken, still see something.
const LOOK: Duration = Duration::from_secs(5);
const RETRY: Duration = Duration::from_secs(1);

/// Deletes everything of a run and counts what is left of it.  What is `seen` by watches tells when
/// to look; none: nothing watches.  The `cluster` is the run's `RayCluster` as it was last seen, if it was.
pub(super) async fn remove(
    kube: &Kube,
    name: &str,
    cluster: Option<Part>,
    seen: Option<Receiver<Facts>>,
    hurried: bool,
    progress: &Progress,
) -> Cleanup {
    let task = progress.task("removing the Ray cluster");
    let deadline = Instant::now() + if hurried { HURRIED } else { PATIENCE };
    let mut left = Err("not deleted".to_owned());
    while Instant::now() < deadline {
        match by(deadline, Box::pin(kube.delete(name))).await {
            Ok(()) => {
                left = empty(kube, name, cluster.as_ref(), seen, deadline).await;
                break;
            }
            Err(error) => {
                task.update(format!("{error}; trying again"));
                left = Err(error);
                sleep(RETRY).await;
            }
        }
    }
    let cleanup = proof(kube, name, left);
    task.done(&cleanup.summary);
    cleanup
}

/// The proof where there never was anything.
pub(super) fn nothing() -> Cleanup {
    Cleanup { left: 0, checked_at: now(), summary: "nothing was created".to_owned() }
}

/// Waits until all is gone; yields what is left, or why that is not known.
async fn empty(
    kube: &Kube,
    name: &str,
    cluster: Option<&Part>,
    mut seen: Option<Receiver<Facts>>,
    deadline: Instant,
) -> Result<Vec<Part>, String> {
    let begun = Instant::now();
    let mut alone: Option<Instant> = None;
    delete(kube, cluster, deadline).await;
    loop {
        unseen(seen.as_mut(), deadline).await;
        let left = by(deadline, Box::pin(kube.parts(name, cluster))).await;
        let over = Instant::now() >= deadline;
        match left {
            Ok(left) if left.is_empty() || over => return Ok(left),
            Err(error) if over => return Err(error),
            Ok(left) if left.iter().all(|part| part.kind == Kind::RayJob) => {
                if alone.get_or_insert_with(Instant::now).elapsed() > OPERATOR {
                    drop(kube.drop_finalizers(name).await);
                }
            }
            Ok(left) => delete(kube, left.iter().filter(|part| part.is_detached()), deadline).await,
            Err(_) => {}
        }
        sleep((begun.elapsed() / 10).clamp(POLL, SLOWEST_POLL)).await;
    }
}

/// Deletes parts one by one; of whatever that fails for, the next look tells.
async fn delete(kube: &Kube, parts: impl IntoIterator<Item = &Part>, deadline: Instant) {
    for part in parts {
        drop(by(deadline, Box::pin(kube.delete_part(part))).await);
    }
}

/// A call's outcome in words, no later than the deadline: a dead connection never answers.
async fn by<T, E: Display>(
    deadline: Instant,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, String> {
    match timeout_at(deadline, call).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err("the API server does not answer".to_owned()),
    }
}

/// Waits until the watches see nothing any more, or for a while.  Hundreds of runs that asked all the
/// time would keep the API server from removing anything.
async fn unseen(seen: Option<&mut Receiver<Facts>>, deadline: Instant) {
    let Some(seen) = seen else { return };
    let nothing = |facts: &Facts| {
        facts.ray_job.is_none() && facts.ray_cluster.is_none() && facts.pods.is_empty()
    };
    let look = LOOK.min(deadline.saturating_duration_since(Instant::now()));
    drop(timeout(look, seen.wait_for(nothing)).await);
}

fn proof(kube: &Kube, name: &str, left: Result<Vec<Part>, String>) -> Cleanup {
    let checked_at = now();
    let place = format!("namespace {}", kube.namespace);
    match left {
        Ok(left) if left.is_empty() => Cleanup {
            left: 0,
            summary: format!("{name} removed: 0 objects left in {place}, checked at {checked_at}"),
            checked_at,
        },
        Ok(left) => Cleanup {
            left: left.len(),
            summary: format!(
                "{name} is being removed: {} objects left in {place}, checked at {checked_at}: {}; \
                 KubeRay ends them when the lease runs out, if not sooner",
                left.len(),
                left.iter().map(Part::to_string).collect::<Vec<_>>().join(", ")
            ),
            checked_at,
        },
        // Unknown, so at least one: a proof must not claim what was not seen.
        Err(error) => Cleanup {
            left: 1,
            summary: format!(
                "could not see {name} go: {error}; KubeRay removes it when its lease runs out; \
                 check with: kubectl get rayjobs,pods -n {} -l {}={name}",
                kube.namespace,
                super::manifest::RUN
            ),
            checked_at,
        },
    }
}

#[cfg(test)]
mod tests;
