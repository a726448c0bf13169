//! The keys of `training` that ask for something, and how often that fits.

use std::collections::BTreeMap;

use anyhow::{Error, anyhow};

use crate::{
    cluster::ray::{CPU, GPU, MEMORY},
    config::{Quantity, TrainingNeeds},
};

/// Amounts by Ray's names.
pub(super) type Resources = BTreeMap<String, f64>;

/// Less is how numbers are rounded.
const TINY: f64 = 1e-6;
const GIB: f64 = 1_073_741_824.0;

/// A key of `training`.
pub(super) struct Want {
    key: &'static str,
    /// As it was typed.
    typed: String,
    /// Ray's name.
    pub(super) resource: &'static str,
    pub(super) amount: f64,
}

pub(super) fn wants(TrainingNeeds { gpu, cpu, memory, .. }: &TrainingNeeds) -> Vec<Want> {
    let want = |key, typed: String, resource, amount| Want { key, typed, resource, amount };
    let quantity = |key, quantity: &Option<Quantity>, resource| {
        quantity.as_ref().map(|some| want(key, some.to_string(), resource, some.value()))
    };
    let gpu = gpu.filter(|gpus| *gpus > 0);
    let gpu = gpu.map(|gpus| want("gpu", gpus.to_string(), GPU, gpus.into()));
    let all = [gpu, quantity("cpu", cpu, CPU), quantity("memory", memory, MEMORY)];
    all.into_iter().flatten().collect()
}

pub(super) fn amounts(wants: &[Want]) -> Resources {
    wants.iter().map(|want| (want.resource.to_owned(), want.amount)).collect()
}

/// How often all of it fits; who says nothing of CPUs computes on one.
pub(super) fn fit(has: &Resources, takes: &Resources) -> f64 {
    let amount = |name: &str| has.get(name).copied().unwrap_or(0.0);
    let times = |(name, takes): (&String, &f64)| (amount(name) / takes + TINY).floor();
    let fit = takes.iter().map(times).fold(f64::INFINITY, f64::min);
    if takes.contains_key(CPU) { fit } else { fit.min(amount(CPU).floor().max(1.0)) }
}

/// Why a training can have no place: the first key of which nothing has enough, else all together.
pub(super) fn refusal(wants: &[Want], all: &[&Resources], of: &str, remedy: &str) -> Error {
    let most = |want: &Want| {
        let has = all.iter().filter_map(|has| has.get(want.resource));
        has.copied().fold(0.0, f64::max)
    };
    let Some(want) = wants.iter().find(|want| most(want) + TINY < want.amount) else {
        let all = wants.iter().map(|want| format!("{} {}", want.key, want.typed));
        let all = all.collect::<Vec<_>>().join(", ");
        return anyhow!(
            "training: a training asks for {all} at once, and no {of} has all of it; {remedy}"
        );
    };
    anyhow!(
        "training.{}: a training asks for {}, and no {of} has more than {}; {remedy}",
        want.key,
        want.typed,
        shown(want.resource, most(want))
    )
}

fn shown(resource: &str, amount: f64) -> String {
    if resource == MEMORY { format!("{:.1}Gi", amount / GIB) } else { amount.to_string() }
}
