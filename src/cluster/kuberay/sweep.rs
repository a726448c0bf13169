//! `RayJob`s whose runs are dead.  Their clusters went when the lease ran out; the entries stay
//! until somebody removes them.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use kube::ResourceExt;

use super::{
    api::Kube,
    manifest::{EXPIRES, OWNER},
    refusal, removal,
    resources::RayJob,
};
use crate::{cluster::Cleanup, kubeconfig::Access, progress::Progress, sweep::Swept};

/// How much the clocks of two machines may differ.
const SKEW: Duration = Duration::from_mins(5);

/// Removes what dead runs left in a namespace.  A living run holds a lease, and is left alone.
pub(crate) async fn remove_dead(access: &Access, progress: &Progress) -> Result<Vec<Swept>> {
    let kube = Kube::new(access);
    let mut swept = Vec::new();
    let mut tries = kube.tries();
    let jobs = loop {
        match kube.ours().await {
            Err(error) if refusal::passes_at_first(&error) => tries.again(error).await?,
            listed => break listed?,
        }
    };
    for job in jobs {
        let what = format!("RayJob {} of {}", job.name_any(), annotation(&job, OWNER));
        let Some(reason) = dead(&job, SystemTime::now()) else {
            let detail =
                format!("left alone: its run holds it until {}", annotation(&job, EXPIRES));
            swept.push(Swept { what, detail, removed: false });
            continue;
        };
        let cluster = job.status.as_ref().and_then(|status| status.ray_cluster_name.clone());
        let cleanup = removal::remove(&kube, &job.name_any(), cluster, None, false, progress).await;
        let detail = format!("{reason}: {}", cleanup.summary);
        swept.push(Swept { what, detail, removed: cleanup.left == 0 });
    }
    Ok(swept)
}

/// Removes everything of the run whose `RayJob` has that name, alive or not.
pub(crate) async fn remove_run(access: &Access, name: String, progress: &Progress) -> Cleanup {
    removal::remove(&Kube::new(access), &name, None, None, false, progress).await
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
