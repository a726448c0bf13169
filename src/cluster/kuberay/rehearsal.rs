//! The creation of a cluster, rehearsed by a server-side dry run: takes what would be asked of
//! `KubeRay`, yields what it supports or why it refuses; creates nothing.

use anyhow::{Error, Result};

pub(crate) use super::manifest::Features;
use super::{api::Kube, lease, manifest::Request, refusal};
use crate::kubeconfig::Access;

/// Asks for the very `RayJob` that a comparison would create.  Admission sees it; quotas of pods do
/// not, for the operator makes those later.
pub(crate) async fn rehearse(access: &Access, request: &Request) -> Result<Features> {
    let expires = lease::expiry(request.lease);
    let (_, features) = Kube::new(access).create(request, &expires, true).await?;
    Ok(features)
}

/// What a refusal of the API server means, in the words that a comparison has for it.
pub(crate) fn explain(error: kube::Error, verb: &str, resource: &str, access: &Access) -> Error {
    refusal::explain(error, verb, resource, &Kube::new(access))
}
