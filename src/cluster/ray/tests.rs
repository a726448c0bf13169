//! A Ray behind a way that breaks: each call is done once the way heals, and what never heals is told in
//! words that mean something to people.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{self, Body},
    extract::{Request, State},
    http::{Method, Response},
};
use futures_util::{StreamExt, future::join_all, stream};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::{
    config::MetricSources,
    experiment::{log::Log, metrics::Reader},
    git::Package,
    http::proxy::{BROKEN, Proxy, Way},
};

const NAME: &str = "Ray 2.60.0 on Kubernetes (context prod (https://10.0.0.1:6443), namespace ml)";
const ANSWER: Duration = Duration::from_millis(500);
/// How long the way is broken: several answers.
const BREAK: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);

/// A dashboard that knows the jobs that were submitted, and what it was asked.
#[derive(Debug, Default)]
struct Dashboard {
    jobs: Mutex<BTreeMap<String, &'static str>>,
    asked: Mutex<Vec<String>>,
}

impl Dashboard {
    async fn start() -> (Arc<Self>, SocketAddr) {
        let dashboard = Arc::new(Self::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&dashboard));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (dashboard, address)
    }

    fn asked(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(what)).count()
    }
}

async fn answer(State(dashboard): State<Arc<Dashboard>>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let path = head.uri.path().to_owned();
    dashboard.asked.lock().unwrap().push(format!("{} {path}", head.method));
    let mut jobs = dashboard.jobs.lock().unwrap();
    let id = path.strip_prefix("/api/jobs/").unwrap_or_default();
    match (&head.method, path.as_str(), id.strip_suffix("/stop")) {
        (_, _, Some("bad")) => reply(400, "no"),
        (&Method::POST, "/api/jobs/", _) => {
            let id = serde_json::from_slice::<Value>(&body).unwrap()["submission_id"].clone();
            match jobs.insert(id.as_str().unwrap().to_owned(), "RUNNING") {
                Some(_) => reply(500, "it already exists"),
                None => reply(200, "{}"),
            }
        }
        (&Method::POST, _, Some(id)) => {
            jobs.insert(id.to_owned(), "STOPPED");
            reply(200, r#"{"stopped": true}"#)
        }
        (_, "/api/v0/logs/file", _) if head.uri.query().unwrap().contains("node_id=gone") => {
            reply(500, "no such node")
        }
        (_, "/api/v0/logs/file", _) => reply(200, "one\ntwo\n"),
        (_, "/api/v0/logs/stream", _) => {
            let first = stream::once(async { Ok::<_, std::io::Error>("one\n") });
            Response::new(Body::from_stream(first.chain(stream::pending())))
        }
        (&Method::PUT, ..) => reply(200, ""),
        _ => match jobs.get(id) {
            Some(status) => reply(200, &json!({"submission_id": id, "status": status}).to_string()),
            None => reply(404, "no such thing"),
        },
    }
}

fn reply(status: u16, text: &str) -> Response<Body> {
    Response::builder().status(status).body(Body::from(text.to_owned())).unwrap()
}

/// A client behind a way, after some calls at once, so that several connections lie in its pool.
struct Scene {
    dashboard: Arc<Dashboard>,
    proxy: Proxy,
    ray: Ray,
    directory: tempfile::TempDir,
}

impl Scene {
    async fn new(total: Duration) -> Self {
        let (dashboard, address) = Dashboard::start().await;
        let proxy = Proxy::start(address);
        let base = format!("http://{}/", proxy.address).parse().unwrap();
        let ray = Ray::new(&base, None, None).unwrap().known_as(NAME, Duration::ZERO);
        let policy = RetryPolicy::within(PATIENCE, ANSWER);
        let mut ray = Ray { policy, ..ray };
        dashboard.jobs.lock().unwrap().insert("known".to_owned(), "RUNNING");
        for job in join_all((0..3).map(|_| ray.job("known"))).await {
            assert_eq!(job.unwrap().unwrap().status, JobStatus::Running);
        }
        ray.policy.total = total;
        Self { dashboard, proxy, ray, directory: tempfile::tempdir().unwrap() }
    }

    fn log(&self) -> Log {
        let reader = Reader::new(&MetricSources::default());
        Log::create("base", &self.directory.path().join("log"), reader).unwrap()
    }

    fn package(&self) -> Package {
        let path = self.directory.path().join("package");
        std::fs::write(&path, "code").unwrap();
        Package { path, sha256: "abc".to_owned(), size: 4, files: 1, warnings: Vec::new() }
    }

    async fn call(&self, what: &str) -> Result<()> {
        match what {
            "submit" => self.ray.submit(&submission("new")).await,
            "look" => self.ray.job("known").await.map(drop),
            "stop" => self.ray.stop("known").await,
            "upload" => self.ray.upload(&self.package()).await.map(drop),
            "read" => {
                let mut log = self.log();
                self.ray.drain("known", "node", &mut log).await?;
                assert_eq!(log.received(), 8);
                Ok(())
            }
            other => panic!("{other}"),
        }
    }
}

fn submission(id: &str) -> Submission {
    Submission {
        submission_id: id.to_owned(),
        entrypoint: "true".to_owned(),
        runtime_env: RuntimeEnv {
            working_dir: Some("gcs://x.zip".to_owned()),
            py_modules: Vec::new(),
            env_vars: BTreeMap::new(),
        },
        takes: EntrypointResources::default(),
        entrypoint_label_selector: BTreeMap::new(),
        metadata: BTreeMap::new(),
    }
}

const CALLS: [&str; 5] = ["submit", "look", "stop", "upload", "read"];

#[tokio::test(flavor = "multi_thread")]
async fn each_call_is_done_once_the_way_heals() {
    let cases = BROKEN.into_iter().flat_map(|way| CALLS.map(|what| (way, what)));
    join_all(cases.map(async |(way, what)| {
        let scene = Scene::new(PATIENCE).await;
        scene.proxy.turn(way);
        let begun = Instant::now();
        let heals = async {
            sleep(BREAK).await;
            if way != Way::BlackHole {
                scene.proxy.turn(Way::Open);
            }
        };
        let (done, ()) = tokio::join!(scene.call(what), heals);
        let took = begun.elapsed();
        done.unwrap_or_else(|error| panic!("{way:?}, {what}: {error:#}"));
        assert!(took < PATIENCE / 2, "{way:?}, {what}: {took:?}");
        if what == "submit" {
            let jobs = scene.dashboard.jobs.lock().unwrap().len();
            assert_eq!(jobs, 2, "{way:?}: it is there once");
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_heal_is_told_by_its_name_and_not_by_a_local_port() {
    let cases = [Way::Stalled, Way::Resets, Way::Refuses]
        .into_iter()
        .flat_map(|way| CALLS.map(|what| (way, what)));
    join_all(cases.map(async |(way, what)| {
        let scene = Scene::new(Duration::from_secs(1)).await;
        // A submission is waited for as long as a Ray may take to start.
        let call = scene.call(what);
        scene.proxy.turn(way);
        let Ok(failed) = timeout(Duration::from_secs(10), call).await else {
            assert_eq!(what, "submit", "{way:?} lasts too long");
            return;
        };
        let told = format!("{:#}", failed.unwrap_err());
        assert!(told.contains(NAME) && told.contains("tried for "), "{way:?}, {what}: {told}");
        assert!(!told.contains("127.0.0.1"), "{way:?}, {what}: {told}");
        let asked = ["look at job known", "stop job known", "package", "read the log of known"];
        assert!(asked.iter().any(|asked| told.contains(asked)), "{what}: {told}");
    }))
    .await;
}

/// Where there are few places, a side's job may come long after its code.
#[tokio::test(flavor = "multi_thread")]
async fn a_ray_that_is_not_ours_gets_old_code_again_right_before_a_job() {
    let scene = Scene::new(PATIENCE).await;
    let (ours, theirs) = (scene.ray.clone(), scene.ray.clone().borrowed());
    let five = Duration::from_mins(5);
    let old = five + Duration::from_secs(1);
    for (ray, age, jobs, wanted) in
        [(&theirs, old, 1, 1), (&theirs, old, 3, 1), (&theirs, five / 2, 1, 0), (&ours, old, 1, 0)]
    {
        let package = ray.upload(&scene.package()).await.unwrap();
        *package.asked.lock().await = Instant::now().checked_sub(age).unwrap();
        let before = scene.dashboard.asked("PUT /api/packages/gcs/_ray_pkg_abc.zip");
        for kept in join_all((0..jobs).map(|_| package.keep(ray))).await {
            kept.unwrap();
        }
        let uploads = scene.dashboard.asked("PUT /api/packages/gcs/_ray_pkg_abc.zip") - before;
        assert_eq!(uploads, wanted, "{age:?}, {jobs} jobs");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_at_once() {
    let scene = Scene::new(PATIENCE).await;
    let begun = Instant::now();
    let told = format!("{:#}", scene.ray.nodes().await.unwrap_err());
    assert!(told.contains("does not list its nodes"), "{told}");
    let told = format!("{:#}", scene.ray.stop("bad").await.unwrap_err());
    assert!(told.starts_with(&format!("cannot stop job bad on {NAME}: ")), "{told}");
    assert!(begun.elapsed() < PATIENCE / 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_ray_does_not_give_is_lost_and_one_behind_a_broken_way_is_not() {
    let mut scene = Scene::new(PATIENCE).await;
    let mut log = scene.log();
    let lost = scene.ray.drain("known", "gone", &mut log).await.unwrap_err();
    assert!(lost.is::<LogLost>(), "{lost:#}");
    scene.ray.policy.total = ANSWER;
    scene.proxy.turn(Way::Refuses);
    let broken = scene.ray.drain("known", "gone", &mut log).await.unwrap_err();
    assert!(!broken.is::<LogLost>(), "{broken:#}");
}

/// A log that does not grow looks like one whose way is dead.
#[tokio::test(flavor = "multi_thread")]
async fn a_live_log_is_opened_anew_after_the_way_was_broken() {
    let scene = Scene::new(PATIENCE).await;
    let (node, seen) = watch::channel(Some("node".to_owned()));
    let mut log = scene.log();
    let breaks = async {
        let opens = || scene.dashboard.asked("GET /api/v0/logs/stream");
        until(|| opens() == 1).await;
        // As one who looks at a job every second, whose connection is in the pool.
        scene.ray.job("known").await.unwrap();
        scene.proxy.turn(Way::BlackHole);
        scene.ray.job("known").await.unwrap();
        until(|| opens() == 2).await;
    };
    tokio::select! {
        never = scene.ray.follow("known", seen, &mut log) => match never {},
        () = breaks => {}
    }
    drop(node);
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it never came");
}
