//! `measure`: the command line -> one commit that is trained, and its metrics, printed.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result};

use super::{
    compare::complete,
    judged_by::{FoundConfig, found_config},
    revision::{TypedCommit, typed_commit},
    write_out,
};
use crate::{
    cli::{MeasureOptions, Shared, again::Again, setup::backend},
    compare::{Differences, Images, Memory, Question, Resume, Sides, measure_one},
    experiment::{Tools, measure::Role},
    git::{Repository, WORK_TREE},
    report::Measurement,
};

/// Measures, with exit code 0 whatever the metrics are.
pub(super) async fn run(
    options: &MeasureOptions,
    shared: &Shared,
    tools: &Tools<'_>,
) -> Result<ExitCode> {
    let measurement = measured(options, shared, tools).await?;
    write_out(&measurement.render(shared.format.unwrap_or_default())?)?;
    Ok(ExitCode::SUCCESS)
}

/// Measures, and leaves the report among the past runs.
pub(super) async fn measured(
    options: &MeasureOptions,
    shared: &Shared,
    tools: &Tools<'_>,
) -> Result<Measurement> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let question = ask(options, &here, shared.config.as_deref(), tools).await?;
    let run = question.begin(tools.cache)?;
    Box::pin(measure_one(&question, &run, tools)).await
}

async fn ask(
    options: &MeasureOptions,
    directory: &Path,
    named: Option<&Path>,
    tools: &Tools<'_>,
) -> Result<Question> {
    let repository = Repository::discover(directory)?;
    let TypedCommit { repository, commit, name } =
        typed_commit(repository, &options.rev, tools.progress)?;
    let sides = ("the commit", &commit, &commit);
    let FoundConfig { config, told, .. } = found_config(&repository, (None, named), sides)?;
    tools.progress.say(format!("config: {told}"));
    let config = options.trainings.of(config);
    let again = Again::new(named, &options.place).training(&options.trainings);
    let question = Question {
        reproduce: again.measure(&name),
        backend: backend(&options.place, None)?,
        judge: commit.clone(),
        sides: Sides::one(commit),
        repository,
        config,
        differences: Differences::default(),
        images: Images::default(),
        memory: Memory::default(),
        config_told: told,
        resume: Some(Resume {
            afresh: if options.fresh { &[Role::Base] } else { &[] },
            done: &[Role::Base],
        }),
    };
    let mut question = complete(question, &options.place, tools).await?;
    if options.rev == WORK_TREE {
        // Nobody else has this commit.
        question.memory.history = None;
    }
    Ok(question)
}
