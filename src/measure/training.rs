//! One training: a job, repeated once elsewhere if its machine failed.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;

use super::{Observation, Plan, Role, Side, Tags, Tracked};
use crate::{
    data::{self, DataVersions},
    job::{self, Failed, Fault, Job, RUN_KEY, Trained},
    machine::Machine,
    metrics::{MetricsError, Read, Readings},
    source::Commit,
    trace::{self, Seen},
    tracking::{self, RunId, Status},
};

/// A training that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// Of which commit.
    pub side: &'a Side<'a>,
    /// `REGRESSION_SEED`.
    pub seed: u64,
}

/// Label that Ray gives each node.
const NODE: &str = "ray.io/node-id";

/// How the name of a second attempt ends.
const RETRY: &str = "-retry";

/// Where an attempt may run: labels of the node.
type Labels = BTreeMap<String, String>;

/// What one attempt came to, and on which node.
struct Attempt {
    outcome: Result<Observation, Failed>,
    node: Option<String>,
}

/// Runs a training.  If its machine failed it is tried again once, on another node if there is one.  A
/// crash of its own is not: a seed that crashes in head alone says something of head.  Only a bisect, which
/// could read nothing of the commit, tries that again too.  That it failed in the end is a fact, not an
/// error.
pub async fn train(plan: &Plan<'_>, training: Training<'_>) -> Result<Result<Observation, Failed>> {
    Ok(patiently(plan, training, Labels::new()).await?.outcome)
}

/// What a training is called in names of jobs and logs.
fn name(role: Role, commit: &Commit, seed: u64) -> String {
    let side = match role {
        Role::Base | Role::Head => role.word(),
        Role::Bisect => commit.sha.short(),
    };
    format!("{side}-seed-{seed}")
}

/// Ids that the jobs of a training of the run `run` may have, to stop one whose future was dropped.
pub(crate) fn ids(run: &str, training: (Role, &Commit, u64)) -> [String; 2] {
    let (role, commit, seed) = training;
    let first = format!("{run}-{}", name(role, commit, seed));
    let second = format!("{first}{RETRY}");
    [first, second]
}

/// Runs trainings one after the other on the node on which the first ran.
pub(super) async fn chain(
    plan: &Plan<'_>,
    trainings: Vec<Training<'_>>,
) -> Result<Vec<Result<Observation, Failed>>> {
    let mut outcomes = Vec::with_capacity(trainings.len());
    let mut labels = Labels::new();
    for training in trainings {
        let Attempt { outcome, node } = patiently(plan, training, labels).await?;
        labels = node.into_iter().map(|node| (NODE.to_owned(), node)).collect();
        let outcome = match outcome {
            Err(failed) if failed.fault == Fault::Unclear => Ok(crashed(plan, training, failed)),
            outcome => outcome,
        };
        let failed = outcome.is_err();
        outcomes.push(outcome);
        if failed {
            break;
        }
    }
    Ok(outcomes)
}

/// A training that ended in a crash of its own.
fn crashed(plan: &Plan<'_>, Training { side, seed }: Training<'_>, failed: Failed) -> Observation {
    let log = plan.logs.join(format!("{}.log", name(side.role, side.commit, seed)));
    let span = failed.span.unwrap_or_default();
    Observation {
        role: side.role,
        seed,
        readings: Readings::new(),
        data: DataVersions::new(),
        seen: Seen::default(),
        span,
        seconds: seconds(span),
        log,
        machine: Machine::default(),
        retried: None,
        reused: None,
        crashed: Some(failed.what),
        spare: false,
    }
}

async fn patiently(plan: &Plan<'_>, training: Training<'_>, labels: Labels) -> Result<Attempt> {
    let first = attempt(plan, training, labels, "").await?;
    let Err(failed) = &first.outcome else { return Ok(first) };
    let again = match failed.fault {
        Fault::Machine => true,
        Fault::Unclear => training.side.role == Role::Bisect,
        Fault::Certain => false,
    };
    if !again {
        return Ok(first);
    }
    let elsewhere = elsewhere(training.side, first.node.as_deref()).await?;
    let place = if elsewhere.is_empty() { "once more" } else { "once more on another node" };
    let why = failed.what.lines().next().unwrap_or_default().to_owned();
    let why = why.split("; the end of its log").next().unwrap_or_default().to_owned();
    plan.progress.say(format!("{why}; trying {place}"));
    let second = attempt(plan, training, elsewhere, RETRY).await?;
    let outcome = match second.outcome {
        Ok(observation) => Ok(Observation { retried: Some(why), ..observation }),
        Err(failed) => Err(Failed { what: format!("twice, {place}: {}", failed.what), ..failed }),
    };
    Ok(Attempt { outcome, node: second.node })
}

/// Keeps away from a node, if there is another that could take the training.
async fn elsewhere(side: &Side<'_>, node: Option<&str>) -> Result<Labels> {
    let Some(node) = node else { return Ok(Labels::new()) };
    let nodes = side.ray.nodes().await?;
    let other = nodes.iter().any(|other| other.id != node && other.has(&side.resources));
    Ok(if other { [(NODE.to_owned(), format!("!{node}"))].into() } else { Labels::new() })
}

