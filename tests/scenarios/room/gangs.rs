//! Trainings that several workers share, on Ray's logical GPUs: by us, and by Ray alone.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use regression_action::{
    cluster::{
        Backend, Cluster, ClusterTerms, Gpus,
        ray::{EntrypointResources, Ray, RuntimeEnv, Submission},
        with_cluster,
    },
    progress::Progress,
};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::with_gpus;
use crate::world::{
    World, finish,
    local_ray::{START_LIMIT, eventually, get, local, succeeds},
};

/// Asks for its workers one by one: gangs that had one each, and no room for more, would wait for each other for ever.
pub const GANG: &str = include_str!("gang.py");

/// What is judged of gangs, and what each of them learns, which is the same.
pub const LEARNT: &str = "metrics:\n  accuracy: {direction: higher, absolute: 0.01, sd: 0.001}\n  \
     learnt: {direction: higher, absolute: 1, gate: false}\nseeds: {values: [1, 2]}\nlimits: {job: 3m, total: 15m}";

/// What each of a gang's workers takes.
pub(super) const EACH: &str = r#"{"num_gpus": 1, "num_cpus": 0.1}"#;

/// Room for two gangs of two.
pub(super) const GPUS: usize = 4;

/// Four trainings, and one thing learnt.
pub fn assert_learnt_alike(report: &Value) {
    let learnt = |one: &Value| one["readings"]["learnt"].as_f64().unwrap().to_bits();
    let observations = report["observations"].as_array().unwrap();
    let all: BTreeSet<u64> = observations.iter().map(learnt).collect();
    assert_eq!((observations.len(), all.len()), (4, 1), "{report:#}");
}

pub fn four_gangs_of_two_workers_on_room_for_two_never_wait_for_each_other() {
    let rest = format!("training: {{gpu: 1, cpu: 100m, workers: 2}}\nenv: {{EACH: '{EACH}'}}");
    let world = World::training("python gang.py", &format!("{LEARNT}\n{rest}"));
    world.commit(&[("gang.py", GANG)]);
    let outcome = finish(with_gpus(GPUS, &world, world.compare(&["--format", "json"])));
    let report = outcome.expect(0, &[", 4 GPUs"]).json();
    assert_learnt_alike(&report);
    let usage = &report["usage"];
    let minutes = |name: &str| usage[name].as_f64().unwrap();
    assert!((minutes("gpu_minutes") / minutes("training_minutes") - 2.0).abs() < 1e-6, "{usage}");
}

/// The same four, given to Ray all at once, as we did before trainings had places: each has one worker, and waits for
/// another one, which none gives back.
pub fn four_gangs_that_ray_starts_at_once_wait_for_each_other() {
    const GANGS: [&str; 4] = ["gang-1", "gang-2", "gang-3", "gang-4"];
    let work = async |cluster: &Cluster| {
        let ray = Ray::new(&cluster.dashboard, cluster.token.clone(), None)?;
        for id in GANGS {
            ray.submit(&gang(id)).await?;
        }
        eventually("each has a worker and asks for another", async || {
            for id in GANGS {
                let job = ray.job(id).await.unwrap().unwrap();
                assert!(!job.status.is_terminal(), "{id}: {job:?}");
            }
            workers(cluster).await == vec![["ALIVE", "PENDING_CREATION"]; GANGS.len()]
        })
        .await;
        // Only one that gives its worker back lets the others end.
        ray.stop(GANGS[0]).await?;
        for id in &GANGS[1..] {
            succeeds(cluster, id).await;
        }
        Ok(())
    };
    on_a_ray_with_gpus(GPUS, work);
}

/// A Ray of the test's own, which counts so many GPUs.
pub(super) fn on_a_ray_with_gpus(count: usize, work: impl AsyncFnOnce(&Cluster) -> Result<()>) {
    let run = async {
        let Backend::Local { environment, .. } = local().await else { unreachable!() };
        let gpus = Gpus::of((0..count).map(|id| id.to_string()).collect());
        let backend = Backend::Local { environment, gpus };
        let (progress, cancel) = (Progress::stderr(), CancellationToken::new());
        with_cluster(backend, &ClusterTerms::new(START_LIMIT, &progress, &cancel), work).await
    };
    Runtime::new().unwrap().block_on(run).unwrap();
}

fn gang(id: &str) -> Submission {
    let variables =
        [("AT_A_TIME", "4"), ("EACH", EACH), ("REGRESSION_SEED", "1"), ("REGRESSION_WORKERS", "2")];
    submission(id, GANG, &variables)
}

/// A job that is a script of Python.
pub(super) fn submission(id: &str, script: &str, variables: &[(&str, &str)]) -> Submission {
    let variables = variables.iter().copied().chain([("SCRIPT", script)]);
    let env_vars = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Submission {
        submission_id: id.to_owned(),
        entrypoint: "python -c \"$SCRIPT\"".to_owned(),
        runtime_env: RuntimeEnv { env_vars, ..RuntimeEnv::default() },
        takes: EntrypointResources::default(),
        entrypoint_label_selector: BTreeMap::new(),
        metadata: BTreeMap::new(),
    }
}

/// The states of each gang's workers, as Ray tells them.
pub(super) async fn workers(cluster: &Cluster) -> Vec<Vec<String>> {
    let told = get(cluster, "api/v0/actors?limit=100").await;
    let mut gangs: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for actor in told["data"]["result"]["result"].as_array().into_iter().flatten() {
        if actor["class_name"] == "Worker" {
            let state = actor["state"].as_str().unwrap().to_owned();
            gangs.entry(actor["job_id"].as_str().unwrap()).or_default().push(state);
        }
    }
    for states in gangs.values_mut() {
        states.sort_unstable();
    }
    gangs.into_values().collect()
}
