//! What each training takes of a cluster, and how many have room there at a time.  Pure.

mod gang;
mod slots;
mod want;

use anyhow::{Error, Result, anyhow, ensure};

use super::{
    PLACE,
    ray::{CPU, GPU, MEMORY, Node},
};
use crate::config::{ClusterSize, Placement, Quantity, TrainingNeeds, WorkerSize};

pub use gang::Gang;
use slots::{Slots, of_nodes, of_one, total, whole_gangs};
use want::{Resources, Want, amounts, fit, refusal, wants};

/// Room for trainings.
#[derive(Debug, Clone, PartialEq)]
pub struct Room {
    /// Trainings at a time.
    pub places: f64,
    /// What the entrypoint of each takes, by Ray's names.
    pub resources: Resources,
    /// GPUs that each has, where that is known before it runs.
    pub gpus: Option<f64>,
    /// The workers that each starts, if it names several.
    pub gang: Option<Gang>,
}

/// Ray counts in ten-thousandths.
const UNITS: f64 = 10_000.0;

impl Room {
    /// On the workers of a cluster of that size, as many of them as it may grow to; none where trainings run on
    /// its head.  An error says what none of them has.
    pub(crate) fn declared(needs: &TrainingNeeds, size: &ClusterSize) -> Result<Option<Self>> {
        let wants = wants(needs);
        let Some(workers) = &size.workers else {
            let head = size.head.as_ref();
            let of_head = |of: Option<&Quantity>| of.map_or(f64::INFINITY, Quantity::value);
            let (cpu, memory) = (head.map(|head| &head.cpu), head.map(|head| &head.memory));
            let has = resources([(CPU, of_head(cpu)), (MEMORY, of_head(memory))]);
            let (slots, remedy) =
                (fit(&has, &amounts(&wants)), "declare cluster.workers, or lower it");
            if slots < 1.0 {
                return Err(refusal(&wants, &[&has], "head (cluster.head)", remedy));
            }
            let head = [(1.0, slots)];
            if of_one(needs, &head) < needs.gang().into() {
                return Err(no_gang(needs, "cluster.head", &head, remedy));
            }
            return Ok(None);
        };
        let has = of_worker(workers);
        if fit(&has, &amounts(&wants)) < 1.0 {
            let remedy = "lower it, or raise the size of a worker";
            return Err(refusal(&wants, &[&has], "worker (cluster.workers)", remedy));
        }
        let each = parts(needs, size);
        let slots = [(f64::from(workers.max), each)];
        let Some(places) = places(needs, &slots) else {
            let remedy = "raise cluster.workers.max, or lower it";
            return Err(no_gang(needs, "cluster.workers", &slots, remedy));
        };
        let mut resources = of_entrypoint(needs, &wants);
        resources.insert(PLACE.to_owned(), (UNITS / each).floor() / UNITS);
        let gpus = needs.gpus().unwrap_or(needs.gang() * workers.gpu);
        // KubeRay tells Ray of whole CPUs.
        let whole = [(CPU, workers.cpu.value().ceil()), (GPU, workers.gpu.into())];
        let gang = Gang::of(needs, &wants, &whole);
        Ok(Some(Self { places: at_most(needs, places), resources, gpus: Some(gpus.into()), gang }))
    }

    /// Whether a Ray on this machine, which is one node, can have room, as far as that is known before it starts.
    pub(crate) fn here(needs: &TrainingNeeds) -> Result<()> {
        ensure!(
            needs.placement() == Placement::Pack,
            "training.placement: spread asks for a node for each of a training's {} workers, and this machine is one; \
             take pack, or train on Kubernetes or on a Ray of several nodes",
            needs.gang()
        );
        Ok(())
    }

