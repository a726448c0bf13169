//! An API server as far as a lease, a removal and watches need one: it keeps names, and removes what nothing
//! holds when it is told to delete the `RayJob`.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, Response},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::watch;

/// Finalizers by kind and name.
type Objects = BTreeMap<(String, String), Vec<String>>;

pub(super) struct Server {
    pub(super) address: SocketAddr,
    state: Arc<Kept>,
}

#[derive(Debug)]
struct Kept {
    objects: Mutex<Objects>,
    /// Deadlines in seconds.
    renewals: Mutex<Vec<u64>>,
    refuses_tokens: Mutex<bool>,
    /// What is said to whoever creates or changes anything.
    denial: Mutex<Option<&'static str>>,
    suspends: Mutex<bool>,
    changes: watch::Sender<()>,
}

impl Server {
    pub(super) async fn start() -> Self {
        let state = Arc::new(Kept {
            objects: Mutex::default(),
            renewals: Mutex::default(),
            refuses_tokens: Mutex::default(),
            denial: Mutex::default(),
            suspends: Mutex::default(),
            changes: watch::Sender::new(()),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    pub(super) fn put(&self, kind: &str, name: &str, finalizers: &[&str]) {
        let finalizers = finalizers.iter().map(|&finalizer| finalizer.to_owned()).collect();
        let key = (kind.to_owned(), name.to_owned());
        self.state.objects.lock().unwrap().insert(key, finalizers);
        self.state.changes.send_replace(());
    }

    pub(super) fn objects(&self) -> Vec<String> {
        let objects = self.state.objects.lock().unwrap();
        objects.keys().map(|(kind, name)| format!("{kind}/{name}")).collect()
    }

    /// The deadlines of all renewals, in seconds.
    pub(super) fn renewals(&self) -> Vec<u64> {
        self.state.renewals.lock().unwrap().clone()
    }

    pub(super) fn deny(&self, message: &'static str) {
        *self.state.denial.lock().unwrap() = Some(message);
    }

    /// Everything is suspended, as by a queue.
    pub(super) fn suspend(&self) {
        *self.state.suspends.lock().unwrap() = true;
    }

    pub(super) fn refuse_tokens(&self) {
        *self.state.refuses_tokens.lock().unwrap() = true;
    }
}

async fn answer(State(state): State<Arc<Kept>>, request: Request) -> Response<Body> {
    if *state.refuses_tokens.lock().unwrap() {
        return status(401, "Unauthorized");
    }
    let (request, body) = request.into_parts();
    let path = request.uri.path().to_owned();
    let rest = path.split_once("/namespaces/ml/").map_or("", |(_, rest)| rest);
    let (kind, name) = rest.split_once('/').unwrap_or((rest, ""));
    let watches = request.uri.query().is_some_and(|query| query.contains("watch=true"));
    match (&request.method, name) {
        (&Method::PATCH, name) => {
            let change = to_bytes(body, usize::MAX).await.unwrap();
            let change: Value = serde_json::from_slice(&change).unwrap();
            let deadline = change["spec"]["preRunningDeadlineSeconds"].as_u64();
            state.renewals.lock().unwrap().extend(deadline);
            if let Some(message) = *state.denial.lock().unwrap() {
                return status(403, message);
            }
            if request.headers["content-type"] == "application/apply-patch+yaml" {
                let key = (kind.to_owned(), name.to_owned());
                state.objects.lock().unwrap().entry(key).or_default();
            }
            reply(200, &object(&state, kind, name, &[]))
        }
        (&Method::DELETE, name) => {
            let mut objects = state.objects.lock().unwrap();
            let known = objects.contains_key(&(kind.to_owned(), name.to_owned()));
            if kind == "rayjobs" {
                objects.retain(|_, finalizers| !finalizers.is_empty());
            }
            if known { status(200, "") } else { status(404, "NotFound") }
        }
        (_, "") if watches => follow(&state, kind.to_owned()),
        (_, "") => {
            reply(200, &json!({"metadata": {"resourceVersion": "1"}, "items": list(&state, kind)}))
        }
        (_, name) => match list(&state, kind).into_iter().find(|it| it["metadata"]["name"] == name)
        {
            Some(object) => reply(200, &object),
            None => status(404, "NotFound"),
        },
    }
}

/// Tells all objects of a kind whenever any changes.
fn follow(state: &Arc<Kept>, kind: String) -> Response<Body> {
    let mut changes = state.changes.subscribe();
    changes.mark_changed();
    let lines =
        stream::unfold((changes, Arc::clone(state), kind), async |(mut changes, state, kind)| {
            changes.changed().await.ok()?;
            let line = |object| json!({"type": "MODIFIED", "object": object}).to_string() + "\n";
            let lines: String = list(&state, &kind).into_iter().map(line).collect();
            Some((Ok::<_, Infallible>(lines), (changes, state, kind)))
        });
    Response::new(Body::from_stream(lines))
}

fn list(state: &Kept, kind: &str) -> Vec<Value> {
    let objects = state.objects.lock().unwrap();
    let of_kind = objects.iter().filter(|((of, _), _)| of == kind);
    of_kind.map(|((_, name), finalizers)| object(state, kind, name, finalizers)).collect()
}

fn object(state: &Kept, kind: &str, name: &str, finalizers: &[String]) -> Value {
    let (version, kind) = match kind {
        "rayjobs" => ("ray.io/v1", "RayJob"),
        "rayclusters" => ("ray.io/v1", "RayCluster"),
        "pods" => ("v1", "Pod"),
        _ => ("v1", "Service"),
    };
    let deleted = (!finalizers.is_empty()).then_some("2026-11-30T00:00:00Z");
    json!({
        "apiVersion": version,
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": "ml",
            "uid": name,
            "resourceVersion": "1",
            "finalizers": finalizers,
            "deletionTimestamp": deleted,
            "labels": {
                "app.kubernetes.io/managed-by": "regression-action",
                "regression-action/run": "x",
            },
            "annotations": {"regression-action/expires": "2020-01-01T00:00:00Z"},
        },
        "spec": {"suspend": *state.suspends.lock().unwrap()},
    })
}

fn status(code: u16, reason: &str) -> Response<Body> {
    let success = if code < 400 { "Success" } else { "Failure" };
    let body = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "status": success,
        "code": code,
        "reason": reason,
        "message": reason,
    });
    reply(code, &body)
}

fn reply(code: u16, body: &Value) -> Response<Body> {
    let builder = Response::builder().status(code).header("content-type", "application/json");
    builder.body(Body::from(body.to_string())).unwrap()
}
