//! What the code in a pod may do: no account of Kubernetes, no root, no way to more rights, as Pod Security
//! *restricted* wants it.  What the user's template says about any of it stands.  Pure.

use serde_json::{Map, Value, json};

/// The user of our generated images and of Ray's own; an image that names none would run as root.
const USER: u32 = 1000;
/// The volume that holds the autoscaler's token.
const ACCOUNT: &str = "regression-autoscaler";
/// Where clients of Kubernetes look for it.
const ACCOUNT_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// Label of the pods that hold it, by which a network policy lets them reach Kubernetes.
const ACCOUNT_LABEL: &str = "regression-action/autoscaler";
/// Seconds for which it is good, as of those that Kubernetes mounts by itself.
const TOKEN_LIFE: u32 = 3607;

/// The account that adds and removes workers, for `KubeRay`'s own container of the head pod alone.
pub(super) fn account() -> Value {
    let token = json!({"path": "token", "expirationSeconds": TOKEN_LIFE});
    let certificate = json!({"key": "ca.crt", "path": "ca.crt"});
    let namespace = json!({"apiVersion": "v1", "fieldPath": "metadata.namespace"});
    let sources = json!([
        {"serviceAccountToken": token},
        {"configMap": {"name": "kube-root-ca.crt", "items": [certificate]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": namespace}]}},
    ]);
    let volume = json!({"name": ACCOUNT, "projected": {"sources": sources}});
    json!({
        "headGroupSpec": {"template": {
            "metadata": {"labels": {ACCOUNT_LABEL: "true"}},
            "spec": {"volumes": [volume]},
        }},
        "autoscalerOptions": {
            "volumeMounts": [{"name": ACCOUNT, "mountPath": ACCOUNT_PATH, "readOnly": true}],
        },
    })
}

/// Hardens all pods of a `RayCluster` spec, as far as it says nothing else.
pub(super) fn harden(cluster: &mut Value) {
    if let Some(head) = cluster.pointer_mut("/headGroupSpec/template/spec") {
        harden_pod(head);
    }
    for group in elements(cluster, "workerGroupSpecs") {
        if let Some(worker) = group.pointer_mut("/template/spec") {
            harden_pod(worker);
        }
    }
    if let Some(autoscaler) = cluster.get_mut("autoscalerOptions") {
        harden_container(autoscaler);
    }
}

fn harden_pod(pod: &mut Value) {
    if let Some(pod) = pod.as_object_mut() {
        let mounts = pod.entry("automountServiceAccountToken").or_insert(Value::Null);
        // Without a value, Kubernetes would mount it.
        if mounts.is_null() {
            *mounts = json!(false);
        }
    }
    with_context(pod, |context| {
        default(context, "seccompProfile", json!({"type": "RuntimeDefault"}));
        let is_root = is_root(context);
        default(context, "runAsNonRoot", json!(!is_root));
        // Where the image's own user is wanted, whoever that is, ours would be in its way.
        if context["runAsNonRoot"] == true {
            default(context, "runAsUser", json!(USER));
        }
    });
    for list in ["containers", "initContainers"] {
        elements(pod, list).for_each(harden_container);
    }
}

fn harden_container(container: &mut Value) {
    with_context(container, |context| {
        // Kubernetes refuses that beside it.
        if context.get("privileged") != Some(&json!(true)) {
            default(context, "allowPrivilegeEscalation", json!(false));
            default(context, "capabilities", json!({"drop": ["ALL"]}));
        }
        if is_root(context) {
            default(context, "runAsNonRoot", json!(false));
        }
    });
}

fn is_root(context: &Map<String, Value>) -> bool {
    context.get("runAsUser") == Some(&json!(0))
}

/// Changes the security context of a pod or container.  A key without a value, by which a template wants
/// Kubernetes' own default, is left out.
fn with_context(of: &mut Value, change: impl FnOnce(&mut Map<String, Value>)) {
    let Some(of) = of.as_object_mut() else { return };
    let context = of.entry("securityContext").or_insert(Value::Null);
    if context.is_null() {
        *context = json!({});
    }
    if let Some(context) = context.as_object_mut() {
        change(context);
        context.retain(|_, value| !value.is_null());
    }
}

fn default(context: &mut Map<String, Value>, key: &str, value: Value) {
    context.entry(key).or_insert(value);
}

fn elements<'a>(of: &'a mut Value, list: &str) -> impl Iterator<Item = &'a mut Value> {
    of.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten()
}
