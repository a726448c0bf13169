//! What could be the cause of a verdict, from recorded differences alone.  Pure.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Report, order::worst_first};
use crate::{
    experiment::{
        machine::Machine,
        measure::{Exposure, Observation, Role},
    },
    output::{first_few, named, number},
    verdict::{MetricVerdict, Verdict},
};

mod noise;

/// A possible cause, with the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hint {
    /// Where to look.
    pub cause: HintCause,
    /// Why, in a sentence; names in it are as strangers wrote them.
    pub text: String,
}

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HintCause {
    /// A training of base was killed where head's code ran.
    Isolation,
    /// Head changes how it is measured.
    Ruler,
    /// The sides ran on unlike machines.
    Hardware,
    /// The sides ran in unlike environments.
    Environment,
    /// The sides read unlike data, or base is not what it was: data or services outside of the repository.
    Data,
    /// The seeds differ too much for the margin.
    Noise,
    /// Nothing else differs.
    Code,
}

impl HintCause {
    /// Whether it is told at the top, and whatever the verdict.
    pub(super) fn is_first(self) -> bool {
        match self {
            Self::Isolation | Self::Ruler | Self::Data | Self::Hardware => true,
            Self::Environment | Self::Noise | Self::Code => false,
        }
    }

    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Isolation => "isolation",
            Self::Ruler => "ruler",
            Self::Hardware => "hardware",
            Self::Environment => "environment",
            Self::Data => "data",
            Self::Noise => "noise",
            Self::Code => "code",
        }
    }
}

/// The possible causes, most telling first.  A base that was killed beside head's code, unlike data, another ruler and unlike hardware are told whatever
/// the verdict; the rest only if the verdict is not pass.
pub fn hints(report: &Report) -> Vec<Hint> {
    let hardware = hardware(&report.observations);
    let unlike_data = unlike_data(&report.observations);
    let unlike = hardware.is_some() || unlike_data.is_some();
    let moved = data(report).filter(|_| unlike_data.is_none() && report.verdict != Verdict::Pass);
    let mut found = vec![
        (HintCause::Isolation, killed(&report.observations)),
        (HintCause::Data, unlike_data.or(moved)),
        (HintCause::Ruler, ruler(report)),
        (HintCause::Hardware, hardware),
    ];
    if report.verdict != Verdict::Pass {
        let environment = environment(report);
        let only_code = !unlike && environment.is_none();
        // Sides with a cluster each never share a pod.
        let apart = report.cleanup.len() > 1;
        found
            .push((HintCause::Hardware, nodes(&report.observations).filter(|_| !unlike && !apart)));
        found.push((HintCause::Environment, environment));
        found.push((HintCause::Noise, noise::noise(report)));
        found.push((HintCause::Code, only_code.then(|| code(report))));
    }
    let told = found.into_iter().filter_map(|(cause, text)| Some(Hint { cause, text: text? }));
    told.collect()
}

/// The trainings of base that something killed while head's code could do so, and change what ran again.
fn killed(observations: &[Observation]) -> Option<String> {
    let killed = observations.iter().filter(|one| one.exposure == Exposure::Killed);
    let seeds: Vec<String> = killed.map(|one| format!("seed {}", one.seed)).collect();
    (!seeds.is_empty()).then(|| {
        format!(
            "base was killed while head's code shared its Ray, and trained again there ({}): head could have done \
             that, and changed what base then gave",
            first_few(&seeds)
        )
    })
}

/// That head changes the files that measure it.
fn ruler(report: &Report) -> Option<String> {
    let ruler = &report.ruler;
    (!ruler.is_empty()).then(|| {
        format!(
            "this change also changes how it is measured ({}); both sides were measured without that change",
            first_few(ruler)
        )
    })
}

/// What differs between the machines of both sides, if anything that a training depends on does.
fn hardware(observations: &[Observation]) -> Option<String> {
    let models: [fn(&Machine) -> Option<String>; 3] = [
        |machine| {
            let model = machine.gpu.as_ref()?;
            Some(if machine.gpus > 1 {
                format!("{} x {model}", machine.gpus)
            } else {
                model.clone()
            })
        },
        |machine| Some(format!("driver {}", machine.driver.as_ref()?)),
        |machine| machine.cpu.clone(),
    ];
    let unlike: Vec<String> = models.iter().filter_map(|of| unlike(observations, of)).collect();
    (!unlike.is_empty()).then(|| format!("unlike hardware: {}", unlike.join("; ")))
}

