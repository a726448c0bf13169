//! Jobs that are to end.

use std::time::Duration;

use anyhow::{Result, bail};
use futures_util::future::try_join_all;
use tokio::time::sleep;

use super::RUN_KEY;
use crate::{
    cluster::ray::{JobInfo, Ray},
    progress::Progress,
};

/// How often Ray may say that a stopped job has not ended, and the pause between; it kills the job after
/// three seconds.  Not a time, which would pass while Ray is out of reach.
const STOPPING: u32 = 75;
const STOP_POLL: Duration = Duration::from_millis(200);

/// Stops a job and waits until it is over.
pub async fn stop(ray: &Ray, id: &str) -> Result<()> {
    ray.stop(id).await?;
    for _ in 0..STOPPING {
        if ray.job(id).await?.is_none_or(|info| info.status.is_terminal()) {
            return Ok(());
        }
        sleep(STOP_POLL).await;
    }
    bail!("job {id} does not stop; stop it with: ray job stop {id}")
}

/// Stops every job of a run that has not ended yet.
pub async fn stop_all(ray: &Ray, run: &str) -> Result<()> {
    let ours = |info: &JobInfo| {
        let of_run = info.metadata.as_ref().and_then(|metadata| metadata.get(RUN_KEY));
        !info.status.is_terminal() && of_run.is_some_and(|value| value == run)
    };
    let jobs = ray.jobs().await?;
    let ids = jobs.into_iter().filter(ours).filter_map(|info| info.submission_id);
    // Each may take Ray some seconds.
    try_join_all(ids.map(async |id| stop(ray, &id).await)).await?;
    Ok(())
}

/// The same on a Ray that outlives us, where nothing else can be done; *best effort, warned*.
pub(crate) async fn leave(ray: &Ray, run: &str, progress: &Progress) {
    let Err(error) = stop_all(ray, run).await else { return };
    progress.say(format!("warning: jobs {run}-* may still run on the cluster: {error:#}"));
}
