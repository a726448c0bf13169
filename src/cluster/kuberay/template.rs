//! The user's `RayCluster` template, and ours laid over it as Kubernetes' strategic merge would.
//!
//! Source: <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md>.

mod reach;

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use crate::config::{ClusterSize, WorkerSize};

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

/// What a template says.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Spec of a `RayCluster`.
    pub(super) spec: Value,
    /// Labels of a whole `RayCluster`.
    pub(super) labels: BTreeMap<String, String>,
    /// Its annotations.
    pub(super) annotations: BTreeMap<String, String>,
}

/// Reads a template: the spec of a `RayCluster`, or a whole `RayCluster` of which the spec is taken, and the
/// labels and annotations.
///
/// It may have one group of workers, which gets our image and the size of `workers`; other groups would run
/// whatever image and number of pods stands there.
///
/// # Errors
///
/// No YAML, no such spec, groups of workers that the config declares no size of, or pods that reach out of
/// themselves although the config does not trust them.
pub(crate) fn parse(text: &str, path: &str, size: &ClusterSize) -> Result<Template> {
    let read: Value = serde_yaml::from_str(text)
        .with_context(|| format!("cluster.template {path} is not valid YAML"))?;
    let kind = read.get("kind").and_then(Value::as_str).map(str::to_owned);
    let (labels, annotations) = match kind {
        Some(_) => (marks(&read, "labels", path)?, marks(&read, "annotations", path)?),
        None => Default::default(),
    };
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
    sized(&groups(&spec, path)?, path, size.workers.as_ref())?;
    let spec = Value::Object(spec);
    match reach::first(&spec).filter(|_| !size.trust_template) {
        None => Ok(Template { spec, labels, annotations }),
        Some(place) => bail!(
            "cluster.template {path} asks for {place}, by which trainings reach out of their pod, to its \
             node or to Kubernetes; take it out, or write `trust-template: true` beside `template` in the \
             config"
        ),
    }
}

/// The labels or annotations of a whole `RayCluster`.
fn marks(cluster: &Value, kind: &str, path: &str) -> Result<BTreeMap<String, String>> {
    let marks = cluster.pointer(&format!("/metadata/{kind}")).unwrap_or(&Value::Null);
    let marks: Option<BTreeMap<String, String>> = serde_json::from_value(marks.clone())
        .with_context(|| format!("cluster.template {path}: metadata.{kind} is no map of texts"))?;
    Ok(marks.unwrap_or_default())
}

/// The groups of workers by name, if they have one.
fn groups<'a>(spec: &'a Map<String, Value>, path: &str) -> Result<Vec<Option<&'a str>>> {
    let groups = match spec.get("workerGroupSpecs") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(groups) => groups.as_array(),
    };
    let groups = groups.with_context(|| {
        format!(
            "cluster.template {path}: workerGroupSpecs is no list, and would be left out; write its group as \
             `- groupName: workers`"
        )
    })?;
    Ok(groups.iter().map(|group| group["groupName"].as_str()).collect())
}

