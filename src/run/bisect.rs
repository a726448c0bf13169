//! `bisect`: the command line -> what is searched for, and the answer, printed.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result, anyhow, bail};

use super::{read_config, write_out};
use crate::{
    bisect::{BisectRequest, OnRay, ReadingSource, search},
    cli::{
        BackendName, Bisect, Shared,
        again::Again,
        setup::{backend, cpus, first, places, registry, remember},
    },
    clock::now,
    compare::Memory,
    config::{Config, DEFAULT_PATH, Limits, Metric},
    experiment::Tools,
    git::{Commit, Repository},
};

/// Where requirements are unless a config says otherwise.
const REQUIREMENTS: &str = "requirements.txt";

/// Answers, with exit code 0 if a culprit was named, else 3.
pub(super) async fn run(options: &Bisect, shared: &Shared, tools: &Tools<'_>) -> Result<ExitCode> {
    let here = std::env::current_dir().context("cannot tell the current directory")?;
    let question = ask(options, &here, shared.config.as_deref())?;
    let report = search(&question, tools).await?;
    write_out(&report.render(shared.format.unwrap_or_default())?)?;
    Ok(ExitCode::from(report.exit_code()))
}

fn ask(options: &Bisect, directory: &Path, named: Option<&Path>) -> Result<BisectRequest> {
    let repository = Repository::discover(directory)?;
    let bad = repository.resolve(&options.bad)?;
    let good = good(options, &repository, &bad)?;
    let config = config(options, &repository, named)?;
    let (metric, judged) = metric(options, config.as_ref())?;
    let requirements = config.as_ref().map(|config| config.requirements.clone());
    let (readings, places) = match (&options.command, config) {
        (Some(shell), config) => (by_command(shell, options, config.as_ref()), cpus()),
        (None, Some(config)) => {
            let backend = backend(&options.place, None)?;
            let registry = match options.place.backend {
                BackendName::Kubernetes => Some(registry(&options.place.login, None)?),
                BackendName::Local | BackendName::Ray => None,
            };
            let places = places(&config, options.place.backend);
            let Memory { history, tracker, .. } = remember(&repository, &config, None)?;
            let ray = OnRay { config, backend, history, tracker, registry };
            (ReadingSource::Ray(Box::new(ray)), places)
        }
        (None, None) => bail!("give a config, or --command with a command that prints the metric"),
    };
    Ok(BisectRequest {
        again: Again::new(named, &options.place).searching(options),
        run: format!("{}-{}-{:x}", good.sha.short(), bad.sha.short(), now()),
        repository,
        good,
        judge: bad.clone(),
        bad,
        metric,
        judged,
        requirements: requirements.unwrap_or_else(|| vec![REQUIREMENTS.to_owned()]),
        readings,
        parallel: options.parallel.map_or(places, usize::from),
        budget: options.budget,
        recorded: options.recorded,
        fresh: options.fresh,
        journal: None,
    })
}

fn by_command(shell: &str, options: &Bisect, config: Option<&Config>) -> ReadingSource {
    let limit = config.map_or_else(|| Limits::default().job, |config| config.limits.job);
    let limit = options.timeout.unwrap_or(limit).duration();
    let total = config.map(|config| config.limits.total);
    let sources = config.map(Config::sources).unwrap_or_default();
    let ruled = config.is_some_and(|config| !config.ruler.is_empty());
    ReadingSource::Command { shell: shell.to_owned(), limit, sources, total, ruled }
}

fn good(options: &Bisect, repository: &Repository, bad: &Commit) -> Result<Commit> {
    if let Some(good) = &options.good {
        return repository.resolve(good);
    }
    let parent = repository.resolve(&format!("{}^", bad.sha));
    let tag =
        parent.ok().and_then(|parent| repository.last_tag(&parent).transpose()).transpose()?;
    let (_, sha) = tag.with_context(|| {
        format!("there is no tag before {}; name a commit that is good with --good", options.bad)
    })?;
    repository.resolve(sha.as_str())
}

/// With a command, a config is only read if it is there or was named.
fn config(
    options: &Bisect,
    repository: &Repository,
    named: Option<&Path>,
) -> Result<Option<Config>> {
    let root = repository.root();
    if options.command.is_some() && named.is_none() && !root.join(DEFAULT_PATH).exists() {
        return Ok(None);
    }
    read_config(root, named).map(Some)
}

/// The metric, and what the config or the command line says of it.
fn metric(options: &Bisect, config: Option<&Config>) -> Result<(String, Metric)> {
    let declared = |name: &str| config.and_then(|config| config.metrics.get(name)).copied();
    let name = match (&options.metric, config) {
        (Some(name), _) => name.clone(),
        (None, Some(config)) => first(config)?,
        (None, None) => bail!("name the metric that the command prints: --metric NAME"),
    };
    match (declared(&name), options.direction) {
        (Some(metric), None) => Ok((name, metric)),
        (Some(metric), Some(direction)) => Ok((name, Metric { direction, ..metric })),
        (None, Some(direction)) => Ok((name, Metric::new(direction, 0.0, 0.0))),
        (None, None) if options.command.is_some() => Err(anyhow!(
            "which way is {name} better? --direction lower (a loss) or --direction higher (an accuracy)"
        )),
        (None, None) => {
            let names = config.into_iter().flat_map(|config| config.metrics.keys());
            let names: Vec<&str> = names.map(String::as_str).collect();
            Err(anyhow!("the config has no metric {name}; it has {}", names.join(", ")))
        }
    }
}
