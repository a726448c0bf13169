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
        .with_context(|| {
            format!("cluster.template {path}: metadata.{kind} is not a map of strings")
        })?;
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
            "cluster.template {path}: workerGroupSpecs is not a list, and would be left out; write its group as \
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
mod tests;
