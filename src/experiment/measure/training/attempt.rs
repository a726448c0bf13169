//! One attempt at a training: its run in the tracker, its job, and what came of both.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::Result;

use super::{
    super::{Exposure, Observation, Plan, Side, Tags, Tracked, gang::gather, traced},
    NodeLabels, RETRY, Training, ended, log, name, seconds,
};
use crate::{
    cluster::ray::GangTurn,
    config::MetricSources,
    experiment::{
        data::{self, DataVersions},
        job::{self, Failed, Fault, Job, RUN_KEY, Trained},
        machine::Machine,
        metrics::{MetricsError, ParsedMetrics, Readings},
        tracking::{self, RunId, RunStatus},
    },
};

/// How a training is attempted.
pub(super) struct Try {
    labels: NodeLabels,
    suffix: &'static str,
    /// Whether it was killed before, where head's code was.
    killed: bool,
}

impl Try {
    pub(super) fn first(labels: NodeLabels) -> Self {
        Self { labels, suffix: "", killed: false }
    }

    pub(super) fn second(labels: NodeLabels, killed: bool) -> Self {
        Self { labels, suffix: RETRY, killed }
    }
}

/// What one attempt came to, and on which node.
pub(super) struct Attempt {
    pub(super) outcome: Result<Observation, Failed>,
    pub(super) node: Option<String>,
}

impl Attempt {
    fn failed(failed: Failed) -> Self {
        Self { node: failed.node.clone(), outcome: Err(failed) }
    }
}

/// What a job is made of besides the plan and the training.
struct JobParts<'a> {
    /// In names of jobs and logs.
    name: String,
    log: PathBuf,
    entrypoint: String,
    sources: MetricSources,
    run: Option<TrackedRun<'a>>,
}

/// Runs a training once.
pub(super) async fn attempt(
    plan: &Plan<'_>,
    training: Training<'_>,
    Try { labels, suffix, killed }: Try,
) -> Result<Attempt> {
    plan.budget.check()?;
    let parts = JobParts::of(plan, training, suffix).await?;
    let job = parts.job(plan, training, labels);
    let role = training.side.role;
    let turn = gang_turn(plan, training.side, &job).await?;
    training.side.keep_code().await?;
    plan.company.arrive(role);
    let outcome = job::run(training.side.ray, &job).await?;
    drop(turn);
    match outcome {
        Ok(trained) => {
            let exposure = plan.company.exposure(role, killed);
            read(plan, training, (&job, &parts), trained, exposure).await
        }
        Err(failed) => {
            let gpus = training.side.gpus.unwrap_or(0.0);
            plan.budget.book(failed.span.map_or(0.0, seconds), gpus);
            if let Some((tracked, run)) = &parts.run {
                tracked.end(run, RunStatus::Failed, &Readings::new(), &Tags::new()).await?;
            }
            Ok(Attempt::failed(failed))
        }
    }
}

/// Waits for the places of a training's workers, if it starts any; they are its own until the turn ends.
async fn gang_turn(plan: &Plan<'_>, side: &Side<'_>, job: &Job<'_>) -> Result<Option<GangTurn>> {
    let Some(gang) = &side.gang else { return Ok(None) };
    plan.progress.until_placed(gather(gang, side.ray, job)).await.map(Some)
}

impl<'a> JobParts<'a> {
    async fn of(plan: &Plan<'a>, training: Training<'_>, suffix: &str) -> Result<Self> {
        let Training { side, seed } = training;
        let name = name(side.role, side.commit, seed) + suffix;
        let entrypoint = &plan.config.entrypoint;
        Ok(Self {
            run: track(plan, side, seed, &name).await?,
            log: log(plan, &name),
            entrypoint: match side.traced {
                Some(_) => traced::telling(entrypoint),
                None => entrypoint.clone(),
            },
            sources: plan.config.sources(),
            name,
        })
    }

    fn job<'b>(&'b self, plan: &Plan<'b>, training: Training<'b>, labels: NodeLabels) -> Job<'b> {
        let Training { side, seed } = training;
        let (id, traced) = (format!("{}-{}", plan.run, self.name), side.traced.as_ref());
        let mut env = environment(plan, side, seed, self.run.as_ref());
        env.extend(traced.iter().flat_map(|traced| traced.environment(&id)));
        Job {
            id,
            name: format!("{} {}, seed {seed}", side.role.word(), side.commit.sha.short()),
            entrypoint: &self.entrypoint,
            sources: &self.sources,
            modules: traced.map(|traced| traced.hook.uri()).into_iter().collect(),
            package: side.package.uri(),
            env,
            metadata: BTreeMap::from([(RUN_KEY.to_owned(), plan.run.to_owned())]),
            resources: side.resources.clone(),
            labels,
            limit: plan.config.limits.job.duration(),
            log: &self.log,
            progress: plan.progress,
        }
    }
}

