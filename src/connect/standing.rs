//! What is there, beside what is wanted.  Pure: an object as it is and as a dry run would leave it goes in, what
//! would become of it comes out.

use k8s_openapi::{
    api::core::v1::Namespace, apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry,
};
use kube::{Resource, ResourceExt, core::DynamicObject};
use serde_json::Value;

use super::NAME;
use crate::output;

/// Longest quotation of what the API server said.
const QUOTED: usize = 300;

/// What becomes of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is not there, and is made.
    Absent,
    /// It is there as it is wanted.
    Same,
    /// It is there and lacks something; who else wrote it, if not we alone.
    Lacking(Vec<String>),
    /// Somebody else said otherwise, in the API server's words: it stays.
    Held(String),
}

impl Standing {
    /// Of an object that is there, by what a dry run makes of it.
    pub(super) fn of(found: &DynamicObject, after: &DynamicObject) -> Self {
        if content(found) == content(after) {
            return Self::Same;
        }
        let mut others: Vec<String> = found.managed_fields().iter().filter_map(other).collect();
        others.sort();
        others.dedup();
        Self::Lacking(others)
    }

    /// Of an object that a dry run may not change.
    pub(super) fn held(said: &str) -> Self {
        Self::Held(output::excerpt(said, QUOTED))
    }

    /// Whether it is written.
    pub(super) fn changes(&self) -> bool {
        matches!(self, Self::Absent | Self::Lacking(_))
    }

    /// For people, behind the title of the object of that kind.
    pub(super) fn told(&self, kind: &str) -> String {
        match self {
            Self::Absent => "is made".to_owned(),
            Self::Same => "is there as it is to be".to_owned(),
            Self::Lacking(others) if others.is_empty() => "is brought up to date".to_owned(),
            Self::Lacking(others) => {
                let all = if kind == Namespace::kind(&()) {
                    ": everything in it is held to Pod Security's standard"
                } else {
                    ""
                };
                format!("is there, by {}, and gets what it lacks{all}", output::first_few(others))
            }
            Self::Held(said) => format!("is there, and stays as it is: {said}"),
        }
    }
}

/// Whether an object has all that is wanted of it, whatever else it has.
pub(super) fn holds(found: &DynamicObject, wanted: &DynamicObject) -> bool {
    let value = |object| serde_json::to_value(object).unwrap_or_default();
    within(&value(wanted), &value(found))
}

fn within(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted
            .iter()
            .all(|(key, value)| found.get(key).is_some_and(|there| within(value, there))),
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(value, there)| within(value, there))
        }
        _ => wanted == found,
    }
}

/// Who else wrote to the object itself; its status is the controllers'.
fn other(entry: &ManagedFieldsEntry) -> Option<String> {
    let writer = entry.manager.clone().filter(|manager| manager != NAME)?;
    entry.subresource.is_none().then(|| output::excerpt(&writer, QUOTED))
}

/// The object without what every write changes, and what its controllers do.
fn content(object: &DynamicObject) -> Value {
    let mut object = object.clone();
    let meta = object.meta_mut();
    meta.managed_fields = None;
    meta.resource_version = None;
    meta.generation = None;
    if let Some(data) = object.data.as_object_mut() {
        data.remove("status");
    }
    serde_json::to_value(object).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(label: &str, writers: &[(&str, Option<&str>)]) -> DynamicObject {
        let entry = |(manager, subresource): &(&str, Option<&str>)| json!({"manager": manager, "operation": "Apply", "subresource": subresource});
        let written: Vec<_> = writers.iter().map(entry).collect();
        let version = writers.len().to_string();
        serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "Namespace", "status": {"phase": writers.len()},
            "metadata": {"name": "ml", "labels": {"a": label}, "resourceVersion": version,
                         "generation": writers.len(), "managedFields": written},
        }))
        .unwrap()
    }

    #[test]
    fn what_is_as_wanted_is_not_written() {
        let after = object("x", &[("kubectl", None), (NAME, None)]);
        assert_eq!(Standing::of(&object("x", &[("kubectl", None)]), &after), Standing::Same);
        assert!(!Standing::Same.changes() && !Standing::held("x").changes());
    }

    #[test]
    fn what_holds_all_that_is_wanted_need_not_be_written() {
        let bare = |data: Value| -> DynamicObject {
            let mut whole = json!({"apiVersion": "v1", "kind": "Role", "metadata": {"name": "r"}});
            whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
            serde_json::from_value(whole).unwrap()
        };
        let wanted = bare(json!({"rules": [{"verbs": ["get", "list"]}]}));
        let found =
            bare(json!({"rules": [{"verbs": ["get", "list"], "resources": null}], "more": 1}));
        assert!(holds(&found, &wanted) && !holds(&wanted, &found));
        for other in [json!({"rules": [{"verbs": ["get"]}]}), json!({"rules": []}), json!({})] {
            assert!(!holds(&bare(other), &wanted));
        }
    }

    #[test]
    fn what_lacks_something_is_told_with_who_else_wrote_it() {
        let after = object("x", &[]);
        let ours =
            Standing::of(&object("y", &[(NAME, None), ("controller", Some("status"))]), &after);
        assert_eq!(ours.told("Namespace"), "is brought up to date");
        let theirs =
            object("y", &[("kubectl-label", None), ("helm", None), ("helm", None), (NAME, None)]);
        let theirs = Standing::of(&theirs, &after);
        assert!(theirs.changes());
        let told = theirs.told("Role");
        assert_eq!(told, "is there, by helm and kubectl-label, and gets what it lacks");
        assert!(
            theirs
                .told("Namespace")
                .ends_with("lacks: everything in it is held to Pod Security's standard")
        );
    }
}
