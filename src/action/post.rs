//! `post`: the action's last step, in a container of its own.  Removes what the main step promised and
//! did not remove, and ends a status that it left pending.

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use super::{Action, standing::link};
use crate::{
    cli::{BackendName, Place},
    cluster::kuberay_sweep,
    compare::ray_job,
    github::{Status, StatusState},
    job, kubeconfig,
    ray::Ray,
    run::kube_options,
    source::CommitSha,
};

/// State: the run's name, written before anything of it exists.
pub(super) const RUN: &str = "run";
/// State: the commit that has the status.
pub(super) const SHA: &str = "sha";
/// State: nothing is left to remove.
pub(super) const REMOVED: &str = "removed";
/// State: the status has its last word.
pub(super) const ANSWERED: &str = "answered";

/// Removes what is left; the exit code is an error if something still is.
pub(crate) async fn post(action: &Action<'_>) -> Result<ExitCode> {
    let state = &action.state;
    let Some(run) = state.get(RUN) else {
        action.progress.say("nothing was started");
        return Ok(ExitCode::SUCCESS);
    };
    let status = match state.get(ANSWERED) {
        Some(_) => Ok(()),
        None => end_status(action).await,
    };
    let removed = match state.get(REMOVED) {
        Some(_) => Ok(()),
        None => remove(action, run).await,
    };
    removed?;
    status?;
    action.progress.say("nothing is left of the run");
    Ok(ExitCode::SUCCESS)
}

async fn remove(action: &Action<'_>, run: &str) -> Result<()> {
    let place = Place::from(&action.inputs);
    match place.backend {
        BackendName::Kubernetes => {
            let options = kube_options(&place.kubernetes);
            let access = kubeconfig::connect(&options).await?;
            let cleanup = kuberay_sweep::remove_run(&access, &ray_job(run), action.progress).await;
            anyhow::ensure!(cleanup.left == 0, cleanup.summary);
        }
        BackendName::Ray => {
            let address = place.ray_address.as_deref().context("the input ray-address is empty")?;
            let ray = Ray::new(&crate::cluster::parse_address(address)?, place.ray_token)?;
            job::stop_all(&ray, run).await?;
        }
        // It ended with the container of the main step.
        BackendName::Local => {}
    }
    Ok(())
}

async fn end_status(action: &Action<'_>) -> Result<()> {
    let state = &action.state;
    let sha = CommitSha::parse(state.get(SHA).context("the state has no commit")?)?;
    let board = action.board(&sha);
    let statuses = action.github.statuses(&sha, &board.context).await?;
    let ours = statuses.iter().find(|status| link(status) == board.run);
    let decided =
        |status: &Status| matches!(status.state, StatusState::Success | StatusState::Failure);
    // A verdict that another run wrote since is not ours to take away.
    let open = ours.is_some_and(|last| last.state == StatusState::Pending);
    if open && !statuses.first().is_some_and(decided) {
        board.write(StatusState::Error, "the run ended without an answer").await?;
    }
    Ok(())
}