/// The data that both sides tell of, if they tell of different versions.
fn unlike_data(observations: &[Observation]) -> Option<String> {
    let names: BTreeSet<&String> = observations.iter().flat_map(|one| one.data.keys()).collect();
    let versions = |role, name: &String| -> BTreeSet<String> {
        let side = observations.iter().filter(|one| one.role == role);
        side.filter_map(|one| one.data.get(name).cloned()).collect()
    };
    let unlike = names.into_iter().filter_map(|name| {
        let (base, head) = (versions(Role::Base, name), versions(Role::Head, name));
        let told = !base.is_empty() && !head.is_empty() && base != head;
        let (base, head) = (named(&base, " and "), named(&head, " and "));
        told.then(|| format!("of {name}, base read {base} and head {head}"))
    });
    let unlike: Vec<String> = unlike.collect();
    (!unlike.is_empty()).then(|| format!("unlike data: {}", named(&unlike, "; ")))
}

fn nodes(observations: &[Observation]) -> Option<String> {
    let of = |machine: &Machine| machine.node.clone();
    let (base, head) = (values(observations, Role::Base, of), values(observations, Role::Head, of));
    base.is_disjoint(&head).then(|| unlike(observations, of)).flatten().map(|differ| {
        format!(
            "no machine trained both sides: {differ}; no other difference between them is known"
        )
    })
}

/// `base on A10G, head on T4`, if both are known and differ.
fn unlike(observations: &[Observation], of: impl Fn(&Machine) -> Option<String>) -> Option<String> {
    let (base, head) =
        (values(observations, Role::Base, &of), values(observations, Role::Head, &of));
    let told = !base.is_empty() && !head.is_empty() && base != head;
    told.then(|| format!("base on {}, head on {}", named(&base, " and "), named(&head, " and ")))
}

fn values(
    observations: &[Observation],
    role: Role,
    of: impl Fn(&Machine) -> Option<String>,
) -> BTreeSet<String> {
    let side = observations.iter().filter(|observation| observation.role == role);
    side.filter_map(|observation| of(&observation.machine)).collect()
}

/// What differs between the environments of both sides.
fn environment(report: &Report) -> Option<String> {
    let environments = &report.environments;
    let (base, head) = (&environments.base, &environments.head);
    let versions: [fn(&Machine) -> Option<String>; 2] = [
        |machine| Some(format!("Python {}", machine.python.as_ref()?)),
        |machine| Some(format!("Ray {}", machine.ray.as_ref()?)),
    ];
    let versions = versions.iter().filter_map(|of| unlike(&report.observations, of));
    let mut found = Vec::new();
    if !environments.changes.is_empty() {
        found.push(format!("requirements differ: {}", named(&environments.changes, ", ")));
    } else if differ(base.requirements.as_ref(), head.requirements.as_ref()) {
        found.push("requirements differ".to_owned());
    } else if differ(base.image.as_ref(), head.image.as_ref()) {
        found.push("the images differ, although no requirement does".to_owned());
    }
    found.extend(versions);
    (!found.is_empty()).then(|| format!("{}; it may be this and not the code", found.join("; ")))
}

fn differ(base: Option<&String>, head: Option<&String>) -> bool {
    base.zip(head).is_some_and(|(base, head)| base != head)
}

/// Metrics whose base is further than a margin from what the same commit gave in the past.
fn data(report: &Report) -> Option<String> {
    let moved: Vec<String> = worst_first(&report.metrics)
        .into_iter()
        .filter_map(|metric| moved(report, metric))
        .collect();
    let outside = "something outside of the repository changed, such as data or a service";
    (!moved.is_empty()).then(|| format!("{}: {outside}", named(&moved, ", ")))
}

fn moved(report: &Report, metric: &MetricVerdict) -> Option<String> {
    let trend = report.trend.iter().find(|trend| trend.metric == metric.name)?;
    let same = |commit: &str| !commit.is_empty() && report.base.sha.as_str().starts_with(commit);
    let past = trend.points.iter().rev().find(|point| same(&point.commit))?;
    let (base, margin) = metric.base.zip(metric.margin)?;
    ((base - past.mean).abs() > margin).then(|| {
        let (before, now) = (number(past.mean), number(base));
        format!("{} of base {} was {before} and is now {now}", metric.name, past.commit)
    })
}

fn code(report: &Report) -> String {
    let known = |of: fn(&Machine) -> bool| {
        report.observations.iter().all(|observation| of(&observation.machine))
    };
    let environments = &report.environments;
    let mut same = Vec::new();
    if environments.base.requirements.is_some() && environments.head.requirements.is_some() {
        same.push("requirements");
    }
    if environments.base.image.is_some() && environments.head.image.is_some() {
        same.push("image");
    }
    if !report.observations.is_empty() && known(|machine| machine.gpu.is_some()) {
        same.push("GPU");
    }
    if !report.observations.is_empty() && known(|machine| machine.cpu.is_some()) {
        same.push("CPU");
    }
    match same.as_slice() {
        [] => "no other difference between the sides is known".to_owned(),
        same => format!("both sides had the same {}; only the code differs", same.join(", ")),
    }
}

#[cfg(test)]
mod tests;
