//! One training: a job, repeated once elsewhere if its machine failed.

mod attempt;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use anyhow::Result;

use super::{Exposure, Observation, Plan, Role, Side};
use crate::{
    experiment::{
        data::DataVersions,
        job::{Failed, Fault},
        machine::Machine,
        metrics::Readings,
        trace::Seen,
    },
    git::Commit,
};

pub(crate) use attempt::gpus;
use attempt::{Attempt, Try, attempt};

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
type NodeLabels = BTreeMap<String, String>;

/// Runs a training.  If its machine failed it is tried again once, on another node if there is one.  A
/// crash of its own is not: a seed that crashes in head alone says something of head.  Only a bisect, which
/// could read nothing of the commit, tries that again too.  That it failed in the end is a fact, not an
/// error.
pub async fn train(plan: &Plan<'_>, training: Training<'_>) -> Result<Result<Observation, Failed>> {
    Ok(patiently(plan, training, NodeLabels::new()).await?.outcome)
}

/// What a training is called in names of jobs and logs.
fn name(role: Role, commit: &Commit, seed: u64) -> String {
    let side = match role {
        Role::Base | Role::Head | Role::Shadow => role.word(),
        Role::Bisect => commit.sha.short(),
    };
    format!("{side}-seed-{seed}")
}

/// Ids that the attempts at a training of the run `run` may have, to stop one whose future was dropped.
pub(crate) fn ids(run: &str, (role, commit, seed): (Role, &Commit, u64)) -> [String; 2] {
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
    let mut labels = NodeLabels::new();
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
fn crashed(plan: &Plan<'_>, training: Training<'_>, failed: Failed) -> Observation {
    let log = log(plan, &name(training.side.role, training.side.commit, training.seed));
    let span = failed.span.unwrap_or_default();
    let exposure = plan.company.exposure(training.side.role, false);
    Observation { crashed: Some(failed.what), ..ended(training, log, span, exposure) }
}

/// A training that ended, before anything is read of it.
fn ended(
    Training { side, seed }: Training<'_>,
    log: PathBuf,
    span: (u64, u64),
    exposure: Exposure,
) -> Observation {
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
        crashed: None,
        spare: false,
        exposure,
    }
}

/// Where the log of a training of that name is kept.
fn log(plan: &Plan<'_>, name: &str) -> PathBuf {
    plan.logs.join(format!("{name}.log"))
}

fn seconds((start, end): (u64, u64)) -> f64 {
    Duration::from_millis(end.saturating_sub(start)).as_secs_f64()
}

async fn patiently(plan: &Plan<'_>, training: Training<'_>, labels: NodeLabels) -> Result<Attempt> {
    let first = attempt(plan, training, Try::first(labels)).await?;
    let Err(failed) = &first.outcome else { return Ok(first) };
    let again = match failed.fault {
        Fault::Machine => true,
        Fault::Unclear => training.side.role == Role::Bisect,
        Fault::Certain | Fault::Untold => false,
    };
    if !again {
        return Ok(first);
    }
    let killed = failed.fault == Fault::Machine && plan.company.is_mixed(training.side.role);
    let elsewhere = elsewhere(training.side, first.node.as_deref()).await?;
    let node = if elsewhere.is_empty() { "" } else { " on another node" };
    let why = failed.what.lines().next().unwrap_or_default().to_owned();
    let why = why.split("; the end of its log").next().unwrap_or_default().to_owned();
    let beside = if killed { " (head's code shares its Ray, and may have done it)" } else { "" };
    plan.progress.say(format!("{why}{beside}; trying once more{node}"));
    let second = attempt(plan, training, Try::second(elsewhere, killed)).await?;
    let outcome = match second.outcome {
        Ok(observation) => Ok(Observation { retried: Some(why), ..observation }),
        Err(failed) => {
            let node =
                if node.is_empty() { String::new() } else { format!(", the second time{node}") };
            let what = format!("a training failed twice{node}: {}", failed.what);
            Err(Failed { what, ..failed })
        }
    };
    Ok(Attempt { outcome, node: second.node })
}

/// Keeps away from a node, if there is another that could take the training.
async fn elsewhere(side: &Side<'_>, node: Option<&str>) -> Result<NodeLabels> {
    let Some(node) = node else { return Ok(NodeLabels::new()) };
    let nodes = side.ray.nodes().await?;
    let other = nodes.iter().any(|other| other.id != node && other.has(&side.resources));
    Ok(if other { [(NODE.to_owned(), format!("!{node}"))].into() } else { NodeLabels::new() })
}
