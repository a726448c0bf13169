//! `manifests/role.yml` as single rights, and rights as rules to add to a Role.  Pure.

use std::fmt::Write;

use anyhow::{Context, Result};
use k8s_openapi::api::{authorization::v1::ResourceAttributes, rbac::v1::Role};

use crate::connect::ROLE;

/// One verb on one kind of object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Right {
    group: String,
    /// With its subresource, as in a Role: `pods/portforward`.
    resource: String,
    verb: String,
}

/// All rights of the Role that users apply, in its order.
pub(super) fn needed() -> Result<Vec<Right>> {
    rights(ROLE).context("cannot read manifests/role.yml")
}

fn rights(role: &str) -> Result<Vec<Right>> {
    let role: Role = serde_yaml::from_str(role)?;
    let mut rights = Vec::new();
    for rule in role.rules.unwrap_or_default() {
        for group in rule.api_groups.iter().flatten() {
            for resource in rule.resources.iter().flatten() {
                rights.extend(rule.verbs.iter().map(|verb| Right {
                    group: group.clone(),
                    resource: resource.clone(),
                    verb: verb.clone(),
                }));
            }
        }
    }
    Ok(rights)
}

impl Right {
    /// The right to do everything.
    pub(super) fn everything() -> Self {
        Self { group: "*".into(), resource: "*".into(), verb: "*".into() }
    }

    /// What the API server is asked; everywhere, if in no namespace.
    pub(super) fn attributes(&self, namespace: Option<&str>) -> ResourceAttributes {
        let (resource, subresource) = match self.resource.split_once('/') {
            Some((resource, subresource)) => (resource, Some(subresource.to_owned())),
            None => (self.resource.as_str(), None),
        };
        ResourceAttributes {
            group: Some(self.group.clone()),
            namespace: namespace.map(str::to_owned),
            resource: Some(resource.to_owned()),
            subresource,
            verb: Some(self.verb.clone()),
            ..ResourceAttributes::default()
        }
    }
}

/// Rights for people: `create, get pods/portforward; list events`.
pub(super) fn told(rights: &[Right]) -> String {
    let rules = rules(rights).into_iter().map(|(right, verbs)| {
        let dot = if right.group.is_empty() { "" } else { "." };
        format!("{} {}{dot}{}", verbs.join(", "), right.resource, right.group)
    });
    rules.collect::<Vec<_>>().join("; ")
}

/// Rights as the rules of a Role, one object a line of `resources`.
pub(super) fn yaml(rights: &[Right]) -> String {
    let mut out = String::new();
    for (Right { group, resource, .. }, verbs) in rules(rights) {
        let group = if group.is_empty() { "\"\"" } else { group };
        let verbs = verbs.join(", ");
        // Writing to a String cannot fail.
        let _ =
            writeln!(out, "- apiGroups: [{group}]\n  resources: [{resource}]\n  verbs: [{verbs}]");
    }
    out
}

/// The rights by object, each with its verbs.
fn rules(rights: &[Right]) -> Vec<(&Right, Vec<&str>)> {
    let mut rules: Vec<(&Right, Vec<&str>)> = Vec::new();
    for right in rights {
        let same =
            |known: &Right| (&known.group, &known.resource) == (&right.group, &right.resource);
        match rules.iter_mut().find(|(known, _)| same(known)) {
            Some((_, verbs)) => verbs.push(&right.verb),
            None => rules.push((right, vec![&right.verb])),
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(group: &str, resource: &str, verb: &str) -> Right {
        Right { group: group.into(), resource: resource.into(), verb: verb.into() }
    }

    #[test]
    fn the_role_of_the_manifests_holds_what_the_code_uses() {
        let needed = needed().unwrap();
        for used in [
            right("ray.io", "rayjobs", "create"),
            right("ray.io", "rayjobs", "patch"),
            right("", "pods/portforward", "get"),
            right("", "secrets", "create"),
            right("", "events", "list"),
        ] {
            assert!(needed.contains(&used), "{used:?}");
        }
        let watches = needed.iter().filter(|right| right.verb == "watch").count();
        assert_eq!((needed.len(), watches), (25, 3));
        assert!(!needed.contains(&right("", "secrets", "get")));
    }

    #[test]
    fn each_verb_of_each_object_of_each_group_is_a_right() {
        let role = "kind: Role\nmetadata: {}\nrules:\n- {apiGroups: [a, \"\"], resources: [b, c/d], \
                    verbs: [get]}";
        let wanted = [("a", "b"), ("a", "c/d"), ("", "b"), ("", "c/d")];
        let wanted = wanted.map(|(group, resource)| right(group, resource, "get"));
        assert_eq!(rights(role).unwrap(), wanted);
    }

    #[test]
    fn a_right_asks_for_a_subresource_in_one_namespace_or_everywhere() {
        let attributes = right("", "pods/portforward", "create").attributes(Some("ml"));
        let wanted = ResourceAttributes {
            group: Some(String::new()),
            namespace: Some("ml".into()),
            resource: Some("pods".into()),
            subresource: Some("portforward".into()),
            verb: Some("create".into()),
            ..ResourceAttributes::default()
        };
        assert_eq!(attributes, wanted);
        assert_eq!(Right::everything().attributes(None).namespace, None);
    }

    #[test]
    fn missing_rights_become_rules_that_grant_them() {
        let missing = [
            right("ray.io", "rayjobs", "create"),
            right("ray.io", "rayjobs", "patch"),
            right("", "pods/portforward", "get"),
        ];
        assert_eq!(told(&missing), "create, patch rayjobs.ray.io; get pods/portforward");
        let role = format!("kind: Role\nmetadata: {{}}\nrules:\n{}", yaml(&missing));
        assert_eq!(rights(&role).unwrap(), missing);
    }
}
