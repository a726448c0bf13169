//! Parts that fail in the middle of a run: a right verdict or a clear error, and nothing left.

use std::time::Instant;

use super::{
    cluster::{Namespace, RealCluster, UNTIL_RELEASED},
    world::{Outcome, Running, World, finish},
};

const ACCURACY: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01}}\nseeds: {values: [1]}";

/// Longer than anything here.
const FOR_EVER: &str = "sleep 300";

/// A training that waits like this for the base, up to the moment at which it runs.
pub fn training(namespace: &Namespace<'_>, wait: &str, rest: &str) -> (World, Running) {
    let entrypoint =
        format!("[ -e twin ] || {{ {wait}; }}; echo 'REGRESSION_METRICS {{\"accuracy\": 1}}'");
    let world = namespace.training(&entrypoint, &format!("{ACCURACY}\n{rest}"));
    let mut running = world.start(namespace.compare(&world, "main", &world.twin(), &["-v"]));
    world.wait_for(&mut running, "Running entrypoint");
    (world, running)
}

fn ends_with_an_error(namespace: &Namespace<'_>, world: &World, running: Running, told: &[&str]) {
    let begun = Instant::now();
    let outcome: Outcome = world.outcome(running).expect(2, told);
    let last = outcome.stderr.lines().last().unwrap_or_default().to_owned();
    println!("{:.1?}: {last}", begun.elapsed());
    let said = outcome.json();
    let is_an_error_alone = said.as_object().is_some_and(|said| said.keys().eq(["error"]));
    assert!(is_an_error_alone, "no verdict on what was not measured: {outcome:?}");
    namespace.assert_empty();
}

/// Both sides were measured rightly; for more than `inconclusive` one training a side is too little.
pub fn measured(outcome: Outcome) {
    let report = outcome.expect(3, &[]).json();
    let metric = &report["metrics"][0];
    assert_eq!((&metric["base"], &metric["head"]), (&1.0.into(), &1.0.into()), "{report}");
    assert_eq!(report["cleanup"][0]["left"], 0, "{report}");
}

/// Parts of the control plane and of the node go away and come back, and the operator is away again when the cluster has
/// to go; the training never notices.
pub fn parts_go_away_and_come_back(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-parts");
    let (world, running) = training(&namespace, UNTIL_RELEASED, "");
    cluster.part(&["restart", "kube-apiserver", "20"]);
    cluster.part(&["restart", "containerd"]);
    // Every forward is cut, again and again.
    for _ in 0..3 {
        cluster.part(&["restart", "kubelet"]);
    }
    cluster.part(&["restart", "kuberay", "30"]);
    cluster.part(&["stop", "kuberay"]);
    namespace.release();
    let outcome = world.outcome(running);
    cluster.part(&["start", "kuberay"]);
    measured(outcome);
    namespace.assert_empty();
}

/// Before the first training nothing is lost by a Ray that ends.
pub fn a_head_that_crashes_once_starts_again(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-head-crashes");
    let world = namespace.training(
        "echo 'REGRESSION_METRICS {\"accuracy\": 1}'",
        &format!(
            "{ACCURACY}\nisolation: shared\n\
             cluster: {{head: {{cpu: 300m, memory: 2Gi}}, template: template.yml}}"
        ),
    );
    world.commit(&[("template.yml", CRASHES_ONCE)]);
    let outcome = finish(namespace.compare(&world, "main", &world.twin(), &["-v"]));
    measured(outcome);
    let started = "jsonpath={.items[?(@.reason==\"Started\")].count}";
    assert_eq!(namespace.kubectl(&["get", "events", "--output", started]), "2", "it crashed");
    namespace.assert_empty();
}

/// Interrupts its Ray two seconds after the first start.
const CRASHES_ONCE: &str = r"
headGroupSpec:
  template:
    spec:
      volumes: [{name: once, emptyDir: {}}]
      containers:
        - name: ray-head
          volumeMounts: [{name: once, mountPath: /once}]
          lifecycle:
            postStart:
              exec:
                command:
                  - bash
                  - -c
                  - |
                    [ ! -e /once/crashed ] || exit 0
                    touch /once/crashed
                    (sleep 2; kill -INT 1) </dev/null >/dev/null 2>&1 &
";

pub fn the_head_pod_is_deleted(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-head-deleted");
    let (world, running) = training(&namespace, FOR_EVER, "");
    namespace.kubectl(&["delete", "pod", "-l", "ray.io/node-type=head", "--wait=false"]);
    ends_with_an_error(&namespace, &world, running, &["head"]);
}

pub fn a_worker_pod_is_deleted(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-worker-deleted");
    let size = "cluster: {head: {cpu: 500m, memory: 2Gi}, \
                workers: {cpu: 500m, memory: 1Gi, min: 1, max: 1}}\nisolation: shared";
    let (world, mut running) = training(&namespace, FOR_EVER, size);
    let arguments =
        ["delete", "pod", "-l", "ray.io/node-type=worker", "--grace-period=0", "--force"];
    namespace.kubectl(&arguments);
    // On the worker that takes its place, where it is no better off.
    world.wait_for(&mut running, "-base-seed-1-retry");
    namespace.kubectl(&arguments);
    ends_with_an_error(&namespace, &world, running, &["trying once more", "twice"]);
}

/// The kernel takes the training, or Ray itself with it.
pub fn the_head_runs_out_of_memory(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-head-memory");
    let eat = "exec python3 -c 'x = [bytes(range(256)) * 400000 for _ in range(100)]'";
    let rest =
        format!("{ACCURACY}\ncluster: {{head: {{cpu: 500m, memory: 1500Mi}}}}\nisolation: shared");
    let world = namespace.training(eat, &rest);
    let mut running = world.start(namespace.compare(&world, "main", &world.twin(), &["-v"]));
    world.wait_for(&mut running, "Running entrypoint");
    ends_with_an_error(&namespace, &world, running, &["memory"]);
}

/// Ray's agent on the head dies, and its raylet with it: logs are answered with 500, and Ray says
/// for ever that the training runs.
pub fn the_dashboard_fails(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-dashboard");
    let (world, running) = training(&namespace, FOR_EVER, "");
    let head = namespace.kubectl(&["get", "pods", "-l", "ray.io/node-type=head", "--output=name"]);
    let kill = "import glob, os, signal\n\
        for path in glob.glob('/proc/[0-9]*/cmdline'):\n\
        \x20   if 'dashboard/' + 'agent.py' in open(path).read(): os.kill(int(path.split('/')[2]), 9)\n";
    namespace.kubectl(&["exec", &head, "--container", "ray-head", "--", "python3", "-c", kill]);
    ends_with_an_error(&namespace, &world, running, &["head"]);
}
