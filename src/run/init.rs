//! `init`: the command line -> what is looked at, asked and written, and the next command.

pub(super) mod check;

use std::{
    io::{IsTerminal, stderr, stdin},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::{config_path, write_out};
use crate::{
    cancel::unless_cancelled,
    cli::{Init, Shared},
    config::DEFAULT_PATH,
    git::Repository,
    init::{self, Beginning},
    progress::Progress,
};

/// Answers with exit code 0, whatever was found.
pub(super) async fn run(
    options: &Init,
    shared: &Shared,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<ExitCode> {
    let here = std::env::current_dir()?;
    let repository = Repository::discover(&here)?;
    let format = shared.format.unwrap_or_default();
    let beginning = init::look(&repository, options.entrypoint.as_deref())?;
    let shown = config_path(shared.config.as_deref()).display().to_string();
    let path =
        shared.config.as_ref().map_or_else(|| PathBuf::from(DEFAULT_PATH), |path| here.join(path));
    let is_there = repository.root().join(&path).exists();
    let asks = !options.yes && !is_there && stdin().is_terminal() && stderr().is_terminal();
    let beginning = if asks { ask(beginning, cancel).await? } else { beginning };
    let writing = beginning.write(repository.root(), (&path, &shown), progress);
    let seen = unless_cancelled(cancel, writing).await?;
    write_out(&seen.render(format)?)?;
    let named = shared.config.as_ref().map(|_| format!(" --config {}", crate::shell::word(&shown)));
    progress.say(format!("next: regression-action init --check{}", named.unwrap_or_default()));
    Ok(ExitCode::SUCCESS)
}

/// In a thread of its own, so that Ctrl-C ends it; that thread may read for ever, and holds nothing that others
/// write to.
async fn ask(beginning: Beginning, cancel: &CancellationToken) -> Result<Beginning> {
    let asking = tokio::task::spawn_blocking(|| beginning.ask(&mut stdin().lock(), &mut stderr()));
    unless_cancelled(cancel, async { Ok(asking.await??) }).await
}
