//! What somebody took away from its owner goes all the same, and what only looks like ours stays.

use std::time::Duration;

use super::{
    cluster::{Namespace, RealCluster, UNTIL_RELEASED},
    world::{Outcome, World},
};

const CONFIG: &str = "metrics: {accuracy: {direction: higher, absolute: 0.01, sd: 0.001}}\n\
                      seeds: {values: [1]}\n\
                      cluster: {head: {cpu: 300m, memory: 2Gi}, workers: {cpu: 300m, memory: 1Gi, min: 1, max: 1}}\n\
                      isolation: shared";

/// In the middle of a training, the cluster loses owner and labels, and gets more workers.  Trainings
/// cannot do so any more; a patch from outside stands for them.
pub fn a_cluster_goes_with_its_run(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-detached");
    let metrics = "echo 'REGRESSION_METRICS {\"accuracy\": 1}'";
    let world =
        namespace.training(&format!("[ -e twin ] || {{ {UNTIL_RELEASED}; }}; {metrics}"), CONFIG);
    let mut running = world.start(namespace.compare(&world, "main", &world.twin(), &["-v"]));
    world.wait_for(&mut running, "Running entrypoint");
    for ray_cluster in namespace.kubectl(&["get", "rayclusters", "--output=name"]).lines() {
        let labels = r#"{"app.kubernetes.io/managed-by": null, "regression-action/run": null}"#;
        let patch = format!(r#"{{"metadata": {{"ownerReferences": [], "labels": {labels}}}}}"#);
        namespace.kubectl(&["patch", ray_cluster, "--type=merge", "--patch", &patch]);
        let more = r#"[{"op": "replace", "path": "/spec/workerGroupSpecs/0/maxReplicas", "value": 1000},
                       {"op": "replace", "path": "/spec/workerGroupSpecs/0/replicas", "value": 2}]"#;
        namespace.kubectl(&["patch", ray_cluster, "--type=json", "--patch", more]);
    }
    let workers = |objects: &[String]| objects.iter().filter(|it| it.contains("-worker-")).count();
    namespace.wait(Duration::from_mins(1), "more workers", |objects| workers(objects) >= 2);
    // An owner that nobody deletes holds a pod and a policy.
    let config_map = namespace.kubectl(&[
        "get",
        "configmap",
        "kube-root-ca.crt",
        "--output=jsonpath={.metadata.uid}",
    ]);
    let owner = format!(
        r#"{{"metadata": {{"ownerReferences": [{{"apiVersion": "v1", "kind": "ConfigMap", "name": "kube-root-ca.crt", "uid": "{config_map}"}}]}}}}"#
    );
    let pods = namespace.kubectl(&["get", "pods", "--output=name"]);
    let worker = pods.lines().rfind(|pod| pod.contains("-worker-")).unwrap();
    let policies = namespace.kubectl(&["get", "networkpolicies", "--output=name"]);
    assert!(policies.lines().count() == 1 && policies.contains("/regression-"), "{policies}");
    for part in [worker, &policies] {
        namespace.kubectl(&["patch", part, "--type=merge", "--patch", &owner]);
    }
    namespace.release();
    let report = world.outcome(running).expect(0, &[]).json();
    for cleanup in report["cleanup"].as_array().unwrap() {
        println!("{}", cleanup["summary"]);
        assert_eq!(cleanup["left"], 0, "{report}");
    }
    namespace.assert_empty();
}

/// A Secret of somebody else, a `RayJob` of ours that bears its name, and parts of a run without one.
const OBJECTS: &str = r#"
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: train-secrets}, stringData: {key: value}}
- apiVersion: ray.io/v1
  kind: RayJob
  metadata:
    name: train-secrets
    labels: {app.kubernetes.io/managed-by: regression-action, regression-action/run: train-secrets}
    annotations: {regression-action/expires: "2020-01-01T00:00:00Z"}
  spec:
    submissionMode: InteractiveMode
    suspend: true
    shutdownAfterJobFinishes: true
    rayClusterSpec:
      headGroupSpec: &head
        rayStartParams: {}
        template:
          metadata:
            labels: &ours {app.kubernetes.io/managed-by: regression-action, regression-action/run: regression-gone}
          spec: {containers: [{name: ray-head, image: IMAGE}]}
- {apiVersion: ray.io/v1, kind: RayCluster, metadata: {name: regression-gone-x}, spec: {suspend: true, headGroupSpec: *head}}
- {apiVersion: v1, kind: Secret, metadata: {name: regression-gone, labels: *ours}, stringData: {auth_token: a}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: regression-gone, labels: *ours}
  spec: {podSelector: {}}
- apiVersion: v1
  kind: Pod
  metadata: {name: regression-gone-x-head, labels: *ours}
  spec:
    terminationGracePeriodSeconds: 1
    containers: [{name: ray-head, image: IMAGE, command: [sleep, "600"]}]
"#;

/// A sweep finds what nobody holds, by label, and takes nothing of others.
pub fn a_sweep_takes_what_is_ours(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-sweep-orphans");
    cluster.apply(&namespace.name, &OBJECTS.replace("IMAGE", &cluster.image));
    let swept = sweep(&namespace);
    println!("{}", swept.stdout);
    for told in [
        "RayJob train-secrets",
        "secret/regression-gone, networkpolicy/regression-gone of regression-gone",
        "no RayJob holds it",
    ] {
        assert!(swept.stdout.contains(told), "{told}: {swept:?}");
    }
    assert_eq!(namespace.objects(), ["secret/train-secrets"]);
}

fn sweep(namespace: &Namespace<'_>) -> Outcome {
    let kubeconfig = namespace.kubeconfig();
    let arguments = ["sweep", "--backend", "kubernetes", "--namespace", &namespace.name];
    let world = World::new();
    world
        .run(&[&arguments[..], &["--kubeconfig", kubeconfig.to_str().unwrap()]].concat())
        .expect(0, &[])
}
