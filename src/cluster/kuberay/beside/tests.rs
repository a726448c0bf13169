use serde_json::json;

use crate::{
    cluster::{
        ClusterRequest,
        kuberay::{
            api::Kube,
            create,
            fake::{FORBIDDEN, FakeNamespace, OLD_OPERATOR},
            refusal::Refused,
            removal,
        },
    },
    config::{ClusterSize, TrainingNeeds},
    progress::Progress,
};

fn request() -> ClusterRequest {
    with_ray("2.60.0")
}

fn with_ray(version: &str) -> ClusterRequest {
    ClusterRequest {
        name: "regression-1".to_owned(),
        owner: "a test".to_owned(),
        image: "ghcr.io/acme/train:1".to_owned(),
        size: ClusterSize { ray_version: version.to_owned(), ..ClusterSize::default() },
        training: TrainingNeeds::default(),
        secrets: Vec::new(),
        template: None,
        lease: std::time::Duration::from_mins(2),
        patience: std::time::Duration::from_mins(10),
    }
}

#[tokio::test]
async fn a_cluster_has_a_policy_and_a_token_of_its_own_that_go_with_it() {
    let namespace = FakeNamespace::default();
    let kube = Kube::new(&namespace.access());
    create(kube.clone(), request(), Some("a token".into())).await.unwrap();
    let names = ["networkpolicies", "rayjobs", "secrets"].map(|it| format!("{it}/regression-1"));
    assert_eq!(namespace.names(), names);
    // Again, as after an answer that was lost.
    create(kube.clone(), request(), Some("a token".into())).await.unwrap();
    kube.delete("regression-1").await.unwrap();
    assert_eq!(namespace.names(), [""; 0]);
}

#[tokio::test]
async fn without_a_policy_a_cluster_is_not_used() {
    let namespace = FakeNamespace::default();
    namespace.put("networkpolicies", FORBIDDEN, json!({}));
    let kube = Kube::new(&namespace.access());
    let refused = create(kube, request(), None).await.unwrap_err();
    assert!(!refused.is::<Refused>(), "the RayJob is there: {refused:#}");
    let told = format!("{refused:#}");
    assert!(
        told.contains("let these credentials create networkpolicies.networking.k8s.io"),
        "{told}"
    );
    assert!(told.contains("apply manifests/role.yml"), "{told}");
}

#[tokio::test]
async fn a_ray_that_demands_a_token_is_not_begun_where_the_operator_gives_none() {
    let namespace = FakeNamespace::default();
    namespace.put("rayjobs", OLD_OPERATOR, json!({}));
    let kube = Kube::new(&namespace.access());
    let refused =
        create(kube.clone(), with_ray("2.61.0"), Some("a token".into())).await.unwrap_err();
    assert!(refused.is::<Refused>(), "nothing is there: {refused:#}");
    assert!(format!("{refused:#}").contains("Ray 2.61.0 demands a token"), "{refused:#}");
    assert_eq!(namespace.names(), ["rayjobs/old-operator"]);
    create(kube, request(), Some("a token".into())).await.unwrap();
    let names = ["networkpolicies/regression-1", "rayjobs/old-operator", "rayjobs/regression-1"];
    assert_eq!(namespace.names(), names);
}

#[tokio::test]
async fn a_policy_of_somebody_elses_that_has_the_name_is_told_and_stays() {
    let namespace = FakeNamespace::default();
    namespace.put("networkpolicies", "regression-1", json!({}));
    let kube = Kube::new(&namespace.access());
    let refused = create(kube.clone(), request(), None).await.unwrap_err();
    assert!(format!("{refused:#}").contains("networkpolicies"), "{refused:#}");
    removal::remove(&kube, "regression-1", None, None, false, &Progress::silent()).await;
    assert_eq!(namespace.names(), ["networkpolicies/regression-1"]);
}
