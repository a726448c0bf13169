//! `init --check`: the config of the work tree -> what its sources show, two trainings on this machine, and what of
//! the contract is missing, printed.

use std::process::ExitCode;

use anyhow::{Context, Result};

use super::super::{config_path, measure::measured, read_config, write_out};
use crate::{
    cancel::Cancelled,
    cli::{MeasureOptions, Place, Shared, Trainings},
    experiment::{
        Tools,
        job::{Failed, Fault},
    },
    git::{Repository, WORK_TREE},
    init::{Contract, Trial},
    shell::word,
};

/// As many show whether the seed changes anything.
const SEEDS: u16 = 2;

/// Answers with exit code 0, or 2 if something is missing.
pub(in crate::run) async fn run(shared: &Shared, tools: &Tools<'_>) -> Result<ExitCode> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let repository = Repository::discover(&here)?;
    let named = shared.config.as_deref();
    let contract = Contract::read(&repository, read_config(repository.root(), named)?)?;
    let trial = if contract.is_blocked() {
        None
    } else {
        for missing in contract.lacks() {
            tools.progress.say(format!("by the sources: {missing}"));
        }
        tools
            .progress
            .say(format!("training {SEEDS} seeds on this machine, to see what they report"));
        Some(Box::pin(train(shared, tools)).await?)
    };
    let seen = contract.tried(trial.as_ref());
    write_out(&seen.render(shared.format.unwrap_or_default())?)?;
    if seen.exit_code() == 0 {
        let named =
            named.map(|_| format!(" --config {}", word(&config_path(named).display().to_string())));
        let next = format!("regression-action measure HEAD{}", named.unwrap_or_default());
        tools.progress.say(format!("next, once all of it is committed: {next}"));
    }
    Ok(ExitCode::from(seen.exit_code()))
}

/// Trains the work tree as `measure` does; that a training fails is something to tell, and no error.
async fn train(shared: &Shared, tools: &Tools<'_>) -> Result<Trial> {
    let options = MeasureOptions {
        rev: WORK_TREE.to_owned(),
        fresh: false,
        trainings: Trainings { seeds: Some(SEEDS), arguments: Vec::new() },
        place: Place::default(),
    };
    match measured(&options, shared, tools).await {
        Ok(measurement) => {
            let (observations, warnings) = (measurement.observations, measurement.warnings);
            Ok(Trial::Ended { observations, warnings })
        }
        Err(error) if error.is::<Cancelled>() => Err(error),
        Err(error) => Ok(match error.downcast_ref::<Failed>() {
            Some(Failed { fault: Fault::Untold, what, .. }) => Trial::Untold(what.clone()),
            Some(Failed { what, .. }) => Trial::Failed(what.clone()),
            None => Trial::Refused(format!("{error:#}")),
        }),
    }
}
