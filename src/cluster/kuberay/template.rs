//! The user's `RayCluster` template, and ours laid over it as Kubernetes' strategic merge would.
//!
//! Source: <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md>.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

/// Lists that are merged by a key of their elements; every other list is replaced as a whole.
const KEYED: [(&str, &str); 10] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("env", "name"),
    ("volumes", "name"),
    ("volumeMounts", "mountPath"),
    ("ports", "containerPort"),
    ("imagePullSecrets", "name"),
    ("hostAliases", "ip"),
    ("workerGroupSpecs", "groupName"),
    ("topologySpreadConstraints", "topologyKey"),
];

/// Lists whose elements have no key: ours come after the user's.
const APPENDED: [&str; 2] = ["envFrom", "tolerations"];

/// Reads a template: the spec of a `RayCluster`, or a whole `RayCluster` of which the spec is taken.
pub(crate) fn parse(text: &str, path: &str) -> Result<Value> {
    let read: Value = serde_yaml::from_str(text)
        .with_context(|| format!("cluster.template {path} is not valid YAML"))?;
    let kind = read.get("kind").and_then(Value::as_str).map(str::to_owned);
    let spec = match kind.as_deref() {
        None => read,
        Some("RayCluster") => read["spec"].clone(),
        Some(kind) => {
            bail!("cluster.template {path} is a {kind}; a RayCluster or its spec is needed")
        }
    };
    let Value::Object(spec) = spec else {
        bail!("cluster.template {path} holds no RayCluster spec");
    };
    if !spec.contains_key("headGroupSpec") && !spec.contains_key("workerGroupSpecs") {
        let found = spec.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        bail!(
            "cluster.template {path} has neither headGroupSpec nor workerGroupSpecs, so it is no \
             RayCluster spec; its keys: {found}"
        );
    }
    Ok(Value::Object(spec))
}

/// Lays `ours` over `theirs`: maps key by key, keyed lists element by element, the rest replaced.
pub(super) fn lay_over(theirs: &mut Value, ours: Value) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => merge_maps(theirs, ours),
        (theirs, ours) => *theirs = ours,
    }
}

fn merge_maps(theirs: &mut Map<String, Value>, ours: Map<String, Value>) {
    for (key, value) in ours {
        let Some(found) = theirs.get_mut(&key) else {
            theirs.insert(key, value);
            continue;
        };
        let name = KEYED.iter().find_map(|(list, name)| (*list == key).then_some(*name));
        match (found, value) {
            (Value::Array(theirs), Value::Array(ours)) if name.is_some() => {
                merge_lists(theirs, ours, name.unwrap_or_default());
            }
            (Value::Array(theirs), Value::Array(ours)) if APPENDED.contains(&&*key) => {
                theirs.extend(ours);
            }
            (found, value) => lay_over(found, value),
        }
    }
}

fn merge_lists(theirs: &mut Vec<Value>, ours: Vec<Value>, key: &str) {
    for element in ours {
        match theirs.iter_mut().find(|found| found.get(key) == element.get(key)) {
            Some(found) => lay_over(found, element),
            None => theirs.push(element),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_example_is_a_template() {
        let path = "examples/raycluster.yml";
        let text = std::fs::read_to_string(path).unwrap();
        let spec = parse(&text, path).unwrap();
        assert_eq!(spec["workerGroupSpecs"][0]["groupName"], "workers");
    }

    #[test]
    fn maps_and_keyed_lists_are_merged_and_other_lists_replaced() {
        let mut theirs = json!({
            "containers": [
                {"name": "ray", "image": "theirs", "command": ["a", "b"],
                 "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                {"name": "sidecar"},
            ],
            "tolerations": [{"key": "gpu"}],
            "nodeSelector": {"pool": "gpu"},
        });
        let ours = json!({
            "containers": [{"name": "ray", "image": "ours", "command": ["c"],
                            "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}],
            "tolerations": [{"key": "spot"}],
            "nodeSelector": {"zone": "a"},
        });
        lay_over(&mut theirs, ours);
        let wanted = json!({
            "containers": [
                {"name": "ray", "image": "ours", "command": ["c"],
                 "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"},
                         {"name": "C", "value": "4"}]},
                {"name": "sidecar"},
            ],
            "tolerations": [{"key": "gpu"}, {"key": "spot"}],
            "nodeSelector": {"pool": "gpu", "zone": "a"},
        });
        assert_eq!(theirs, wanted);
    }

    #[test]
    fn a_template_is_a_cluster_or_its_spec() {
        let spec = "headGroupSpec: {rayStartParams: {}}";
        let whole =
            "apiVersion: ray.io/v1\nkind: RayCluster\nspec:\n  headGroupSpec: {rayStartParams: {}}";
        assert_eq!(parse(spec, "t.yml").unwrap(), parse(whole, "t.yml").unwrap());
        for (text, wanted) in [
            ("kind: RayJob\nspec: {}", "is a RayJob"),
            ("kind: RayCluster", "holds no RayCluster spec"),
            ("- a", "holds no RayCluster spec"),
            ("nodeSelector: {a: b}", "nodeSelector"),
            ("a: [", "not valid YAML"),
        ] {
            let error = format!("{:#}", parse(text, "t.yml").unwrap_err());
            assert!(error.contains(wanted) && error.contains("t.yml"), "{text}: {error}");
        }
    }
}
