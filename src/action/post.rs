//! `post`: the action's last step, in a container of its own.  Removes what the main step promised and
//! did not remove, and ends a status that it left pending.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::{Action, pins};
use crate::{
    action::inputs::ActionCommand,
    bisect::ray_job,
    cli::{BackendName, Place, setup::kube_options},
    clock::now,
    cluster::{kubeconfig, kuberay_sweep, ray::Ray},
    experiment::{
        backend::ray_jobs,
        job,
        tracking::{self, RunStatus, Tracker, TrackerCredentials},
    },
    git::CommitSha,
};

/// How long the status may take: the post step has five minutes in all.
const STATUS: Duration = Duration::from_mins(1);

/// Clusters of a search that are looked for; what else is left ends with its lease.
const MOST_CLUSTERS: usize = 16;

/// State: the run's name, written before anything of it exists.
pub(super) const RUN: &str = "run";
/// State: the commit that has the status.
pub(super) const SHA: &str = "sha";
/// State: address of the experiment tracker.
pub(super) const MLFLOW: &str = "mlflow";
/// State: name of its experiment.
pub(super) const EXPERIMENT: &str = "experiment";
/// State: nothing is left to remove.
pub(super) const REMOVED: &str = "removed";
/// State: the status has its last word.
pub(super) const ANSWERED: &str = "answered";

/// Removes what is left; the exit code is an error if something still is.
pub(crate) async fn post(action: &Action<'_>) -> Result<ExitCode> {
    let state = &action.state;
    let run = state.get(RUN).filter(|_| !state.contains_key(REMOVED));
    let sha = state.get(SHA).filter(|_| !state.contains_key(ANSWERED));
    if run.is_none() && sha.is_none() {
        action.progress.say("nothing is left to do");
        return Ok(ExitCode::SUCCESS);
    }
    // Beside each other: a GitHub that does not answer must not keep a cluster alive.
    let (removed, status, ()) = tokio::join!(
        async {
            match run {
                Some(run) => remove(action, run).await,
                None => Ok(()),
            }
        },
        async {
            match sha {
                Some(sha) => end_status(action, sha).await,
                None => Ok(()),
            }
        },
        async {
            if let Some(run) = run {
                end_tracked(action, run).await;
            }
        },
    );
    removed?;
    status?;
    action.progress.say("nothing is left of the run");
    Ok(ExitCode::SUCCESS)
}

async fn remove(action: &Action<'_>, run: &str) -> Result<()> {
    let place = Place::from(&action.inputs);
    match place.backend {
        BackendName::Kubernetes => {
            let options = kube_options(&place.kubernetes, action.trust.as_ref());
            let access = kubeconfig::connect(&options).await?;
            let names = if action.inputs.command == ActionCommand::Bisect {
                (0..MOST_CLUSTERS).map(|number| ray_job(run, number)).collect()
            } else {
                Vec::from(ray_jobs(run))
            };
            let remove = |name: String| kuberay_sweep::remove_run(&access, name, action.progress);
            let left: Vec<String> = join_all(names.into_iter().map(remove))
                .await
                .into_iter()
                .filter(|cleanup| cleanup.left > 0)
                .map(|cleanup| cleanup.summary)
                .collect();
            anyhow::ensure!(left.is_empty(), "{}", left.join("; "));
        }
        BackendName::Ray => {
            let address = place.ray_address.as_deref().context("the input ray-address is empty")?;
            let address = crate::cluster::parse_address(address)?;
            let ray = Ray::new(&address, place.ray_token, action.trust.as_ref())?;
            job::stop_all(&ray, run).await?;
        }
        // It ended with the main step, whose pipe its head holds.
        BackendName::Local => {}
    }
    Ok(())
}

/// Ends the runs in the experiment tracker; *best effort, warned*.
async fn end_tracked(action: &Action<'_>, run: &str) {
    let state = &action.state;
    let Some((uri, experiment)) = state.get(MLFLOW).zip(state.get(EXPERIMENT)) else { return };
    let ending = async {
        // What the main step kept is a file, which a training on this machine might have changed.
        pins::check_mlflow(&action.inputs, uri)?;
        let credentials = TrackerCredentials::from_env(|name| std::env::var(name).ok())?;
        let tracker = Tracker::new(uri, credentials, action.trust.as_ref())?;
        let experiment = tracker.experiment(experiment).await?;
        let tags = [(tracking::RUN.to_owned(), run.to_owned())].into();
        let found = tracker.search(&experiment, &tags, usize::MAX).await?;
        for open in found.iter().filter(|found| found.status.is_none()) {
            tracker.end(&open.id, RunStatus::Killed, now()).await?;
        }
        anyhow::Ok(())
    };
    if let Err(error) = ending.await {
        action.progress.say(format!("warning: runs in MLflow stay open: {error:#}"));
    }
}

async fn end_status(action: &Action<'_>, sha: &str) -> Result<()> {
    let board = action.board(&CommitSha::parse(sha)?);
    let ended = board.end("the run ended without an answer");
    timeout(STATUS, ended).await.context("GitHub does not answer")?
}
