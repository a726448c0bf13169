//! The creation of a cluster, rehearsed by a server-side dry run: takes what would be asked of
//! `KubeRay`, yields what it supports or why it refuses; creates nothing.

use anyhow::{Error, Result};
use kube::api::ListParams;

pub(crate) use super::manifest::Features;
use super::{
    api::Kube,
    lease,
    manifest::{self, ClusterRequest},
    refusal,
};
use crate::cluster::kubeconfig::Access;

/// Asks for the very `RayJob` that a comparison would create.  Admission sees it; quotas of pods do
/// not, because the operator makes those later.
pub(crate) async fn rehearse(access: &Access, request: &ClusterRequest) -> Result<Features> {
    let expires = lease::expiry(request.lease);
    let (_, features) = Kube::new(access).create(request, &expires, true).await?;
    Ok(features)
}

/// Whether a policy of the namespace says what the pods of a cluster of that name could reach.
pub(crate) async fn is_closed(access: &Access, name: &str) -> kube::Result<bool> {
    let listed = Kube::new(access).network_policies.list(&ListParams::default()).await?;
    let labels = manifest::labels(name);
    let mut policies = listed.items.iter().filter_map(|policy| policy.spec.as_ref());
    Ok(policies.any(|policy| manifest::closes(policy, &labels)))
}

/// What a refusal of the API server means, in the words that a comparison has for it.
pub(crate) fn explain(error: kube::Error, verb: &str, resource: &str, access: &Access) -> Error {
    refusal::explain(error, verb, resource, &Kube::new(access))
}
