use serde_json::{Value, json};

use super::*;
use crate::cluster::kuberay::{
    fake::{FORBIDDEN, FakeNamespace},
    resources::RayCluster,
};

const RUN: &str = "regression-1";

fn of_run(owner: &str) -> Value {
    let labels =
        json!({"app.kubernetes.io/managed-by": "regression-action", "regression-action/run": RUN});
    json!({"metadata": {"labels": labels, "ownerReferences": [{"uid": owner}]}})
}

/// As the watch saw the cluster before anybody touched it.
fn seen(name: &str) -> Option<Part> {
    let mut cluster = of_run(RUN);
    cluster["metadata"]["name"] = json!(name);
    cluster["metadata"]["uid"] = json!(name);
    cluster["spec"] = json!({});
    serde_json::from_value::<RayCluster>(cluster).unwrap().part()
}

async fn removed(namespace: &FakeNamespace, cluster: Option<Part>) -> Cleanup {
    let kube = Kube::new(&namespace.access());
    remove(&kube, RUN, cluster, None, false, &Progress::silent()).await
}

#[tokio::test]
async fn a_cluster_without_owner_and_labels_goes_by_its_uid() {
    let namespace = FakeNamespace::default();
    namespace.put("rayjobs", RUN, json!({}));
    // Nothing on it says any more whose it is.
    namespace.put("rayclusters", "regression-1-x", json!({}));
    namespace.put("pods", "worker", of_run("regression-1-x"));
    namespace.put("pods", "kept-by-a-config-map", of_run("kube-root-ca.crt"));
    namespace.put("networkpolicies", RUN, of_run("kube-root-ca.crt"));
    let cleanup = removed(&namespace, seen("regression-1-x")).await;
    assert_eq!((cleanup.left, namespace.names()), (0, Vec::new()), "{}", cleanup.summary);
}

#[tokio::test]
async fn another_cluster_of_that_name_stays() {
    let namespace = FakeNamespace::default();
    namespace.put("rayjobs", RUN, json!({}));
    namespace.put("rayclusters", "regression-1-x", json!({"metadata": {"uid": "another"}}));
    let cleanup = removed(&namespace, seen("regression-1-x")).await;
    assert_eq!((cleanup.left, namespace.names()), (0, vec!["rayclusters/regression-1-x".into()]));
}

/// As with the Role of an older release: waiting brings no right.
#[tokio::test]
async fn a_missing_right_ends_the_look_at_once_and_names_the_role() {
    let namespace = FakeNamespace::default();
    namespace.put("rayjobs", RUN, json!({}));
    namespace.put("secrets", FORBIDDEN, json!({}));
    let begun = std::time::Instant::now();
    let cleanup = removed(&namespace, None).await;
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    assert_eq!(cleanup.left, 1);
    assert!(cleanup.summary.contains("manifests/role.yml"), "{}", cleanup.summary);
}

#[tokio::test]
async fn what_is_owned_is_left_to_its_owner() {
    let namespace = FakeNamespace::default();
    namespace.put("rayjobs", RUN, json!({}));
    namespace.put("secrets", RUN, of_run(RUN));
    namespace.put("rayclusters", "regression-1-x", of_run(RUN));
    namespace.put("pods", "head", of_run("regression-1-x"));
    let cleanup = removed(&namespace, None).await;
    assert_eq!((cleanup.left, namespace.names()), (0, Vec::new()), "{}", cleanup.summary);
}
