//! A namespace in memory, as far as a cluster's creation and removal ask for it: objects as they are applied
//! and created, lists by label, deletions with preconditions, and a garbage collector that goes by owner
//! references.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::Method,
    response::Response,
};
use serde_json::{Value, json};

use crate::cluster::kubeconfig::{Access, SilenceLimit, Ways};

/// Objects by `resource/name`.
type StoredObjects = Arc<Mutex<BTreeMap<String, Value>>>;
/// A resource of which the account may list and create nothing once an object of this name is there.
pub(super) const FORBIDDEN: &str = "forbidden";

/// Once a `RayJob` of this name is there, the operator knows no tokens.
pub(super) const OLD_OPERATOR: &str = "old-operator";

/// A namespace of an API server that is not there.
#[derive(Debug, Default)]
pub(super) struct FakeNamespace {
    objects: StoredObjects,
}

impl FakeNamespace {
    /// Puts an object there; its name is its UID unless the `rest` says another.
    pub(super) fn put(&self, resource: &str, name: &str, rest: Value) {
        let mut object = json!({"metadata": {"name": name, "uid": name}, "spec": {}});
        super::template::lay_over(&mut object, rest);
        self.objects.lock().unwrap().insert(format!("{resource}/{name}"), object);
    }

    /// What is there, as `resource/name`.
    pub(super) fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    pub(super) fn access(&self) -> Access {
        let router = Router::new().fallback(answer).with_state(Arc::clone(&self.objects));
        let client = kube::Client::new(router, "ml");
        let ways = Ways {
            watching: client.clone(),
            lasting: client.clone(),
            silence: SilenceLimit::default(),
            token_end: None,
        };
        Access {
            client,
            ways: Arc::new(ways),
            namespace: "ml".to_owned(),
            description: "a fake".to_owned(),
            warnings: Vec::new(),
        }
    }
}

async fn answer(State(objects): State<StoredObjects>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let (_, path) = path.split_once("/namespaces/ml/").unwrap();
    let (resource, name) = path.split_once('/').unwrap_or((path, ""));
    let key = format!("{resource}/{name}");
    match *request.method() {
        Method::GET if name.is_empty() => {
            let url = reqwest::Url::parse(&format!("http://fake{}", request.uri())).unwrap();
            if objects.lock().unwrap().contains_key(&format!("{resource}/{FORBIDDEN}")) {
                return status(403);
            }
            let selector = url.query_pairs().find(|(key, _)| key == "labelSelector");
            let selector = selector.map(|(_, value)| value.into_owned()).unwrap_or_default();
            reply(200, &list(&objects.lock().unwrap(), resource, &selector))
        }
        Method::GET => match objects.lock().unwrap().get(&key) {
            Some(object) => reply(200, object),
            None => status(404),
        },
        Method::DELETE => {
            let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
            let uid =
                serde_json::from_slice::<Value>(&body).unwrap()["preconditions"]["uid"].take();
            delete(&mut objects.lock().unwrap(), &key, &uid)
        }
        Method::POST | Method::PATCH => {
            let posted = request.method() == Method::POST;
            let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
            let object = serde_json::from_slice(&body).unwrap();
            create(&mut objects.lock().unwrap(), resource, object, posted)
        }
        _ => status(405),
    }
}

/// A post creates what is not there; what is applied may be.
fn create(
    objects: &mut BTreeMap<String, Value>,
    resource: &str,
    mut object: Value,
    posted: bool,
) -> Response {
    let key = format!("{resource}/{}", object["metadata"]["name"].as_str().unwrap());
    if objects.contains_key(&format!("{resource}/{FORBIDDEN}")) {
        return status(403);
    }
    if posted && objects.contains_key(&key) {
        return status(409);
    }
    let wants_token = object.pointer("/spec/rayClusterSpec/authOptions").is_some();
    if wants_token && objects.contains_key(&format!("{resource}/{OLD_OPERATOR}")) {
        let unknown = ".spec.rayClusterSpec.authOptions: field not declared in schema";
        return refusal(500, "InternalError", unknown);
    }
    object["metadata"]["uid"] = json!(key);
    let answer = reply(201, &object);
    objects.insert(key, object);
    answer
}

fn list(objects: &BTreeMap<String, Value>, resource: &str, selector: &str) -> Value {
    let of_resource = objects.iter().filter(|(key, _)| key.starts_with(&format!("{resource}/")));
    let items = of_resource.map(|(_, object)| object).filter(|object| selects(selector, object));
    json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items.collect::<Vec<_>>()})
}

fn selects(selector: &str, object: &Value) -> bool {
    let label = |key: &str| object["metadata"]["labels"][key].as_str();
    if let Some((key, names)) = selector.split_once(" in (") {
        return names.trim_end_matches(')').split(',').any(|name| label(key) == Some(name));
    }
    selector.split(',').filter(|part| !part.is_empty()).all(|part| match part.split_once('=') {
        Some((key, value)) => label(key) == Some(value),
        None => label(part).is_some(),
    })
}

fn delete(objects: &mut BTreeMap<String, Value>, key: &str, uid: &Value) -> Response {
    let Some(object) = objects.get(key) else { return status(404) };
    let found = object["metadata"]["uid"].clone();
    if uid.is_string() && *uid != found {
        return status(409);
    }
    let answer = reply(200, object);
    objects.remove(key);
    collect(objects, &found);
    answer
}

/// Removes what the object of that UID owned, and so on.
fn collect(objects: &mut BTreeMap<String, Value>, owner: &Value) {
    let is_owned = |object: &Value| {
        let owners = object["metadata"]["ownerReferences"].as_array();
        owners.is_some_and(|owners| owners.iter().any(|it| it["uid"] == *owner))
    };
    let gone: Vec<_> = objects.extract_if(.., |_, object| is_owned(object)).collect();
    for (_, object) in gone {
        collect(objects, &object["metadata"]["uid"]);
    }
}

fn status(code: u16) -> Response {
    let reason = if code == 404 { "NotFound" } else { "Conflict" };
    refusal(code, reason, &format!("a fake {code}"))
}

fn refusal(code: u16, reason: &str, message: &str) -> Response {
    let status = json!({
        "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "code": code,
        "message": message, "reason": reason,
    });
    reply(code, &status)
}

fn reply(code: u16, body: &Value) -> Response {
    Response::builder().status(code).body(Body::from(body.to_string())).unwrap()
}
