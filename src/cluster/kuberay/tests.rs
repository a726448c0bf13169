//! An API server behind a way that breaks: leases are renewed, watches go on, clusters are removed once the
//! way heals; and what is told where it does not.

use std::time::{Duration, SystemTime};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use tokio::time::{Instant, sleep, timeout};

use super::{diagnosis::Facts, *};
use crate::{
    cluster::kubeconfig::{KubeOptions, SilenceLimit, connect_impatiently},
    http::proxy::{BROKEN, Proxy, Way},
};
use server::Server;

mod queue;
mod server;

const SILENCE: SilenceLimit =
    SilenceLimit { answer: Duration::from_millis(500), watch: Duration::from_secs(1) };
/// How long the way is broken: several answers.
const BREAK: Duration = Duration::from_secs(2);
const LEASE: Duration = Duration::from_secs(6);
const PATIENCE: Duration = Duration::from_secs(20);

/// A namespace behind a way, after some calls at once, so that several connections lie in the pool.
struct Scene {
    server: Server,
    proxy: Proxy,
    access: Access,
    kube: Kube,
}

impl Scene {
    async fn new() -> Self {
        Self::with_token("s3cr3t").await
    }

    async fn with_token(token: &str) -> Self {
        let server = Server::start().await;
        let proxy = Proxy::start(server.address);
        let text = format!(
            "clusters: [{{name: c, cluster: {{server: 'http://{}'}}}}]\n\
             users: [{{name: u, user: {{token: {token}}}}}]\n\
             contexts: [{{name: prod, context: {{cluster: c, user: u, namespace: ml}}}}]\n\
             current-context: prod\n",
            proxy.address
        );
        let options = KubeOptions { kubeconfig: Some(text.into()), ..KubeOptions::default() };
        let access = connect_impatiently(&options, SILENCE).await.unwrap();
        let kube = Kube::new(&access);
        // As often as it takes on a busy machine.
        let warm = async || join_all((0..2).map(|_| kube.parts("x", None))).await;
        while warm().await.iter().any(Result::is_err) {}
        Self { server, proxy, access, kube }
    }

    fn lease(&self) -> Lease {
        let features = Features { pre_running_deadline: true, token: true };
        Lease { kube: self.kube.clone(), name: "x".to_owned(), features, length: LEASE }
    }

    /// Breaks the way and heals it.
    async fn breaks(&self, way: Way) {
        self.proxy.turn(way);
        sleep(BREAK).await;
        if way != Way::BlackHole {
            self.proxy.turn(Way::Open);
        }
    }

    async fn remove(&self) -> Cleanup {
        removal::remove(&self.kube, "x", None, None, false, &Progress::silent()).await
    }
}

/// The facts of a cluster whose deadline runs.
fn running() -> Facts {
    started("2026-11-30T00:00:00Z", false)
}

/// The facts of a cluster whose deadline's clock began then, if no queue holds it.
fn started(at: &str, suspended: bool) -> Facts {
    let mut job = RayJob::new("x", resources::RayJobSpec::default());
    job.spec.suspend = Some(suspended);
    let start_time = Some(Time(at.parse().unwrap()));
    job.status = Some(resources::RayJobStatus { start_time, ..Default::default() });
    Facts { ray_job: Some(job), ..Facts::default() }
}