fn sized(groups: &[Option<&str>], path: &str, workers: Option<&WorkerSize>) -> Result<()> {
    let names: Vec<_> = groups.iter().map(|name| name.unwrap_or("without a name")).collect();
    let names = names.join(", ");
    match (groups, workers) {
        ([], _) | ([Some(_)], Some(_)) => Ok(()),
        ([None], Some(_)) => bail!(
            "cluster.template {path} has workers without a name, which would stay beside ours; add \
             `groupName: workers`"
        ),
        ([_], None) => bail!(
            "cluster.template {path} has workers ({names}), and the config declares no size of them; add \
             `workers` under `cluster`, or take workerGroupSpecs out of the template"
        ),
        (groups, _) => bail!(
            "cluster.template {path} has {} groups of workers ({names}); allowed: one, which gets the image and \
             the size of `cluster.workers`. Keep the group that trains",
            groups.len()
        ),
    }
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

    fn size() -> ClusterSize {
        serde_yaml::from_str("workers: {cpu: 1, memory: 1Gi, min: 0, max: 2}").unwrap()
    }

    #[test]
    fn the_example_is_a_template() {
        let path = "examples/raycluster.yml";
        let text = std::fs::read_to_string(path).unwrap();
        let spec = parse(&text, path, &size()).unwrap();
        assert_eq!(spec.spec["workerGroupSpecs"][0]["groupName"], "workers");
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
        let parse = |text| parse(text, "t.yml", &ClusterSize::default());
        assert_eq!(parse(spec).unwrap(), parse(whole).unwrap());
        for (text, wanted) in [
            ("kind: RayJob\nspec: {}", "is a RayJob"),
            ("kind: RayCluster", "holds no RayCluster spec"),
            ("- a", "holds no RayCluster spec"),
            ("nodeSelector: {a: b}", "nodeSelector"),
            ("a: [", "not valid YAML"),
            (
                "kind: RayCluster\nmetadata: {labels: {a: [b]}}\nspec: {headGroupSpec: {}}",
                "metadata.labels is no map of texts",
            ),
        ] {
            let error = format!("{:#}", parse(text).unwrap_err());
            assert!(error.contains(wanted) && error.contains("t.yml"), "{text}: {error}");
        }
    }
    #[test]
    fn workers_are_one_group_of_a_declared_size() {
        let group = |name: &str| format!("- {{groupName: {name}, template: {{}}}}\n");
        let spec = |groups: &str| format!("workerGroupSpecs:\n{groups}");
        let (one, two) = (spec(&group("cpus")), spec(&(group("cpus") + &group("gpus"))));
        let unnamed = "- {template: {}}\n";
        let whole = |groups: &str| format!("kind: RayCluster\nspec: {{{}}}", groups.trim_end());
        let (many, twice) = (group("a") + &group("b") + &group("c"), group("a") + &group("a"));
        let no_workers = ClusterSize::default();
        assert!(parse(&one, "t.yml", &size()).is_ok());
        for none in ["workerGroupSpecs: []", "workerGroupSpecs: null", "workerGroupSpecs:"] {
            assert!(
                parse(&format!("headGroupSpec: {{}}\n{none}"), "t.yml", &no_workers).is_ok(),
                "{none}"
            );
        }
        for (text, size, wanted) in [
            (one, no_workers.clone(), "has workers (cpus), and the config declares no size"),
            (two.clone(), no_workers.clone(), "has 2 groups of workers (cpus, gpus)"),
            (two, size(), "has 2 groups of workers (cpus, gpus)"),
            (spec(&many), size(), "has 3 groups of workers (a, b, c)"),
            (spec(&twice), size(), "has 2 groups of workers (a, a)"),
            (spec(&unnamed.repeat(2)), size(), "(without a name, without a name)"),
            (spec(unnamed), size(), "add `groupName: workers`"),
            (spec("- {groupName: 7, template: {}}"), size(), "workers without a name"),
            (spec("- cpus\n"), size(), "workers without a name"),
            (spec("  {groupName: cpus}\n"), size(), "is no list"),
            (spec("  cpus\n"), no_workers.clone(), "is no list"),
            (whole("workerGroupSpecs: [{groupName: a}, {groupName: b}]"), size(), "(a, b)"),
        ] {
            let error = parse(&text, "t.yml", &size).unwrap_err().to_string();
            assert!(error.contains(wanted) && error.contains("t.yml"), "{text}: {error}");
        }
    }

    #[test]
    fn pods_that_reach_out_of_themselves_need_trust() {
        let head = |spec: &str| format!("headGroupSpec: {{template: {{spec: {spec}}}}}");
        let at_head = |rest: &str| format!("headGroupSpec.template.spec.{rest}");
        let trusting = ClusterSize { trust_template: true, ..size() };
        for (template, place) in [
            (head("{hostNetwork: true}"), at_head("hostNetwork")),
            (head("{hostPID: true}"), at_head("hostPID")),
            (head("{hostIPC: true}"), at_head("hostIPC")),
            (head("{shareProcessNamespace: true}"), at_head("shareProcessNamespace")),
            (head("{automountServiceAccountToken: true}"), at_head("automountServiceAccountToken")),
            (
                head("{volumes: [{name: a}, {name: b, hostPath: {path: /}}]}"),
                at_head("volumes.1.hostPath"),
            ),
            (
                head("{initContainers: [{name: a, securityContext: {privileged: true}}]}"),
                at_head("initContainers.0.securityContext.privileged"),
            ),
            (
                head(
                    "{containers: [{name: a, securityContext: {capabilities: {add: [NET_RAW, ALL]}}}]}",
                ),
                at_head("containers.0.securityContext.capabilities.add"),
            ),
            (
                head(
                    "{containers: [{name: a, securityContext: {capabilities: {add: [cap_sys_module]}}}]}",
                ),
                at_head("containers.0.securityContext.capabilities.add"),
            ),
            (
                head(
                    "{volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: t}}]}}]}",
                ),
                at_head("volumes.0.projected.sources.0.serviceAccountToken"),
            ),
            (
                "{headGroupSpec: {}, autoscalerOptions: {securityContext: {privileged: true}}}"
                    .into(),
                "autoscalerOptions.securityContext.privileged".into(),
            ),
            (
                "workerGroupSpecs: [{groupName: a, template: {spec: {hostNetwork: true}}}]".into(),
                "workerGroupSpecs.0.template.spec.hostNetwork".into(),
            ),
        ] {
            let error = parse(&template, "t.yml", &size()).unwrap_err().to_string();
            assert!(error.contains(&format!("t.yml asks for {place}, ")), "{error}");
            assert!(error.contains("trust-template: true"), "{error}");
            assert!(parse(&template, "t.yml", &trusting).is_ok(), "{template}");
        }
        let harmless =
            head("{hostNetwork: false, hostPID: null, volumes: [{name: a, emptyDir: {}}]}");
        assert!(parse(&harmless, "t.yml", &size()).is_ok());
    }
}