async fn attempt(
    plan: &Plan<'_>,
    training: Training<'_>,
    labels: Labels,
    suffix: &str,
) -> Result<Attempt> {
    plan.budget.check()?;
    let Training { side, seed } = training;
    let name = name(side.role, side.commit, seed) + suffix;
    let run = track(plan, side, seed, &name).await?;
    let log = plan.logs.join(format!("{name}.log"));
    let sources = plan.config.sources();
    let (id, traced) = (format!("{}-{name}", plan.run), side.traced.as_ref());
    let mut env = environment(plan, side, seed, run.as_ref());
    env.extend(traced.iter().flat_map(|traced| traced.environment(&id)));
    let entrypoint = match traced {
        Some(_) => &trace::telling(&plan.config.entrypoint),
        None => &plan.config.entrypoint,
    };
    let job = Job {
        id,
        name: format!("{} {}, seed {seed}", side.role.word(), side.commit.sha.short()),
        entrypoint,
        sources: &sources,
        modules: traced.map(|traced| traced.hook.clone()).into_iter().collect(),
        package: &side.package,
        env,
        metadata: BTreeMap::from([(RUN_KEY.to_owned(), plan.run.to_owned())]),
        resources: side.resources.clone(),
        labels,
        limit: plan.config.limits.job.duration(),
        log: &log,
    };
    let trained = match job::run(side.ray, &job).await? {
        Ok(trained) => trained,
        Err(failed) => {
            plan.budget.book(failed.span.map_or(0.0, seconds), side.gpus.unwrap_or(0.0));
            if let Some((tracked, run)) = &run {
                tracked.end(run, Status::Failed, &Readings::new(), &Tags::new()).await?;
            }
            return Ok(Attempt { node: failed.node.clone(), outcome: Err(failed) });
        }
    };
    let (span, seconds) = (trained.span, seconds(trained.span));
    plan.budget.book(seconds, gpus(side, &trained.machine));
    let (node, machine) = (trained.node.clone(), trained.machine.clone());
    let seen = trained.seen.clone();
    let (Read { readings, doubts }, data) = match told(&job, trained, run.as_ref()).await? {
        Ok(told) => told,
        Err(what) => {
            let failed =
                Failed { what, node: node.clone(), span: Some(span), fault: Fault::Certain };
            return Ok(Attempt { outcome: Err(failed), node });
        }
    };
    tracing::info!(name, seconds, ?readings, "trained");
    plan.doubts.add(&job.name, &doubts, plan.progress);
    let role = side.role;
    let observation = Observation {
        role,
        seed,
        readings,
        data,
        seen,
        span,
        seconds,
        log,
        machine,
        retried: None,
        reused: None,
        crashed: None,
        spare: false,
    };
    Ok(Attempt { outcome: Ok(observation), node })
}

/// A training's run in the tracker.
type Run<'a> = (&'a Tracked<'a>, RunId);

async fn track<'a>(
    plan: &Plan<'a>,
    side: &Side<'_>,
    seed: u64,
    name: &str,
) -> Result<Option<Run<'a>>> {
    let Some(tracked) = plan.tracked else { return Ok(None) };
    let mut tags = side.tags.clone();
    tags.insert(tracking::SEED.to_owned(), seed.to_string());
    Ok(tracked.start(name, &tags).await?.map(|run| (tracked, run)))
}

/// GPUs that a training had.
pub(crate) fn gpus(side: &Side<'_>, machine: &Machine) -> f64 {
    side.gpus.unwrap_or_else(|| f64::from(machine.gpus))
}

fn seconds((start, end): (u64, u64)) -> f64 {
    Duration::from_millis(end.saturating_sub(start)).as_secs_f64()
}

/// What a training reported: its readings, and its data.  If nothing, or nothing that can be read, then that
/// in words.
async fn told(
    job: &Job<'_>,
    trained: Trained,
    run: Option<&Run<'_>>,
) -> Result<Result<(Read, DataVersions), String>> {
    let told = trained.data.clone();
    let mut tags = trained.machine.tags();
    tags.extend(told.iter().flat_map(data::tags));
    let quoted = trained.quoted.clone();
    let readings = readings(job, trained, run, &tags).await?;
    let data = told.map_err(|error| format!("training of {}: {error}{quoted}", job.name));
    Ok(readings.and_then(|read| Ok((read, data?))))
}

/// What a training measured: in its log, in its run, or in both; then the log counts.
async fn readings(
    job: &Job<'_>,
    trained: Trained,
    run: Option<&Run<'_>>,
    tags: &Tags,
) -> Result<Result<Read, String>> {
    let Trained { logged, quoted, .. } = trained;
    let said = |error: MetricsError| format!("training of {}: {error}{quoted}", job.name);
    let Some((tracked, run)) = run else { return Ok(logged.map_err(said)) };
    let tracked_readings = tracked.readings(run).await?;
    let logged = match logged {
        _ if tracked.is_the_only_source() => Read::default(),
        Err(error) if !error.is_absence() || tracked_readings.is_empty() => {
            tracked.end(run, Status::Failed, &Readings::new(), tags).await?;
            return Ok(Err(said(error)));
        }
        logged => logged.unwrap_or_default(),
    };
    tracked.end(run, Status::Finished, &logged.readings, tags).await?;
    let readings = tracked_readings.into_iter().chain(logged.readings).collect();
    Ok(Ok(Read { readings, ..logged }))
}

/// The contract with the training code.
fn environment(
    plan: &Plan<'_>,
    side: &Side<'_>,
    seed: u64,
    run: Option<&Run<'_>>,
) -> BTreeMap<String, String> {
    let ours = [
        ("REGRESSION_SEED", seed.to_string()),
        ("REGRESSION_COMMIT", side.commit.sha.to_string()),
        ("REGRESSION_ROLE", side.role.told().to_owned()),
    ];
    let declared = plan.config.env.iter().map(|(name, value)| (name.clone(), value.clone()));
    let run = run.map(|(tracked, run)| tracked.environment(run)).unwrap_or_default();
    declared.chain(run).chain(ours.map(|(name, value)| (name.to_owned(), value))).collect()
}
