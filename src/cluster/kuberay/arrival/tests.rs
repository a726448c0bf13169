use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    cluster::kuberay::{ClusterRequest, FactWatch, Kube, fake::FakeNamespace},
    config::{ClusterSize, Span, TrainingNeeds},
    progress::Progress,
};

/// A cluster that nobody asked for.
fn ray() -> KubeRay {
    let request = ClusterRequest {
        name: "regression-1".to_owned(),
        owner: String::new(),
        image: String::new(),
        size: ClusterSize::default(),
        training: TrainingNeeds::default(),
        secrets: Vec::new(),
        template: None,
        lease: Duration::from_mins(2),
        patience: Duration::from_mins(10),
    };
    let kube = Kube::new(&FakeNamespace::default().access());
    KubeRay { kube, request, watch: FactWatch::new(), creation: None, refused: false }
}

fn at(stage: &'static str, detail: &str) -> Obstacle {
    Obstacle { stage, detail: detail.to_owned(), patience: None }
}

#[tokio::test]
async fn the_time_in_a_queue_is_no_part_of_the_start_and_has_a_line_and_a_limit_of_its_own() {
    let (progress, cancel) = (Progress::silent(), CancellationToken::new());
    let queue = Queue::new(Span::try_from("1s".to_owned()).unwrap());
    let limit = Duration::from_millis(600);
    let terms =
        ClusterTerms { queue: Some(&queue), ..ClusterTerms::new(limit, &progress, &cancel) };
    let (mut arrival, ray) = (Arrival::new(&terms), ray());
    let kueue = || at(QUEUED, "by Kueue, in its queue gpus");
    arrival.meet(at("creating the cluster", ""), &ray).unwrap();
    assert!(progress.latest().starts_with("starting a Ray cluster on Kubernetes: creating the cl"));
    arrival.meet(kueue(), &ray).unwrap();
    assert!(progress.latest().starts_with("queued: by Kueue, in its queue gpus: 0.00 s of 1s"));
    sleep(limit).await;
    arrival.meet(kueue(), &ray).unwrap();
    arrival.meet(at("pulling the image", ""), &ray).unwrap();
    assert!(progress.latest().starts_with("starting a Ray cluster on Kubernetes: pulling"));
    assert!(queue.waited() >= limit && arrival.left() > limit / 2, "{:?}", arrival.left());

    // Taken back before its head ran.
    arrival.meet(kueue(), &ray).unwrap();
    sleep(limit).await;
    let told = arrival.meet(kueue(), &ray).unwrap_err().to_string();
    let wanted = "still queued after limits.queue (1s): by Kueue, in its queue gpus; raise it, or see what it waits";
    assert!(told.contains(wanted) && told.contains("workloads -n ml"), "{told}");

    arrival.start();
    sleep(limit).await;
    let told = arrival.meet(at("pulling the image", ""), &ray).unwrap_err().to_string();
    assert!(told.contains("within limits.provision (0.60 s): pulling the image"), "{told}");
}
