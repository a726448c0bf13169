//! What a training may do in the cluster: nothing, also beside the autoscaler; in a namespace that takes
//! no pods but those that Pod Security calls restricted.

use std::fs;

use serde_json::Value;

use super::{
    cluster::{Namespace, RealCluster},
    world::{World, finish},
};

const LOOK: &str = include_str!("look.py");
const RIGHTS: &str = "metrics: {rights: {direction: lower, absolute: 0.5, sd: 0.001}}\n\
                      seeds: {values: [1]}\nenv: {NAMESPACE: HERE}";
/// Room for one head and one worker.
const AUTOSCALED: &str = "cluster: {head: {cpu: 300m, memory: 2Gi}, \
                          workers: {cpu: 300m, memory: 1Gi, min: 0, max: 1}}\nisolation: shared";

fn restricted<'a>(cluster: &'a RealCluster, name: &str) -> Namespace<'a> {
    let namespace = cluster.namespace(name);
    let labels =
        ["enforce", "warn"].map(|mode| format!("pod-security.kubernetes.io/{mode}=restricted"));
    namespace.kubectl(&["label", "namespace", name, &labels[0], &labels[1]]);
    namespace
}

/// A repository whose trainings count what they may do.
pub fn looking(namespace: &Namespace<'_>, entrypoint: &str, rest: &str, template: &str) -> World {
    let rest = format!("{rest}\n{}", RIGHTS.replace("HERE", &namespace.name));
    let world = namespace.training(entrypoint, &rest);
    world.commit(&[("look.py", LOOK), ("template.yml", template)]);
    world
}

/// The report of a comparison in it.
pub fn looked(namespace: &Namespace<'_>, world: &World) -> Value {
    let outcome = finish(namespace.compare(world, "main", &world.twin(), &[]));
    let report = outcome.expect(0, &[]).json();
    for training in report["observations"].as_array().unwrap() {
        let log = fs::read_to_string(training["log"].as_str().unwrap()).unwrap();
        log.lines().filter(|line| line.contains(" on ")).for_each(|line| println!("{line}"));
    }
    report
}

pub fn rights(report: &Value) -> (f64, f64) {
    let metric = &report["metrics"][0];
    (metric["base"].as_f64().unwrap(), metric["head"].as_f64().unwrap())
}

/// Where the config trusts a template that mounts a token, it is found.  That nothing is found elsewhere is shown below,
/// and in a namespace that `connect` makes.
pub fn a_mounted_token_is_found(cluster: &RealCluster) {
    let namespace = restricted(cluster, "test-rights");
    let trusting = "cluster: {head: {cpu: 300m, memory: 2Gi}, template: template.yml, trust-template: true}\nisolation: shared";
    let mounts = "headGroupSpec: {template: {spec: {automountServiceAccountToken: true}}}";
    let world = looking(&namespace, "python3 look.py", trusting, mounts);
    let report = looked(&namespace, &world);
    namespace.assert_empty();
    assert_eq!(rights(&report), (1.0, 1.0), "the look finds what is there: {report}");
    // Of the pods of a CronJob, Pod Security only warns.
    for file in ["sweep", "network-policy", "try-policy", "token"] {
        let file = format!("manifests/{file}.yml");
        let rehearsed = ["apply", "--dry-run=server", "--warnings-as-errors", "--filename", &file];
        namespace.kubectl(&rehearsed);
    }
}

/// The autoscaler has what it needs and adds the worker; a task beside it on the head finds nothing.
pub fn none_beside_the_autoscaler(cluster: &RealCluster) {
    let namespace = restricted(cluster, "test-rights-autoscaler");
    let world = looking(&namespace, "hostname && python3 look.py head", AUTOSCALED, "");
    let report = looked(&namespace, &world);
    namespace.assert_empty();
    assert_eq!(rights(&report), (0.0, 0.0), "{report}");
    for training in report["observations"].as_array().unwrap() {
        let log = fs::read_to_string(training["log"].as_str().unwrap()).unwrap();
        let on = |place: &str, host: &str| {
            log.lines().any(|line| line.starts_with(place) && line.contains(host))
        };
        assert!(on("here: 0", "-worker-") && on("head: 0", "-head-"), "{log}");
    }
}
