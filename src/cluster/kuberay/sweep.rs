//! What dead runs left.  Their clusters went when the lease ran out; the entries of the `RayJob`s stay
//! until somebody removes them, and so does whatever somebody took away from its owner.

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use anyhow::Result;
use kube::ResourceExt;

use super::{
    api::Kube,
    manifest::{EXPIRES, MANAGED_BY, OWNER},
    part::Part,
    refusal, removal,
    resources::RayJob,
};
use crate::{
    cluster::{Cleanup, Swept, kubeconfig::Access},
    progress::Progress,
};

/// How much the clocks of two machines may differ.
const SKEW: Duration = Duration::from_mins(5);

/// Removes what dead runs left in a namespace.  A living run holds a lease, and is left alone.
pub(crate) async fn remove_dead(access: &Access, progress: &Progress) -> Result<Vec<Swept>> {
    let kube = Kube::new(access);
    let mut tries = kube.tries();
    let (parts, jobs) = loop {
        match found(&kube).await {
            Err(error) if refusal::passes_at_first(&error) => tries.again(error).await?,
            found => break found?,
        }
    };
    let mut swept = Vec::new();
    for job in jobs.iter().filter(|job| is_ours(job)) {
        let what = format!("RayJob {} of {}", job.name_any(), annotation(job, OWNER));
        let Some(reason) = dead(job, SystemTime::now()) else {
            let detail = format!("left alone: its run holds it until {}", annotation(job, EXPIRES));
            swept.push(Swept { what, detail, removed: false });
            continue;
        };
        swept.push(remove(&kube, &job.name_any(), what, &reason, progress).await);
    }
    for (run, parts) in orphans(parts, &jobs) {
        let what = format!("{} of {run}", parts.join(", "));
        swept.push(remove(&kube, &run, what, "no RayJob holds it any more", progress).await);
    }
    Ok(swept)
}

/// Removes everything of the run whose `RayJob` has that name, alive or not.
pub(crate) async fn remove_run(access: &Access, name: String, progress: &Progress) -> Cleanup {
    removal::remove(&Kube::new(access), &name, None, None, false, progress).await
}

async fn found(kube: &Kube) -> Result<(Vec<Part>, Vec<RayJob>)> {
    // Parts first: each RayJob was there before its own.
    let parts = kube.all_parts().await?;
    Ok((parts, kube.jobs().await?))
}

async fn remove(kube: &Kube, run: &str, what: String, reason: &str, progress: &Progress) -> Swept {
    let cleanup = removal::remove(kube, run, None, None, false, progress).await;
    let detail = format!("{reason}: {}", cleanup.summary);
    Swept { what, detail, removed: cleanup.left == 0 }
}

/// What is there of runs without a `RayJob`, by run.  A label that names a `RayJob` of somebody else's is
/// not ours to follow.
fn orphans(parts: Vec<Part>, jobs: &[RayJob]) -> BTreeMap<String, Vec<String>> {
    let held = |run: &str| jobs.iter().any(|job| job.name_any() == run);
    let mut orphans: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for part in parts {
        if let Some(run) = part.run.clone().filter(|run| !held(run)) {
            orphans.entry(run).or_default().push(part.to_string());
        }
    }
    orphans
}

fn is_ours(job: &RayJob) -> bool {
    let (key, value) = MANAGED_BY;
    job.labels().get(key).is_some_and(|found| found == value)
}

/// Why nobody needs the job any more; none if somebody may.
fn dead(job: &RayJob, now: SystemTime) -> Option<String> {
    if job.is_over() {
        return Some(format!("KubeRay ended it ({})", job.stage()));
    }
    let expires = humantime::parse_rfc3339(annotation(job, EXPIRES)).ok()?;
    (now > expires + SKEW).then(|| "its lease ran out".to_owned())
}

fn annotation<'a>(job: &'a RayJob, key: &str) -> &'a str {
    job.annotations().get(key).map_or("unknown", String::as_str)
}

#[cfg(test)]
mod tests;
