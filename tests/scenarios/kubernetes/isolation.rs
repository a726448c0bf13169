//! Each side in a cluster of its own: what head's code does there reaches nothing of base.

use serde_json::Value;

use super::{
    cluster::RealCluster,
    world::{World, finish},
};
use crate::isolation::{METRICS, base, forging};

fn cleanups(report: &Value) -> usize {
    let all = report["cleanup"].as_array().unwrap();
    assert!(all.iter().all(|one| one["left"] == 0), "{report:#}");
    all.len()
}

/// The head that forges base on a Ray that both share.
pub fn a_forging_head_reaches_nothing_of_base(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-isolation");
    let size = "cluster: {head: {cpu: 500m, memory: 2Gi}}";
    let world = forging(namespace.training("sh train.sh", &format!("{METRICS}\n{size}")));
    let report = finish(namespace.compare(&world, "main", "forging", &[])).expect(1, &[]).json();
    assert_eq!(base(&report), [0.91, 0.92, 0.93], "{report:#}");
    assert_eq!(cleanups(&report), 2);
    let observations = report["observations"].as_array().unwrap();
    assert!(observations.iter().all(|one| one["exposure"] == "none"), "{report:#}");
    assert!(report["cluster"].as_str().unwrap().ends_with("a cluster for each side"));
    namespace.assert_empty();
}

const ONE_EACH: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.05, sd: 0.001}}\nseeds: {values: [1]}";

/// One worker in all: it is base's, then head's.
pub fn one_worker_serves_both_sides_in_turn(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-turns");
    let world: World = namespace.training(
        "echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.9$REGRESSION_SEED}\"",
        &format!(
            "{ONE_EACH}\ncluster:\n  head: {{cpu: 300m, memory: 2Gi}}\n  \
               workers: {{cpu: 300m, memory: 1Gi, min: 1, max: 1}}\n"
        ),
    );
    let report =
        finish(namespace.compare(&world, "main", &world.twin(), &[])).expect(0, &[]).json();
    assert_eq!(cleanups(&report), 2);
    assert!(report["cluster"].as_str().unwrap().ends_with("which train in turn"), "{report:#}");
    let nodes = |role: &str| {
        let of_role = |one: &&Value| one["role"] == role;
        let all = report["observations"].as_array().unwrap().iter().filter(of_role);
        all.map(|one| one["machine"]["node"].to_string()).collect::<Vec<_>>()
    };
    assert!(nodes("base").iter().chain(&nodes("head")).all(|node| node.contains("-worker-")));
    namespace.assert_empty();
}
