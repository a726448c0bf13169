//! `compare`: two commits of a local repository, from their requirements to a report.

use std::{collections::BTreeMap, path::PathBuf, time::Instant};

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;

use crate::{
    cache::{self, Cache},
    cancel::{Cancelled, unless_cancelled},
    cluster::{Cleanup, Cluster, PLACE},
    config::Config,
    measure::{Plan, Role, Side},
    progress::Progress,
    ray::Ray,
    report::{Environments, Format, Report, Times, Usage, hints, reason},
    source::{Commit, Package, Repository},
};

mod backends;
mod clusters;
mod images;
mod kubernetes;
mod looks;
mod packages;
mod run;

pub use backends::BackendChoice;
use backends::Backends;
use clusters::Scope;
pub use images::Images;
pub use kubernetes::KubernetesChoice;
pub(crate) use kubernetes::{ray_jobs, request, template};
use looks::{Comparison, decide};
pub(crate) use packages::PACKAGES;
use packages::Packages;
pub use run::Run;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// Where both commits are.
    pub repository: Repository,
    /// How they are trained and judged.
    pub config: Config,
    /// What is compared with.
    pub base: Commit,
    /// What is judged.
    pub head: Commit,
    /// Where they are trained.
    pub backend: BackendChoice,
    /// What they run in on Kubernetes.
    pub images: Images,
    /// The command that asks the same again.
    pub reproduce: String,
}

/// What a comparison works with besides the question.
#[derive(Debug)]
pub struct Tools<'a> {
    /// Environments and results are kept here.
    pub cache: &'a Cache,
    /// Who watches.
    pub progress: &'a Progress,
    /// Ends the run, leaving nothing behind.
    pub cancel: &'a CancellationToken,
}

/// Answers the question, and writes the report and all logs to the run's directory.
pub async fn compare(question: &Question, run: &Run, tools: &Tools<'_>) -> Result<Report> {
    let started = Instant::now();
    let packing = Packages::pack(question, tools.cache, tools.progress);
    let packages = unless_cancelled(tools.cancel, packing).await?;
    let warnings = packages.warnings();
    let packed = Instant::now();
    let preparing = Backends::prepare(question, tools, &run.name);
    let backends = unless_cancelled(tools.cancel, preparing).await?;
    let mut times = Times { environment: packed.elapsed().as_secs_f64(), ..Times::default() };
    let environments = backends.environments.clone();
    let running = within_limit(question, tools, async |cancel| {
        let asked = Instant::now();
        let work = async |base: &Cluster, head: &Cluster| {
            let start = asked.elapsed().as_secs_f64();
            let comparison = train(question, tools, packages, (base, head), run).await?;
            let cluster = base.description.clone();
            Ok(Trained { comparison, cluster, start, ended: Instant::now() })
        };
        let scope = Scope {
            config: &question.config,
            progress: tools.progress,
            cancel,
            hurry: tools.cancel,
            run: &run.name,
        };
        // Large, for it holds everything that a cluster's life needs.
        Box::pin(scope.with_clusters(backends, work)).await
    });
    let (trained, cleanup) = running.await?;
    times.cluster = trained.start;
    times.removal = trained.ended.elapsed().as_secs_f64();
    times.complete(started, &trained.comparison.observations);
    let directory = run.directory.clone();
    let report = assemble(question, trained, cleanup, environments, times, warnings, directory);
    write(&report)?;
    Ok(report)
}

/// What came of the work on the clusters.
struct Trained {
    comparison: Comparison,
    cluster: String,
    start: f64,
    ended: Instant,
}

/// The work on clusters that run: upload, measure, decide.
async fn train(
    question: &Question,
    tools: &Tools<'_>,
    packages: Packages,
    (base, head): (&Cluster, &Cluster),
    run: &Run,
) -> Result<Comparison> {
    let plan = Plan { config: &question.config, run: &run.name, logs: &run.logs() };
    let rays = (ray(question, base)?, ray(question, head)?);
    let sides = [
        side(Role::Base, &question.base, base, &rays.0, &packages.base).await?,
        side(Role::Head, &question.head, head, &rays.1, &packages.head).await?,
    ];
    drop(packages);
    decide(&plan, &sides, tools.progress).await
}

fn ray(question: &Question, cluster: &Cluster) -> Result<Ray> {
    let ray = Ray::new(&cluster.dashboard, cluster.token.clone())?;
    let borrowed = matches!(question.backend, BackendChoice::Existing { .. });
    Ok(if borrowed { ray.borrowed() } else { ray })
}

async fn side<'a>(
    role: Role,
    commit: &'a Commit,
    cluster: &Cluster,
    ray: &'a Ray,
    package: &Package,
) -> Result<Side<'a>> {
    let package = ray.upload(package).await?;
    let (places, resources) = match cluster.workers {
        Some(workers) => (workers.into(), [(PLACE.to_owned(), 1.0)].into()),
        None => (ray.cpus().await?, BTreeMap::new()),
    };
    Ok(Side { role, commit, ray, package, places, resources })
}

/// Runs `work` under a cancellation that also comes when `limits.total` is used up.
async fn within_limit<T>(
    question: &Question,
    tools: &Tools<'_>,
    work: impl AsyncFnOnce(&CancellationToken) -> Result<T>,
) -> Result<T> {
    let limit = question.config.limits.total;
    let cancel = tools.cancel.child_token();
    let alarm = tokio::spawn({
        let cancel = cancel.clone();
        async move {
            tokio::time::sleep(limit.duration()).await;
            cancel.cancel();
        }
    });
    let result = work(&cancel).await;
    alarm.abort();
    let ours = result.as_ref().is_err_and(|error| error.downcast_ref::<Cancelled>().is_some())
        && !tools.cancel.is_cancelled();
    if ours {
        return result.with_context(|| format!("the run took longer than limits.total ({limit})"));
    }
    result
}

fn assemble(
    question: &Question,
    trained: Trained,
    cleanup: Vec<Cleanup>,
    environments: Environments,
    times: Times,
    warnings: Vec<String>,
    directory: PathBuf,
) -> Report {
    let Trained { comparison, cluster, .. } = trained;
    let mut report = Report {
        schema: Report::SCHEMA,
        verdict: comparison.verdict,
        reason: reason(comparison.verdict, &comparison.metrics),
        base: question.base.clone(),
        head: question.head.clone(),
        metrics: comparison.metrics,
        observations: comparison.observations,
        cluster,
        environments,
        times,
        usage: Usage::default(),
        experiment_url: None,
        trend: Vec::new(),
        drift: None,
        stopped: None,
        hints: Vec::new(),
        cleanup,
        warnings,
        reproduce: question.reproduce.clone(),
        directory,
    };
    report.hints = hints(&report);
    report
}

fn write(report: &Report) -> Result<()> {
    for (name, format) in [("report.json", Format::Json), ("report.md", Format::Markdown)] {
        let path = report.directory.join(name);
        std::fs::write(&path, report.render(format)?)
            .map_err(|error| cache::explain(error, &path))?;
    }
    Ok(())
}
