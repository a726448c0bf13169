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
const ALMIGHTY: [&str; 5] = ["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "DAC_READ_SEARCH"];

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
    match key {
        "hostPath" | "serviceAccountToken" => !value.is_null(),
        "add" => value.as_array().is_some_and(|added| added.iter().any(is_almighty)),
        switch => *value == Value::Bool(true) && SWITCHES.contains(&switch),
    }
}

/// Kubernetes takes capabilities in either case, with or without `CAP_`.
fn is_almighty(capability: &Value) -> bool {
    capability.as_str().is_some_and(|name| {
        let name = name.to_ascii_uppercase();
        ALMIGHTY.contains(&name.strip_prefix("CAP_").unwrap_or(&name))
    })
}
