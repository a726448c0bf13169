//! What lets the code of a pod reach out of it: to its node, to other containers, to Kubernetes.  Pure.

use serde_json::Value;

/// Keys that do so when they are true, wherever they stand.
const SWITCHES: [&str; 7] = [
    "hostNetwork",
    "hostPID",
    "hostIPC",
    "hostProcess",
    "privileged",
    // In the head pod there is a container that may change the cluster.
    "shareProcessNamespace",
    "automountServiceAccountToken",
];
/// Capabilities that are as good as `privileged`.
const ALMIGHTY: [&str; 4] = ["ALL", "SYS_ADMIN", "CAP_ALL", "CAP_SYS_ADMIN"];

/// The first place of a `RayCluster` spec that asks for such a thing, such as
/// `headGroupSpec.template.spec.volumes.0.hostPath`.
pub(super) fn first(spec: &Value) -> Option<String> {
    match spec {
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            let deeper = || Some(format!("{key}.{}", first(value)?));
            if asks(key, value) { Some(key.clone()) } else { deeper() }
        }),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .find_map(|(index, value)| Some(format!("{index}.{}", first(value)?))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn asks(key: &str, value: &Value) -> bool {
    let almighty = |name: &Value| name.as_str().is_some_and(|name| ALMIGHTY.contains(&name));
    match key {
        "hostPath" => !value.is_null(),
        "add" => value.as_array().is_some_and(|added| added.iter().any(almighty)),
        switch => *value == Value::Bool(true) && SWITCHES.contains(&switch),
    }
}
