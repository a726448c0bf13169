//! One worker for two clusters: each side has it in turn, and begins once the other's is gone, so that there are
//! never two to be paid for, or more than a quota lets in.

use std::{ptr, time::Duration};

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::{
    experiment::measure::{Observation, Plan, Role, Side, Training, measure},
    progress::Progress,
};

/// How long a worker without work is waited for; Ray's autoscaler removes it after some seconds.
const PATIENCE: Duration = Duration::from_mins(2);

/// As [`measure`], one side after the other in the order in which they come.
pub(super) async fn measure_in_turn(
    plan: &Plan<'_>,
    sides: [&Side<'_>; 2],
    chains: Vec<Vec<Training<'_>>>,
    unproven: &[Role],
) -> Result<Vec<Observation>> {
    let role = |chain: &Vec<Training<'_>>| chain.first().map(|training| training.side.role);
    let mut observations = Vec::with_capacity(chains.len());
    for turn in chains.chunk_by(|a, b| role(a) == role(b)) {
        let whose = turn.iter().flatten().map(|training| training.side.ray).next();
        for other in sides.iter().filter(|side| !whose.is_some_and(|ray| ptr::eq(ray, side.ray))) {
            without_worker(other, plan.progress).await?;
        }
        observations.extend(measure(plan, turn.to_vec(), unproven).await?);
    }
    observations.sort_by_key(|observation| (observation.role, observation.seed));
    Ok(observations)
}

/// Waits until a side has no worker any more.  One that stays is its cluster's own matter.
async fn without_worker(side: &Side<'_>, progress: &Progress) -> Result<()> {
    let has_worker = async || {
        let nodes = side.ray.nodes().await?;
        anyhow::Ok(nodes.iter().any(|node| node.has(&side.resources)))
    };
    if !has_worker().await? {
        return Ok(());
    }
    let name = format!("waiting for the worker of {} to be removed", side.role.word());
    let (task, begun) = (progress.task(name), Instant::now());
    while has_worker().await? && begun.elapsed() < PATIENCE {
        sleep(Duration::from_secs(1)).await;
    }
    task.done("the other side's turn");
    Ok(())
}
