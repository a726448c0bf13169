//! Every training: what it read, on what it ran, and whether it is the first of its kind.

use std::{
    collections::BTreeMap,
    fmt::{Result, Write},
};

use super::Report;
use crate::{
    experiment::{
        machine::Machine,
        measure::{Observation, Role},
    },
    output::{count, duration, escape, number, shortened},
    statistics::Sample,
    verdict::MetricVerdict,
};

/// `6 trainings, 1 repeated, 3 reused`.
pub(super) fn counted(report: &Report) -> String {
    let number = |of: fn(&Observation) -> bool| {
        report.observations.iter().filter(|observation| of(observation)).count()
    };
    let mut told = count(report.observations.len(), "training");
    let kinds = [
        (number(|seen| seen.crashed.is_some()), "crashed"),
        (number(|seen| seen.retried.is_some()), "repeated elsewhere"),
        (number(|seen| seen.reused.is_some()), "reused"),
        (number(|seen| seen.spare), "in place of others"),
    ];
    for (number, kind) in kinds.into_iter().filter(|(number, _)| *number > 0) {
        // Writing to a String cannot fail.
        let _ = write!(told, ", {number} {kind}");
    }
    told
}

/// Readings, a metric a row and a seed a column, base beside head.
pub(super) fn readings(report: &Report, metrics: &[&MetricVerdict], out: &mut String) -> Result {
    let mut columns: BTreeMap<u64, [Option<&Observation>; 2]> = BTreeMap::new();
    for observation in &report.observations {
        let [base, head] = columns.entry(observation.seed).or_default();
        *(if observation.role == Role::Base { base } else { head }) = Some(observation);
    }
    write!(out, "| base / head | mean of all |")?;
    for seed in columns.keys() {
        write!(out, " seed {seed} |")?;
    }
    writeln!(out, "\n|---|--:|{}", "--:|".repeat(columns.len()))?;
    for metric in metrics {
        let [base, head] = [Role::Base, Role::Head].map(|role| mean(report, role, &metric.name));
        write!(out, "| {} | {base} / {head} |", escape(&metric.name))?;
        for sides in columns.values() {
            let [base, head] = sides.map(|side| read(side, &metric.name));
            write!(out, " {base} / {head} |")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn read(observation: Option<&Observation>, metric: &str) -> String {
    let Some(observation) = observation else { return "-".to_owned() };
    if observation.crashed.is_some() {
        return "crashed".to_owned();
    }
    observation.readings.get(metric).map_or_else(|| "missing".to_owned(), |value| number(*value))
}

/// The mean of all finite readings of a side, also of those after the metric was decided.
fn mean(report: &Report, role: Role, metric: &str) -> String {
    let side = report.observations.iter().filter(|seen| seen.role == role);
    let values = side.filter_map(|seen| seen.readings.get(metric).copied());
    let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    if values.is_empty() { "-".to_owned() } else { number(Sample::of(&values).mean) }
}

/// One row for each training.
pub(super) fn trainings(report: &Report, out: &mut String) -> Result {
    writeln!(out, "| side | seed | took | machine | |\n|---|--:|--:|---|---|")?;
    for observation in &report.observations {
        let (side, seed) = (observation.role.word(), observation.seed);
        let took = duration(observation.seconds);
        let machine = machine(&observation.machine);
        writeln!(out, "| {side} | {seed} | {took} | {machine} | {} |", remarks(observation))?;
    }
    Ok(())
}

fn machine(machine: &Machine) -> String {
    let gpu = machine.gpu.as_ref().map(|model| match machine.gpus {
        0 | 1 => model.clone(),
        gpus => format!("{gpus} x {model}"),
    });
    let driver = machine.driver.as_ref().map(|version| format!("driver {version}"));
    let python = machine.python.as_ref().map(|version| format!("Python {version}"));
    let ray = machine.ray.as_ref().map(|version| format!("Ray {version}"));
    let parts = [machine.node.clone(), gpu, driver, machine.cpu.clone(), python, ray];
    let told: Vec<String> = parts.into_iter().flatten().map(|part| shortened(&part, 60)).collect();
    told.join(", ")
}

fn remarks(observation: &Observation) -> String {
    let mut remarks = Vec::new();
    if let Some(how) = &observation.crashed {
        remarks.push(shortened(how.lines().next().unwrap_or_default(), 120));
    }
    if observation.spare {
        remarks.push("in place of a seed that diverged or crashed".to_owned());
    }
    if let Some(why) = &observation.retried {
        remarks.push(format!("repeated on another machine: {}", shortened(why, 120)));
    }
    if let Some(run) = &observation.reused {
        remarks.push(format!("reused from {}", shortened(run, 120)));
    }
    remarks.join("; ")
}