/// What a job that ended well says.
async fn read(
    plan: &Plan<'_>,
    training: Training<'_>,
    (job, parts): (&Job<'_>, &JobParts<'_>),
    trained: Trained,
    exposure: Exposure,
) -> Result<Attempt> {
    let span = trained.span;
    let exposes = plan.company.exposes(training.side.role) || exposure != Exposure::None;
    let ended = Observation {
        machine: trained.machine.clone(),
        seen: trained.seen.clone(),
        ..ended(training, parts.log.clone(), span, exposure)
    };
    plan.budget.book(ended.seconds, gpus(training.side, &ended.machine));
    let node = trained.node.clone();
    let (ParsedMetrics { readings, doubts }, data) =
        match told(job, trained, parts.run.as_ref(), (exposes, exposure)).await? {
            Ok(told) => told,
            Err((what, fault)) => {
                let failed = Failed { what, node, span: Some(span), fault };
                return Ok(Attempt::failed(failed));
            }
        };
    tracing::info!(name = parts.name, seconds = ended.seconds, ?readings, "trained");
    plan.doubts.add(&job.name, &doubts, plan.progress);
    Ok(Attempt { outcome: Ok(Observation { readings, data, ..ended }), node })
}

/// A training's run in the tracker.
type TrackedRun<'a> = (&'a Tracked<'a>, RunId);

async fn track<'a>(
    plan: &Plan<'a>,
    side: &Side<'_>,
    seed: u64,
    name: &str,
) -> Result<Option<TrackedRun<'a>>> {
    let Some(tracked) = plan.tracked else { return Ok(None) };
    let mut tags = side.tags.clone();
    tags.insert(tracking::SEED.to_owned(), seed.to_string());
    if plan.company.exposes(side.role) {
        // Until its end says otherwise: that word may never arrive.
        tags.insert(tracking::EXPOSED.to_owned(), "true".to_owned());
    }
    Ok(tracked.start(name, &tags).await?.map(|run| (tracked, run)))
}

/// GPUs that a training had.
pub(crate) fn gpus(side: &Side<'_>, machine: &Machine) -> f64 {
    side.gpus.unwrap_or_else(|| f64::from(machine.gpus))
}

/// Why a training that ended well has no readings: in words, and whose fault it is.
type NoReadings = (String, Fault);

/// What a training reported: its readings, and its data.
async fn told(
    job: &Job<'_>,
    trained: Trained,
    run: Option<&TrackedRun<'_>>,
    (exposes, exposure): (bool, Exposure),
) -> Result<Result<(ParsedMetrics, DataVersions), NoReadings>> {
    let told = trained.data.clone();
    let mut tags = trained.machine.tags();
    tags.extend(told.iter().flat_map(data::tags));
    if exposes {
        tags.insert(tracking::EXPOSED.to_owned(), (exposure != Exposure::None).to_string());
    }
    let quoted = trained.quoted.clone();
    let readings = readings(job, trained, run, &tags).await?;
    let data = told
        .map_err(|error| (format!("training of {}: {error}{quoted}", job.name), Fault::Certain));
    Ok(readings.and_then(|read| Ok((read, data?))))
}

/// What a training measured: in its log, in its run, or in both; then the log counts.
async fn readings(
    job: &Job<'_>,
    trained: Trained,
    run: Option<&TrackedRun<'_>>,
    tags: &Tags,
) -> Result<Result<ParsedMetrics, NoReadings>> {
    let Trained { logged, quoted, .. } = trained;
    let said = |error: MetricsError| {
        let fault = if error.is_absence() { Fault::Untold } else { Fault::Certain };
        (format!("training of {}: {error}{quoted}", job.name), fault)
    };
    let Some((tracked, run)) = run else { return Ok(logged.map_err(said)) };
    let tracked_readings = tracked.readings(run).await?;
    let logged = match logged {
        _ if tracked.is_the_only_source() => ParsedMetrics::default(),
        Err(error) if !error.is_absence() || tracked_readings.is_empty() => {
            tracked.end(run, RunStatus::Failed, &Readings::new(), tags).await?;
            return Ok(Err(said(error)));
        }
        logged => logged.unwrap_or_default(),
    };
    tracked.end(run, RunStatus::Finished, &logged.readings, tags).await?;
    let readings = tracked_readings.into_iter().chain(logged.readings).collect();
    Ok(Ok(ParsedMetrics { readings, ..logged }))
}

/// The contract with the training code.
fn environment(
    plan: &Plan<'_>,
    side: &Side<'_>,
    seed: u64,
    run: Option<&TrackedRun<'_>>,
) -> BTreeMap<String, String> {
    let ours = [
        ("REGRESSION_SEED", seed.to_string()),
        ("REGRESSION_COMMIT", side.commit.sha.to_string()),
        ("REGRESSION_ROLE", side.role.told().to_owned()),
        ("REGRESSION_WORKERS", plan.config.training.gang().to_string()),
    ];
    let declared = plan.config.env.iter().map(|(name, value)| (name.clone(), value.clone()));
    let run = run.map(|(tracked, run)| tracked.environment(run)).unwrap_or_default();
    declared.chain(run).chain(ours.map(|(name, value)| (name.to_owned(), value))).collect()
}