    /// Workers of a cluster of that size that one training needs, if they are its own.
    pub(crate) fn workers_each(needs: &TrainingNeeds, size: &ClusterSize) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 1, and small"
        )]
        let each = parts(needs, size).max(1.0) as u32;
        match needs.placement() {
            Placement::Pack => needs.gang().div_ceil(each),
            Placement::Spread => needs.gang(),
        }
    }

    /// On the nodes that a Ray has.  An error says what none of them has; of one that is somebody else's and that
    /// may grow, as `parallel` says, nobody knows that.
    pub(crate) fn on_nodes(
        needs: &TrainingNeeds,
        nodes: &[Node],
        (ray, borrowed): (&str, bool),
    ) -> Result<Self> {
        let wants = wants(needs);
        let gpus = needs.gpus().filter(|gpus| *gpus > 0);
        let gang = Gang::of(needs, &wants, &[(CPU, 1.0)]);
        let takes = gang.as_ref().map_or_else(|| amounts(&wants), |gang| gang.each.clone());
        let room = |places| Self {
            places,
            resources: of_entrypoint(needs, &wants),
            gpus: gpus.map(f64::from),
            gang: gang.clone(),
        };
        if let Some(parallel) = needs.parallel.filter(|_| borrowed) {
            return Ok(room(parallel.into()));
        }
        let slots = of_nodes(nodes, &takes);
        if !wants.is_empty() && total(&slots) < 1.0 {
            let has: Vec<&Resources> = nodes.iter().map(|node| &node.resources).collect();
            return Err(refusal(&wants, &has, &format!("node of {ray}"), larger(borrowed)));
        }
        match places(needs, &slots) {
            Some(places) => Ok(room(at_most(needs, places))),
            None => Err(no_gang(needs, ray, &slots, larger(borrowed))),
        }
    }
}

/// How many trainings have room with all of their workers, if any has.
fn places(needs: &TrainingNeeds, slots: &[Slots]) -> Option<f64> {
    match needs.gang() {
        1 => Some(total(slots)),
        gang => Some(whole_gangs((gang, needs.placement()), slots)).filter(|gangs| *gangs >= 1.0),
    }
}

/// Trainings, or workers of trainings, to each worker of a cluster of that size.  Whoever says nothing of GPUs has
/// those of a whole one, and shares them with nobody.
fn parts(needs: &TrainingNeeds, size: &ClusterSize) -> f64 {
    let (wants, Some(workers)) = (wants(needs), &size.workers) else { return 1.0 };
    let whole = wants.is_empty() || needs.gpu.is_none() && workers.gpu > 0;
    if whole { 1.0 } else { fit(&of_worker(workers), &amounts(&wants)) }
}

fn of_worker(WorkerSize { cpu, memory, gpu, .. }: &WorkerSize) -> Resources {
    resources([(CPU, cpu.value()), (GPU, f64::from(*gpu)), (MEMORY, memory.value())])
}

/// What an entrypoint takes; if it starts workers, they do.
fn of_entrypoint(needs: &TrainingNeeds, wants: &[Want]) -> Resources {
    if needs.gang() == 1 { amounts(wants) } else { Resources::new() }
}

fn larger(borrowed: bool) -> &'static str {
    if borrowed {
        "lower it, or set training.parallel, if this Ray grows by itself"
    } else {
        "lower it, or train on a larger machine"
    }
}

fn resources<const N: usize>(all: [(&str, f64); N]) -> Resources {
    all.into_iter().map(|(name, amount)| (name.to_owned(), amount)).collect()
}

fn at_most(needs: &TrainingNeeds, places: f64) -> f64 {
    needs.parallel.map_or(places, |parallel| places.min(parallel.into()))
}

/// Why there is no room for all workers of a training.
fn no_gang(needs: &TrainingNeeds, of: &str, slots: &[Slots], remedy: &str) -> Error {
    let (workers, slots) = (needs.gang(), of_one(needs, slots));
    let apart = match needs.placement() {
        Placement::Pack => "",
        Placement::Spread => ", each on a node of its own (training.placement)",
    };
    anyhow!(
        "training.workers: a training asks for {workers}{apart}, and {of} has room for {slots} of them; {remedy}"
    )
}

#[cfg(test)]
mod tests;
