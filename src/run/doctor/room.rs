//! Checks of the GPUs that are seen, and of whether a training has a place beside them.

use anyhow::Result;

use super::{Check, Examination, State};
use crate::{
    cluster::{
        Cluster, Gpus, Room,
        ray::{GPU, Ray},
    },
    config::Config,
};

/// What it is called where GPUs are looked for.
const GPUS: &str = "GPUs";
/// And where sizes are declared.
pub(super) const TRAINING: &str = "training";

/// The GPUs of this machine, and whether a training's workers can have places on it.
pub(super) async fn here(config: &Config, seen: &mut Examination) {
    seen.push(judge(&Gpus::seen().await, config));
    if config.training.gang() > 1 {
        let beside = |()| "all workers of one on this machine".to_owned();
        seen.push(Check::of(TRAINING, Room::here(&config.training).map(beside)));
    }
}

fn judge(gpus: &Gpus, config: &Config) -> Check {
    let asked = config.training.gpu.unwrap_or(0);
    let found = gpus.to_string();
    let lacks = usize::try_from(asked).is_ok_and(|asked| asked > gpus.count());
    match (lacks, gpus.count()) {
        (true, count) => {
            // Of another make, Ray may find some yet.
            let state = if count == 0 { State::Warning } else { State::Problem };
            Check::new(GPUS, state, format!("{found}, and a training asks for {asked}")).remedy(
                "lower training.gpu in the config, or see why `nvidia-smi` and CUDA_VISIBLE_DEVICES do not show them",
            )
        }
        (false, 0) => Check::ok(GPUS, found),
        (false, _) if asked > 0 => Check::ok(GPUS, format!("{found}, {asked} for each training")),
        (false, _) if config.training.gpu == Some(0) => {
            Check::ok(GPUS, format!("{found}, shared by all trainings"))
        }
        (false, _) => Check::ok(
            GPUS,
            format!(
                "{found}, one for each training if PyTorch or JAX is installed for GPUs; else say training.gpu"
            ),
        ),
    }
}

/// The GPUs of a Ray that runs already, and how many trainings have room there.
pub(super) async fn there(cluster: &Cluster, config: Option<&Config>) -> Check {
    match look(cluster, config).await {
        Ok(found) => Check::ok(GPUS, found),
        Err(error) => Check::problem(GPUS, &error),
    }
}

async fn look(cluster: &Cluster, config: Option<&Config>) -> Result<String> {
    let ray = Ray::new(&cluster.dashboard, cluster.token.clone(), cluster.trust.as_ref())?;
    let nodes = ray.nodes().await?;
    let gpus: f64 = nodes.iter().filter_map(|node| node.resources.get(GPU)).sum();
    let found = format!("{gpus} on {} nodes", nodes.len());
    let Some(config) = config else { return Ok(found) };
    let room = Room::on_nodes(&config.training, &nodes, (cluster.description.as_str(), true))?;
    Ok(format!("{found}; room for {} trainings at a time", room.places.floor()))
}

/// Whether a training has a place on the cluster that is declared.
pub(super) fn declared(config: &Config) -> Check {
    let room = Room::declared(&config.training, &config.cluster);
    let told = |room: Option<Room>| match room {
        Some(room) => format!("room for {} at a time on the workers", room.places),
        None => "on the head".to_owned(),
    };
    Check::of(TRAINING, room.map(told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_judged_by_what_a_training_asks_for() {
        let judge = |count: usize, training: &str| {
            let text = format!(
                "entrypoint: x\nmetrics: {{a: {{direction: higher, absolute: 1}}}}\ntraining: {training}"
            );
            let gpus = Gpus::of((0..count).map(|id| id.to_string()).collect());
            judge(&gpus, &Config::parse(&text, "x").unwrap())
        };
        assert_eq!(judge(0, "{}").found, "none by nvidia-smi");
        assert_eq!(judge(2, "{gpu: 1}").found, "2, 1 for each training");
        assert_eq!(judge(2, "{gpu: 0}").found, "2, shared by all trainings");
        assert!(judge(2, "{}").found.starts_with("2, one for each training if"));
        assert_eq!(judge(0, "{gpu: 1}").state, State::Warning);
        let lacking = judge(2, "{gpu: 3}");
        assert_eq!(lacking.state, State::Problem);
        assert_eq!(lacking.found, "2, and a training asks for 3");
    }
}
