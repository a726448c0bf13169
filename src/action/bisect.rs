//! `command: bisect`: which commit made the default branch worse, by trainings of the commits between a
//! good and a bad one.  Writes no status: it judges nothing that waits to be merged.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::{
    Action, answer::Publication, commits::judge, culprit, good, named::named, pins, prepared,
    results,
};
use crate::{
    action::gate::Approval,
    bisect::{BisectReport, BisectRequest, OnRay, ReadingSource, search},
    cache::Cache,
    cancel::unless_cancelled,
    cli::{
        BUDGET, BackendName, Place,
        setup::{backend, credentials, first, places, tracker},
    },
    clients::registry::Registry,
    compare::Run,
    config::Config,
    experiment::Tools,
    git::{self, CommitSha, Repository},
};

/// In the workspace: what was read is not lost with the container.
const JOURNAL: &str = "regression-bisect";

/// What this run found out.
pub(super) struct BisectAnswer {
    pub(super) report: BisectReport,
    /// Where the report is in the workspace.
    pub(super) kept: Option<String>,
}

/// The answer for an event that may train.
pub(super) async fn answer<'a>(action: &'a Action<'_>, approval: &Approval) -> Publication<'a> {
    if let Some(refusal) = approval.refused_bisect() {
        return Publication::Held(refusal);
    }
    match Box::pin(searched(action, approval)).await {
        Ok(searched) => Publication::Searched(Box::new(searched)),
        Err(error) => Publication::Failed { error, asked: None },
    }
}

async fn searched(action: &Action<'_>, approval: &Approval) -> Result<BisectAnswer> {
    let cache = Cache::of_the_action()?;
    let fetching = async {
        let (_, judge) = judge(action).await?;
        let (good, bad) = ends(action, approval).await?;
        let repository = fetch(action, &cache, (&good, &bad), &judge.sha).await?;
        Ok((good, bad, judge.sha, repository))
    };
    let (good, bad, judge, repository) = unless_cancelled(action.cancel, fetching).await?;
    let (good, bad) = (repository.resolve(good.as_str())?, repository.resolve(bad.as_str())?);
    let judge = repository.resolve(judge.as_str())?;
    let run = Run::begin(&good, &bad, &cache)?;
    let config = prepared::config(&repository, &judge, &action.config())?;
    pins::check(&action.inputs, &config)?;
    let metric = match &action.inputs.metric {
        Some(metric) => metric.clone(),
        None => first(&config)?,
    };
    let judged = *config.metrics.get(&metric).with_context(|| {
        let names: Vec<&str> = config.metrics.keys().map(String::as_str).collect();
        format!("the input metric names {metric}; the config has {}", names.join(", "))
    })?;
    let (mlflow, logs) = (config.mlflow.clone(), config.quote_logs);
    let question = BisectRequest {
        good,
        bad,
        judge,
        metric,
        judged,
        requirements: config.requirements.clone(),
        recorded: None,
        parallel: places(&config, Place::from(&action.inputs).backend),
        budget: BUDGET,
        fresh: false,
        again: action.again(),
        run: run.name.clone(),
        journal: Some(action.context.workspace.join(JOURNAL)),
        readings: ReadingSource::Ray(Box::new(on_ray(action, config, cache.root())?)),
        repository,
    };
    action.promise(&run)?;
    mlflow.as_ref().map_or(Ok(()), |mlflow| action.promise_tracked(mlflow))?;
    let tools = Tools { cache: &cache, progress: action.progress, cancel: action.cancel };
    let mut report = Box::pin(search(&question, &tools)).await?;
    culprit::find_pull(action, &mut report).await;
    run.write(|format| report.render(format))?;
    let kept = results::keep(action, &run, logs);
    Ok(BisectAnswer { report, kept })
}

/// The commits that the inputs name; else the last that is known to be good, and the commit of the event.
async fn ends(action: &Action<'_>, approval: &Approval) -> Result<(CommitSha, CommitSha)> {
    let bad = action.inputs.bad.as_deref().unwrap_or(approval.head().as_str());
    let bad = named(action, "bad", bad).await?;
    let good = match &action.inputs.good {
        Some(good) => named(action, "good", good).await?.sha,
        None => good::good(action, &bad).await?,
    };
    Ok((good, bad.sha))
}

/// All commits between, with what their trainings need.
async fn fetch(
    action: &Action<'_>,
    cache: &Cache,
    (good, bad): (&CommitSha, &CommitSha),
    judge: &CommitSha,
) -> Result<Repository> {
    let task = action.progress.task("fetching the commits between");
    let remote = action.context.remote()?;
    let (token, trust) = (&action.token, action.trust.as_ref());
    let directory = cache.root().join("bisect");
    let ends = [good, bad, judge].map(Clone::clone);
    let repository = git::fetch_history(&directory, &remote, token, &ends, trust).await?;
    let commits = repository.since(good, bad)?;
    let files: Vec<CommitSha> = commits.iter().chain([judge]).cloned().collect();
    git::fetch_files(&repository, &remote, token, &files, trust).await?;
    task.done(format!("{} commits", commits.len()));
    Ok(repository)
}

fn on_ray(action: &Action<'_>, config: Config, cache: &Path) -> Result<OnRay> {
    let place = Place::from(&action.inputs);
    let registry = match place.backend {
        BackendName::Kubernetes => {
            let credentials = credentials(&place.login)?
                .with_github_token(action.token.clone(), action.context.registry());
            Some(Registry::new(credentials, action.trust.as_ref())?)
        }
        BackendName::Ray | BackendName::Local => None,
    };
    let history = action.history(&config, cache)?;
    let tracker = tracker(&config, action.trust.as_ref())?;
    Ok(OnRay {
        backend: backend(&place, action.trust.as_ref())?,
        config,
        history,
        tracker,
        registry,
    })
}
