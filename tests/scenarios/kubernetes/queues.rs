//! A real Kueue, which `tests/cluster/queues` starts: what waits, what it refuses, and what starts for those who
//! died in the queue.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{
    cluster::{Namespace, RealCluster, cost},
    world::{World, finish},
};

const QUEUED: &str = "queued: by Kueue, in its queue gpus";
const ACCURACY: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01}}\nseeds: {values: [1]}";
/// A cluster in the queue, which takes one CPU.
const SMALL: &str =
    "cluster: {queue: gpus, labels: {acme.dev/team: vision}, head: {cpu: 1, memory: 2Gi}}";
/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A namespace whose queue `gpus` has so many CPUs.
fn with_queue<'a>(cluster: &'a RealCluster, name: &str, cpus: u32) -> Namespace<'a> {
    let namespace = cluster.namespace(name);
    let quotas =
        format!("[{{name: cpu, nominalQuota: {cpus}}}, {{name: memory, nominalQuota: 64Gi}}]");
    let object = |kind: &str, name: &str, spec: &str| {
        let api = "apiVersion: kueue.x-k8s.io/v1beta2";
        format!("---\n{api}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n")
    };
    let flavors = format!("[{{name: {name}, resources: {quotas}}}]");
    let groups = format!("[{{coveredResources: [cpu, memory], flavors: {flavors}}}]");
    let queue = format!(
        "{{namespaceSelector: {{}}, queueingStrategy: StrictFIFO, resourceGroups: {groups}}}"
    );
    let objects = [
        object("ResourceFlavor", name, "{}"),
        object("ClusterQueue", name, &queue),
        object("LocalQueue", "gpus", &format!("{{clusterQueue: {name}}}")),
    ];
    cluster.apply(name, &objects.concat());
    namespace
}

fn world(namespace: &Namespace<'_>, seconds: u32, rest: &str) -> World {
    let training = format!("sleep {seconds}; echo 'REGRESSION_METRICS {{\"accuracy\": 1}}'");
    namespace.training(&training, &format!("{ACCURACY}\n{rest}"))
}

fn value(namespace: &Namespace<'_>, path: &str) -> String {
    namespace.kubectl(&["get", "rayjobs", &format!("--output=jsonpath={{.items[*]{path}}}")])
}

/// The second waits for the first, by no limit but its own, and tells how long.
pub fn one_run_after_another_starts(cluster: &RealCluster) {
    let namespace = with_queue(cluster, "test-queues-turns", 1);
    let shared = format!("{SMALL}\nisolation: shared");
    let first = world(&namespace, 10, &shared);
    let second = world(&namespace, 1, &format!("{shared}\nlimits: {{total: 90s, queue: 10m}}"));
    let compare = |world: &World| namespace.compare(world, "main", &world.twin(), &[]);
    let mut running = first.start(compare(&first));
    first.wait_for(&mut running, "training ...");
    assert_eq!(value(&namespace, ".metadata.labels.acme\\.dev/team"), "vision");
    let mut waiting = second.start(compare(&second));
    second.wait_for(&mut waiting, QUEUED);
    let first = first.outcome(running).expect(3, &[]).json();
    let outcome = second.outcome(waiting).expect(3, &[&format!("{QUEUED}: admitted")]);
    let times = &outcome.json()["times"];
    println!("in the queue for {} s, {} s in all", times["queue"], times["total"]);
    let queued = |report: &serde_json::Value| report["times"]["queue"].as_f64().unwrap();
    assert!(queued(&first) < 5.0 && queued(&outcome.json()) > 5.0, "{times}");
    namespace.wait(PATIENCE, "end of everything", <[String]>::is_empty);
}

/// One of two clusters starts, and no longer than `limits.queue` allows.
pub fn without_room_for_both_the_run_ends(cluster: &RealCluster) {
    let namespace = with_queue(cluster, "test-queues-room", 1);
    let world = world(&namespace, 1, &format!("{SMALL}\nlimits: {{queue: 20s}}"));
    let outcome = finish(namespace.compare(&world, "main", &world.twin(), &[]));
    let told = "still queued after limits.queue (20s): by Kueue, in its queue gpus";
    outcome.expect(2, &[told, "room for two clusters", ": admitted"]);
    namespace.wait(PATIENCE, "end of everything", <[String]>::is_empty);
}

/// In the words of its webhook, and with what to do.
pub fn what_scales_is_refused(cluster: &RealCluster) {
    let namespace = with_queue(cluster, "test-queues-scale", 8);
    let scales = "cluster: {queue: gpus, workers: {cpu: 1, memory: 1Gi, min: 0, max: 2}}";
    let world = world(&namespace, 1, scales);
    let outcome = finish(namespace.compare(&world, "main", &world.twin(), &[]));
    println!("{}", outcome.stderr.lines().last().unwrap_or_default());
    outcome.expect(2, &["vrayjob.kb.io", "workload slicing", "the same `min` and `max`"]);
    namespace.assert_empty();
}

/// What is admitted after its run was killed in the queue is gone before half of a lease is over.
pub fn next_to_nothing_starts_for_the_dead(cluster: &RealCluster) {
    let name = "test-queues-dead";
    let namespace = with_queue(cluster, name, 0);
    let world = world(&namespace, 1, &format!("{SMALL}\nisolation: shared"));
    let mut running = world.start(namespace.compare(&world, "main", &world.twin(), &[]));
    world.wait_for(&mut running, QUEUED);
    let begun = Instant::now();
    while value(&namespace, ".spec.preRunningDeadlineSeconds") != "30" {
        assert!(begun.elapsed() < PATIENCE, "the deadline was not cut short");
        thread::sleep(Duration::from_millis(200));
    }
    running.child.kill().unwrap();
    let path = "/spec/resourceGroups/0/flavors/0/resources/0/nominalQuota";
    let more = format!("[{{\"op\": \"replace\", \"path\": \"{path}\", \"value\": \"8\"}}]");
    cluster.kubectl(&["patch", "clusterqueue", name, "--type=json", "--patch", &more]);
    namespace.wait(PATIENCE, "admission", cost);
    let took = namespace.wait(PATIENCE, "end of the cluster", |objects| !cost(objects));
    println!("admitted after its run was killed: gone after {took:.1?}");
    assert!(took < Duration::from_mins(1), "{took:?}");
}
