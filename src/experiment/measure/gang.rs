//! The workers of a training that names several.  It begins once Ray has places for all of them: so the wait for
//! them is no part of its time, and a Ray that grows is asked for whole gangs.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::time::{sleep, timeout};

use crate::{
    cluster::{
        Gang,
        ray::{EntrypointResources, GangTurn, JobStatus, Ray, RuntimeEnv, Submission},
    },
    config::Placement,
    experiment::job::Job,
    output::excerpt,
};

/// The variable that holds the script.
const SCRIPT: &str = "REGRESSION_GANG";
/// The variable that holds what each worker takes, as JSON.
const BUNDLES: &str = "REGRESSION_BUNDLES";
/// The variable that holds Ray's word for where they run.
const STRATEGY: &str = "REGRESSION_STRATEGY";

/// Ends when there are places for all, and gives them back by that.
const GATHER: &str = r#"
import json, os
import ray
from ray.util.placement_group import placement_group
ray.init(log_to_driver=False)
group = placement_group(json.loads(os.environ["REGRESSION_BUNDLES"]), strategy=os.environ["REGRESSION_STRATEGY"])
while not group.wait(60):
    pass
"#;

const POLL: Duration = Duration::from_millis(200);
/// How long places are not asked for again that were those of another gang; longer each time, because its training
/// may ask for them late.
const AGAIN: Duration = Duration::from_secs(10);
const LATEST: Duration = Duration::from_mins(1);

/// Id of the job that asks for the places of a training's gang: the first, the second and so on.
pub(crate) fn gathering(training: &str, time: u32) -> String {
    format!("{training}-gang-{time}")
}

/// Waits until there are places for all workers of a training, as long as it takes.  They stay free until it asks for
/// them, because no more gangs run than the nodes have room for: places that were free were another gang's otherwise,
/// which has its turn and has not asked for them yet.
pub(super) async fn gather(gang: &Gang, ray: &Ray, job: &Job<'_>) -> Result<GangTurn> {
    let mut time = 1;
    loop {
        placed(gang, ray, &submission(gang, job, time)?).await?;
        let turn = ray.gang_turn(gang.room_on(&ray.nodes().await?));
        if let Ok(turn) = timeout(LATEST.min(AGAIN * time), turn).await {
            return Ok(turn);
        }
        time += 1;
    }
}

/// Waits until Ray had places for all at once.
async fn placed(gang: &Gang, ray: &Ray, submission: &Submission) -> Result<()> {
    let id = &submission.submission_id;
    ray.submit(submission).await?;
    loop {
        let info = ray.job(id).await?;
        let info = info.with_context(|| format!("Ray no longer knows job {id}"))?;
        match info.status {
            JobStatus::Succeeded => return Ok(()),
            JobStatus::Pending | JobStatus::Running => sleep(POLL).await,
            JobStatus::Failed | JobStatus::Stopped => {
                let why = excerpt(&info.message.unwrap_or_default(), 600);
                let workers = gang.workers;
                bail!("Ray was asked for {workers} workers at once, and job {id} failed: {why}");
            }
        }
    }
}

fn submission(gang: &Gang, job: &Job<'_>, time: u32) -> Result<Submission> {
    let Gang { workers, each, placement } = gang;
    let bundles = serde_json::to_string(&vec![each; usize::try_from(*workers)?])?;
    let strategy = match placement {
        Placement::Pack => "PACK",
        Placement::Spread => "STRICT_SPREAD",
    };
    let variables =
        [(SCRIPT, GATHER.to_owned()), (BUNDLES, bundles), (STRATEGY, strategy.to_owned())];
    let env_vars = variables.map(|(name, value)| (name.to_owned(), value)).into();
    Ok(Submission {
        submission_id: gathering(&job.id, time),
        entrypoint: format!("python -c \"${SCRIPT}\""),
        runtime_env: RuntimeEnv { env_vars, ..RuntimeEnv::default() },
        takes: EntrypointResources::default(),
        entrypoint_label_selector: BTreeMap::new(),
        metadata: job.metadata.clone(),
    })
}