async fn each_way(test: impl AsyncFn(Scene, Way)) {
    join_all(BROKEN.map(async |way| test(Scene::new().await, way).await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_outlives_a_broken_way() {
    each_way(async |scene, way| {
        let (_facts, seen) = tokio::sync::watch::channel(running());
        let renewing = async {
            sleep(LEASE / 4).await;
            scene.breaks(way).await;
            let before = scene.server.renewals().len();
            sleep(LEASE / 2).await;
            (before, scene.server.renewals().len())
        };
        tokio::select! {
            lost = scene.lease().keep(seen) => panic!("{way:?}: {lost:?}"),
            (before, after) = renewing => assert!(after > before, "{way:?}: {before}, {after}"),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dies_in_a_queue_has_a_cluster_for_half_a_minute_at_most() {
    let scene = Scene::new().await;
    let queued = started("2026-11-30T00:00:00Z", true);
    let (facts, seen) = tokio::sync::watch::channel(queued.clone());
    let lease = Lease { length: Duration::from_mins(2), ..scene.lease() };
    let renewed = async |count: usize| {
        while scene.server.renewals().len() < count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let passes = async {
        renewed(1).await;
        // So soon that the operator never saw it suspended.
        facts.send_replace(running());
        renewed(2).await;
        facts.send_replace(queued);
        renewed(3).await;
        facts.send_replace(started("2026-11-30T01:00:00Z", false));
        renewed(4).await;
    };
    tokio::select! {
        lost = lease.keep(seen) => panic!("{lost:?}"),
        () = passes => assert_eq!(scene.server.renewals(), [30, 120, 30, 120]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_lost_is_told_in_one_sentence() {
    let cases = [(Way::Stalled, "does not answer"), (Way::Refuses, "cannot be reached: ")];
    join_all(cases.map(async |(way, wanted)| {
        let scene = Scene::new().await;
        let (_facts, seen) = tokio::sync::watch::channel(running());
        scene.proxy.turn(way);
        let begun = Instant::now();
        let lost = format!("{:#}", scene.lease().keep(seen).await.unwrap_err());
        assert!(begun.elapsed() < 2 * LEASE, "{:?}", begun.elapsed());
        let who = format!("Kubernetes ({})", scene.access.description);
        assert!(lost.contains(&who) && lost.contains(wanted), "{lost}");
        assert!(!lost.contains("Error") && lost.contains("could not be renewed for "), "{lost}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_in_mid_run_is_told_in_one_sentence() {
    let end = SystemTime::now() + Duration::from_secs(1);
    let exp = end.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let payload = URL_SAFE_NO_PAD.encode(format!("{{\"exp\": {}}}", exp + 1));
    let scene = Scene::with_token(&format!("eyJ.{payload}.c2ln")).await;
    scene.server.refuse_tokens();
    let (_facts, seen) = tokio::sync::watch::channel(running());
    let lost = format!("{:#}", scene.lease().keep(seen).await.unwrap_err());
    assert!(
        lost.contains("no longer accepts the token of the kubeconfig, which ended at "),
        "{lost}"
    );
    assert!(!lost.contains("Status") && !lost.contains('\n'), "{lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_outlives_a_broken_way() {
    each_way(async |scene, way| {
        scene.server.put("rayjobs", "x", &[]);
        scene.server.put("pods", "x-head", &[]);
        let removed = async {
            let cleanup = scene.remove().await;
            assert_eq!(cleanup.left, 0, "{way:?}: {cleanup:?}");
        };
        tokio::join!(removed, scene.breaks(way));
        assert_eq!(scene.server.objects(), Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_holds_a_removal_up_is_told_as_it_was_seen() {
    let mut scene = Scene::new().await;
    scene.kube.patience = Duration::from_secs(2);
    scene.server.put("rayjobs", "x", &[]);
    scene.server.put("pods", "x-head", &["acme.dev/hold"]);
    let cleanup = scene.remove().await;
    let seen = "1 objects left in namespace ml";
    let held = "pod/x-head (held by the finalizer acme.dev/hold)";
    assert!(cleanup.summary.contains(seen) && cleanup.summary.contains(held), "{cleanup:?}");
    assert!(!cleanup.summary.contains("does not answer"), "{cleanup:?}");

    let breaks = async {
        sleep(Duration::from_secs(1)).await;
        scene.proxy.turn(Way::Stalled);
    };
    let (cleanup, ()) = tokio::join!(scene.remove(), breaks);
    assert!(cleanup.summary.contains(held), "{cleanup:?}");
    assert!(cleanup.summary.contains("and since then Kubernetes ("), "{cleanup:?}");
    assert!(cleanup.summary.contains("does not answer"), "{cleanup:?}");

    let cleanup = scene.remove().await;
    assert!(cleanup.left == 1 && !cleanup.summary.contains("objects left"), "{cleanup:?}");
    assert!(cleanup.summary.contains("namespace ml) does not answer"), "{cleanup:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_go_on_after_a_broken_way() {
    each_way(async |scene, way| {
        let mut watch = FactWatch::new();
        let mut facts = watch.facts.subscribe();
        watch.begin(&scene.kube, running().ray_job.unwrap());
        let mut sees = async |pod: &str| {
            scene.server.put("pods", pod, &[]);
            let there = |facts: &Facts| facts.pods.iter().any(|seen| seen.name_any() == pod);
            let seen = timeout(PATIENCE, facts.wait_for(there)).await;
            assert!(seen.is_ok(), "{way:?}: {pod} is not seen");
        };
        sees("x-head").await;
        scene.breaks(way).await;
        sees("x-worker").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_outlives_a_broken_way() {
    each_way(async |scene, way| {
        if way == Way::Refuses {
            // At first, that is a wrong address, and told at once.
            scene.proxy.turn(way);
            let told = sweep::remove_dead(&scene.access, &Progress::silent()).await.unwrap_err();
            assert!(format!("{told:#}").contains("check the server's address"), "{told:#}");
            return;
        }
        scene.server.put("rayjobs", "x", &[]);
        let progress = Progress::silent();
        let swept = async { sweep::remove_dead(&scene.access, &progress).await.unwrap() };
        let (swept, ()) = tokio::join!(swept, scene.breaks(way));
        assert!(swept.iter().all(|swept| swept.removed), "{way:?}: {swept:?}");
        assert_eq!(scene.server.objects(), Vec::<String>::new());
    })
    .await;
}
