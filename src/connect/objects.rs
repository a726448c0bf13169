//! What an account consists of.  Pure: a namespace and bounds go in, objects of Kubernetes come out, in the order in
//! which they need each other.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use k8s_openapi::{
    api::{
        core::v1::{Namespace, ResourceQuota, ResourceQuotaSpec, ServiceAccount},
        networking::v1::NetworkPolicy,
        rbac::v1::{Role, RoleBinding, RoleRef, Subject},
    },
    apimachinery::pkg::{api::resource::Quantity as Bound, apis::meta::v1::ObjectMeta},
};
use kube::{
    Resource, ResourceExt,
    core::{ApiResource, DynamicObject},
};
use serde::Serialize;

use super::NAME;
use crate::{config::Quantity, output};

/// The Role that is the least for comparisons.
pub(crate) const ROLE: &str = include_str!("../../manifests/role.yml");
/// What trainings may reach.
const POLICIES: &str = include_str!("../../manifests/network-policy.yml");
/// By what Pod Security holds a namespace to its strictest standard.
const POD_SECURITY: (&str, &str) = ("pod-security.kubernetes.io/enforce", "restricted");
/// Namespaces in which others live that could not live with our bounds.
const OTHERS: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// What somebody asked for.
#[derive(Debug, Clone)]
pub(crate) struct WantedAccount {
    /// Where the trainings are to run.
    pub(crate) namespace: String,
    /// What its pods may ask for together.
    pub(crate) quota: BTreeMap<String, Quantity>,
}

/// An object as it is to be.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) resource: ApiResource,
    pub(crate) object: DynamicObject,
}

impl Planned {
    fn new<K: Resource<DynamicType = ()> + Serialize>(object: &K) -> Result<Self> {
        let resource = ApiResource::erase::<K>(&());
        let whole = serde_json::to_value(object).and_then(serde_json::from_value);
        let object = whole.with_context(|| format!("the {} cannot be written", resource.kind))?;
        Ok(Self { resource, object })
    }

    /// In its namespace.
    fn within<K: Resource<DynamicType = ()> + Serialize>(
        mut object: K,
        namespace: &str,
    ) -> Result<Self> {
        object.meta_mut().namespace = Some(namespace.to_owned());
        Self::new(&object)
    }

    /// For people: `Role regression-action`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.resource.kind, self.object.name_any())
    }
}

/// All that makes the account.
pub(crate) fn objects(wanted: &WantedAccount) -> Result<Vec<Planned>> {
    let WantedAccount { namespace, quota } = wanted;
    if OTHERS.contains(&namespace.as_str()) {
        bail!(
            "the namespace `{namespace}` is not for trainings alone: the account could read all Secrets in it, and \
             quota, Pod Security and network policy would bind whatever else lives there; choose another by \
             --namespace, such as ml"
        );
    }
    let role: Role = serde_yaml::from_str(ROLE).context("manifests/role.yml")?;
    let policies: Vec<NetworkPolicy> =
        serde_yaml::from_multiple(POLICIES).context("manifests/network-policy.yml")?;
    let account = ServiceAccount { metadata: named(NAME), ..ServiceAccount::default() };
    let binding = binding(&role, namespace);
    let within = policies.into_iter().map(|policy| Planned::within(policy, namespace));
    let mut planned = vec![Planned::new(&home(namespace))?];
    if !quota.is_empty() {
        planned.push(Planned::within(bounds(quota), namespace)?);
    }
    planned.extend(within.collect::<Result<Vec<_>>>()?);
    planned.push(Planned::within(account, namespace)?);
    planned.push(Planned::within(role, namespace)?);
    planned.push(Planned::within(binding, namespace)?);
    Ok(planned)
}

/// The objects as a text that `kubectl apply --filename -` takes.
pub(crate) fn yaml(objects: &[Planned]) -> Result<String> {
    let mut text = String::new();
    for Planned { resource, object } in objects {
        let yaml = serde_yaml::to_string(object);
        text += "---\n";
        text += &yaml.with_context(|| format!("cannot write the {} as YAML", resource.kind))?;
    }
    Ok(text)
}

/// The same for programs, as one object that kubectl takes as well.
pub(crate) fn list(objects: &[Planned]) -> Result<String> {
    let items: Vec<&DynamicObject> = objects.iter().map(|planned| &planned.object).collect();
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items});
    output::json(&list, "what is to be made")
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}

