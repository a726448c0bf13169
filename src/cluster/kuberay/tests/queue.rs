//! Kueue, as its API server's answers show it: it refuses a cluster, or lets it wait.

use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    cluster::queue::Queue,
    config::{ClusterSize, Span, TrainingNeeds},
};

/// What a run came to that asked for the cluster `x`, and its removal.
async fn asked(scene: &Scene, queue: &Queue) -> (String, Cleanup) {
    let request = ClusterRequest {
        name: "x".to_owned(),
        owner: String::new(),
        image: String::new(),
        // It knows no token, so that there is no Secret.
        size: ClusterSize { ray_version: "2.40.0".to_owned(), ..ClusterSize::default() },
        training: TrainingNeeds::default(),
        secrets: Vec::new(),
        template: None,
        lease: Duration::from_mins(2),
        patience: PATIENCE,
    };
    let (progress, cancel) = (Progress::silent(), CancellationToken::new());
    let terms =
        ClusterTerms { queue: Some(queue), ..ClusterTerms::new(PATIENCE, &progress, &cancel) };
    let (mut ray, token) = KubeRay::begin(&scene.access, request);
    let outcome = Box::pin(ray.run(token, &terms, async |_| Ok(()))).await;
    (format!("{:#}", outcome.unwrap_err()), Box::pin(ray.remove(false, &progress)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhooks_refusal_is_no_missing_right_and_leaves_nothing() {
    let scene = Scene::new().await;
    scene.server.deny(
        "admission webhook \"vrayjob.kb.io\" denied the request: \
         spec.rayClusterSpec.enableInTreeAutoscaling: Invalid value: true: a kueue managed job should only \
         use autoscaling when workload slicing is enabled",
    );
    let (told, cleanup) = asked(&scene, &Queue::new(Span::minutes(1))).await;
    assert!(
        told.starts_with("the admission webhook vrayjob.kb.io does not let us create"),
        "{told}"
    );
    assert!(told.contains("the same `min` and `max`") && !told.contains("Role"), "{told}");
    assert_eq!(cleanup.summary, "nothing was created");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_too_long_is_taken_back() {
    let scene = Scene::new().await;
    scene.server.suspend();
    let queue = Queue::new(Span::try_from("1s".to_owned()).unwrap());
    let (told, cleanup) = asked(&scene, &queue).await;
    assert!(told.contains("still queued after limits.queue (1s)"), "{told}");
    assert_eq!(scene.server.renewals(), [120, 30]);
    assert_eq!((cleanup.left, scene.server.objects()), (0, Vec::new()), "{}", cleanup.summary);
}
