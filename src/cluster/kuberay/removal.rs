//! The end of a cluster: deleted, watched until nothing is left, and proved.

use std::time::Duration;

use tokio::{
    sync::watch::Receiver,
    time::{Instant, sleep, timeout},
};

use super::{
    api::Kube,
    diagnosis::Facts,
    part::{Part, PartKind},
    refusal::{told, within},
};
use crate::{
    cluster::{Cleanup, now},
    progress::Progress,
};

/// How long a removal is watched when whoever cancelled us may kill us soon, and an answer may take then.
const HURRIED: Duration = Duration::from_secs(4);
const HURRIED_ANSWER: Duration = Duration::from_millis(1300);
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
    let limits = RemovalLimits::new(kube, hurried);
    let left = loop {
        match within(limits.answer, Box::pin(kube.delete(name))).await {
            Ok(()) => break empty(kube, name, cluster.as_ref(), seen, &limits).await,
            Err(error) if limits.are_over() => break Err(error),
            Err(error) => task.update(format!("{}; trying again", told(&error, kube))),
        }
        sleep(RETRY).await;
    };
    let cleanup = proof(kube, name, left);
    task.done(&cleanup.summary);
    cleanup
}

/// The proof where there never was anything.
pub(super) fn nothing() -> Cleanup {
    Cleanup { left: 0, checked_at: now(), summary: "nothing was created".to_owned() }
}

/// How long a removal may take.
#[derive(Debug)]
struct RemovalLimits {
    deadline: Instant,
    /// Each call, to the end even if that is after the deadline: silence is told from having no time.
    answer: Duration,
}

/// What was seen left.
#[derive(Debug)]
struct Left {
    parts: Vec<Part>,
    at: String,
    /// Why it was not looked at again.
    blind: Option<kube::Error>,
}

impl RemovalLimits {
    fn new(kube: &Kube, hurried: bool) -> Self {
        let (total, answer) =
            if hurried { (HURRIED, HURRIED_ANSWER) } else { (kube.patience, kube.answer()) };
        Self { deadline: Instant::now() + total, answer }
    }

    fn are_over(&self) -> bool {
        Instant::now() >= self.deadline
    }
}

/// Waits until all is gone; yields what was last seen to be left, or why nothing was seen.
async fn empty(
    kube: &Kube,
    name: &str,
    cluster: Option<&Part>,
    mut seen: Option<Receiver<Facts>>,
    limits: &RemovalLimits,
) -> kube::Result<Left> {
    let begun = Instant::now();
    let mut alone: Option<Instant> = None;
    let mut last: Option<kube::Result<Left>> = None;
    delete(kube, cluster, limits).await;
    loop {
        unseen(seen.as_mut(), limits.deadline).await;
        let looked = within(limits.answer, Box::pin(kube.parts(name, cluster))).await;
        let left = match (looked, last) {
            (Ok(parts), _) => Ok(Left { parts, at: now(), blind: None }),
            (Err(error), Some(Ok(left))) => Ok(Left { blind: Some(error), ..left }),
            (Err(error), _) => Err(error),
        };
        let parts = left.as_ref().map_or(&[][..], |left| &left.parts);
        let over = limits.are_over() || left.as_ref().is_err_and(is_forbidden);
        if over || (left.is_ok() && parts.is_empty()) {
            return left;
        }
        if left.is_err() || parts.iter().any(|part| part.kind != PartKind::RayJob) {
            delete(kube, parts.iter().filter(|part| part.is_detached()), limits).await;
        } else if alone.get_or_insert_with(Instant::now).elapsed() > OPERATOR {
            drop(within(limits.answer, kube.drop_finalizers(name)).await);
        }
        last = Some(left);
        sleep((begun.elapsed() / 10).clamp(POLL, SLOWEST_POLL)).await;
    }
}

/// Whether the Role lacks a right, which no waiting brings.
fn is_forbidden(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 403)
}

/// Deletes parts one by one; of whatever that fails for, the next look tells.
async fn delete(kube: &Kube, parts: impl IntoIterator<Item = &Part>, limits: &RemovalLimits) {
    for part in parts {
        drop(within(limits.answer, Box::pin(kube.delete_part(part))).await);
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

fn proof(kube: &Kube, name: &str, left: kube::Result<Left>) -> Cleanup {
    let place = format!("namespace {}", kube.namespace);
    match left {
        Ok(Left { parts, at, .. }) if parts.is_empty() => Cleanup {
            left: 0,
            summary: format!("{name} removed: 0 objects left in {place}, checked at {at}"),
            checked_at: at,
        },
        Ok(Left { parts, at, blind }) => {
            let blind = blind.map(|error| format!(", and since then {}", told(&error, kube)));
            Cleanup {
                left: parts.len(),
                summary: format!(
                    "{name} is being removed: {} objects left in {place}, checked at {at}{}: {}; KubeRay \
                     ends them when the lease runs out, if not sooner",
                    parts.len(),
                    blind.unwrap_or_default(),
                    parts.iter().map(Part::to_string).collect::<Vec<_>>().join(", ")
                ),
                checked_at: at,
            }
        }
        // Unknown, so at least one: a proof must not claim what was not seen.
        Err(error) => Cleanup {
            left: 1,
            summary: format!(
                "could not see {name} go: {}{}; KubeRay removes it when its lease runs out; check with: \
                 kubectl get rayjobs,pods -n {} -l {}={name}",
                told(&error, kube),
                if is_forbidden(&error) {
                    "; apply the Role of manifests/role.yml anew"
                } else {
                    ""
                },
                kube.namespace,
                super::manifest::RUN
            ),
            checked_at: now(),
        },
    }
}

#[cfg(test)]
mod tests;