fn home(namespace: &str) -> Namespace {
    let (label, standard) = POD_SECURITY;
    let labels = Some([(label.to_owned(), standard.to_owned())].into());
    Namespace { metadata: ObjectMeta { labels, ..named(namespace) }, ..Namespace::default() }
}

fn bounds(quota: &BTreeMap<String, Quantity>) -> ResourceQuota {
    let hard = quota.iter().map(|(name, bound)| (name.clone(), Bound(bound.to_string()))).collect();
    let spec = ResourceQuotaSpec { hard: Some(hard), ..ResourceQuotaSpec::default() };
    ResourceQuota { metadata: named(NAME), spec: Some(spec), ..ResourceQuota::default() }
}

fn binding(role: &Role, namespace: &str) -> RoleBinding {
    let account = Subject {
        kind: ServiceAccount::kind(&()).into_owned(),
        name: NAME.to_owned(),
        namespace: Some(namespace.to_owned()),
        ..Subject::default()
    };
    RoleBinding {
        metadata: named(NAME),
        role_ref: RoleRef {
            api_group: Role::group(&()).into_owned(),
            kind: Role::kind(&()).into_owned(),
            name: role.name_any(),
        },
        subjects: Some(vec![account]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn wanted(namespace: &str) -> WantedAccount {
        let quota = ["requests.cpu=64", "pods=100"].map(|bound| bound.split_once('=').unwrap());
        let quota = quota
            .map(|(name, bound)| (name.to_owned(), Quantity::try_from(bound.to_owned()).unwrap()));
        WantedAccount { namespace: namespace.to_owned(), quota: quota.into() }
    }

    #[test]
    fn the_account_gets_the_role_of_the_manifests_and_nothing_else() {
        let planned = objects(&wanted("ml")).unwrap();
        let titles: Vec<_> = planned.iter().map(Planned::title).collect();
        let expected = [
            "Namespace ml",
            "ResourceQuota regression-action",
            "NetworkPolicy regression-action",
            "NetworkPolicy regression-action-autoscaler",
            "ServiceAccount regression-action",
            "Role regression-action",
            "RoleBinding regression-action",
        ];
        assert_eq!(titles, expected);
        let all: Vec<Value> =
            planned.iter().map(|one| serde_json::to_value(&one.object).unwrap()).collect();
        let homes: Vec<_> = all.iter().map(|one| &one["metadata"]["namespace"]).collect();
        assert!(homes[0].is_null() && homes[1..].iter().all(|home| **home == "ml"), "{homes:?}");
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
        assert_eq!(all[0]["metadata"]["labels"], labels);
        assert_eq!(all[1]["spec"], json!({"hard": {"requests.cpu": "64", "pods": "100"}}));
        let manifest: Value = serde_yaml::from_str(ROLE).unwrap();
        assert_eq!(all[5]["rules"], manifest["rules"]);
        assert_eq!(all[6]["roleRef"]["name"], manifest["metadata"]["name"]);
        let subjects =
            json!([{"kind": "ServiceAccount", "name": "regression-action", "namespace": "ml"}]);
        assert_eq!(all[6]["subjects"], subjects);
    }

    #[test]
    fn the_yaml_is_what_the_api_server_would_get() {
        let planned = objects(&wanted("ml")).unwrap();
        let read: Vec<Value> = serde_yaml::from_multiple(&yaml(&planned).unwrap()).unwrap();
        let sent: Vec<Value> =
            planned.iter().map(|one| serde_json::to_value(&one.object).unwrap()).collect();
        assert_eq!(read, sent);
        let policies: Vec<Value> = serde_yaml::from_multiple(POLICIES).unwrap();
        assert_eq!(
            (&read[2]["spec"], &read[3]["spec"]),
            (&policies[0]["spec"], &policies[1]["spec"])
        );
    }

    #[test]
    fn without_bounds_there_is_no_quota() {
        let planned = objects(&WantedAccount { quota: BTreeMap::new(), ..wanted("ml") }).unwrap();
        assert!(planned.iter().all(|one| one.resource.kind != "ResourceQuota"));
    }

    #[test]
    fn namespaces_of_others_are_refused() {
        for namespace in OTHERS {
            let error = objects(&wanted(namespace)).unwrap_err().to_string();
            assert!(error.contains(namespace) && error.contains("--namespace"), "{error}");
        }
    }
}
