use serde_json::{Value, json};

use super::*;
use crate::cluster::kuberay::fake::FakeNamespace;

const OURS: &str = "app.kubernetes.io/managed-by";
const RUN: &str = "regression-action/run";

fn labels(run: &str) -> Value {
    json!({OURS: "regression-action", RUN: run})
}

fn of_run(run: &str) -> Value {
    json!({"metadata": {"labels": labels(run)}})
}

/// A `RayJob` of ours that its operator has ended, or whose lease runs on for an hour.
fn job(run: &str, stage: &str) -> Value {
    let expires =
        humantime::format_rfc3339(SystemTime::now() + Duration::from_hours(1)).to_string();
    json!({
        "metadata": {"labels": labels(run), "annotations": {EXPIRES: expires}},
        "status": {"jobDeploymentStatus": stage},
    })
}

/// A `RayCluster` without owner and labels, whose pods would get those of a run.
fn detached(run: &str) -> Value {
    let template = json!({"metadata": {"labels": labels(run)}, "spec": {}});
    json!({"spec": {"headGroupSpec": {"template": template}}})
}

async fn swept(namespace: &FakeNamespace) -> Vec<Swept> {
    remove_dead(&namespace.access(), &Progress::silent()).await.unwrap()
}

#[tokio::test]
async fn a_secret_whose_name_a_ray_job_bears_is_not_ours() {
    let namespace = FakeNamespace::default();
    namespace.put("rayjobs", "train-secrets", job("train-secrets", "Failed"));
    namespace.put("secrets", "train-secrets", json!({}));
    let swept = swept(&namespace).await;
    assert!(swept.len() == 1 && swept[0].removed, "{swept:?}");
    assert_eq!(namespace.names(), ["secrets/train-secrets"]);
}

#[tokio::test]
async fn what_was_detached_goes_with_its_run() {
    let namespace = FakeNamespace::default();
    namespace.put("rayjobs", "regression-1", job("regression-1", "Failed"));
    namespace.put("rayclusters", "regression-1-x", detached("regression-1"));
    namespace.put("pods", "head", of_run("regression-1"));
    namespace.put("secrets", "regression-1", of_run("regression-1"));
    namespace.put(
        "services",
        "svc",
        json!({"metadata": {"labels": {"ray.io/cluster": "regression-1-x"}}}),
    );
    let swept = swept(&namespace).await;
    assert!(swept.len() == 1 && swept[0].detail.contains("0 objects left"), "{swept:?}");
    assert_eq!(namespace.names(), [""; 0]);
}

#[tokio::test]
async fn what_no_ray_job_holds_is_removed_and_nothing_of_others() {
    let namespace = FakeNamespace::default();
    let mut gpus = of_run("regression-2");
    gpus["metadata"]["ownerReferences"] = json!([{"uid": "kube-root-ca.crt"}]);
    namespace.put("rayclusters", "regression-1-x", detached("regression-1"));
    namespace.put("pods", "gpus", gpus);
    namespace.put("secrets", "regression-3", of_run("regression-3"));
    namespace.put("networkpolicies", "regression-4", of_run("regression-4"));
    namespace.put("networkpolicies", "regression-action", json!({}));
    // Others', and the pod of a build of ours.
    namespace.put("rayclusters", "theirs", json!({}));
    namespace.put("rayjobs", "theirs", json!({}));
    namespace.put("pods", "build", json!({"metadata": {"labels": {OURS: "regression-action"}}}));
    namespace.put("pods", "claims-their-job", of_run("theirs"));
    namespace.put("secrets", "regression-1", json!({}));
    let swept = swept(&namespace).await;
    let told: Vec<_> = swept.iter().map(|one| (one.what.as_str(), one.removed)).collect();
    assert_eq!(
        told,
        [
            ("raycluster/regression-1-x of regression-1", true),
            ("pod/gpus of regression-2", true),
            ("secret/regression-3 of regression-3", true),
            ("networkpolicy/regression-4 of regression-4", true),
        ]
    );
    assert_eq!(
        namespace.names(),
        [
            "networkpolicies/regression-action",
            "pods/build",
            "pods/claims-their-job",
            "rayclusters/theirs",
            "rayjobs/theirs",
            "secrets/regression-1"
        ]
    );
}

#[tokio::test]
async fn a_living_run_keeps_everything() {
    let namespace = FakeNamespace::default();
    namespace.put("rayjobs", "regression-1", job("regression-1", "Waiting"));
    namespace.put("rayclusters", "regression-1-x", detached("regression-1"));
    namespace.put("pods", "head", of_run("regression-1"));
    let swept = swept(&namespace).await;
    assert!(swept.len() == 1 && swept[0].detail.starts_with("left alone"), "{swept:?}");
    assert_eq!(namespace.names().len(), 3);
}
