//! Changes: what a plan says, by server-side apply under our own name, which leaves alone what others wrote.

use std::time::Duration;

use anyhow::Result;
use k8s_openapi::api::authorization::v1::ResourceAttributes;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
    core::DynamicObject,
};
use tokio::time::{Instant, sleep};

use super::{
    AccountPlan, NAME, Planned,
    refusal::{Forbidden, forbidden, unexpected},
};
use crate::cluster::kubeconfig::Access;

/// How long the API server may take to act by a new binding; it usually takes a fraction of a second.
const SETTLING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);

impl Planned {
    pub(super) fn name(&self) -> &str {
        self.object.metadata.name.as_deref().unwrap_or_default()
    }
}

pub(super) fn api(access: &Access, planned: &Planned) -> Api<DynamicObject> {
    let Planned { resource, object } = planned;
    match object.namespace() {
        Some(namespace) => Api::namespaced_with(access.client.clone(), &namespace, resource),
        None => Api::all_with(access.client.clone(), resource),
    }
}

pub(super) async fn apply(
    api: &Api<DynamicObject>,
    planned: &Planned,
    params: PatchParams,
) -> kube::Result<DynamicObject> {
    api.patch(planned.name(), &params, &Patch::Apply(&planned.object)).await
}

impl AccountPlan {
    /// Writes what is to change, in the order of the plan.
    ///
    /// # Errors
    ///
    /// What the API server refuses all the same; what was written before stays, and counts the next time.
    pub(crate) async fn carry_out(&self, access: &Access) -> Result<()> {
        for (planned, _) in self.rows.iter().filter(|(_, standing)| standing.changes()) {
            match apply(&api(access, planned), planned, PatchParams::apply(NAME)).await {
                Ok(_) => {}
                Err(kube::Error::Api(status)) if status.code == 403 => {
                    anyhow::bail!(forbidden(&[Forbidden::new(planned, &status)], access));
                }
                Err(error) => return Err(unexpected(error, "make", &planned.title(), access)),
            }
        }
        Ok(())
    }
}

/// Waits until the API server acts by a new token and its binding.  Where it takes longer than usual, whoever looks next
/// tells what is missing.
pub(crate) async fn settled(account: &Access) {
    let deadline = Instant::now() + SETTLING;
    while !may_create(account).await.unwrap_or(false) && Instant::now() < deadline {
        sleep(PAUSE).await;
    }
}

async fn may_create(account: &Access) -> kube::Result<bool> {
    let asked = ResourceAttributes {
        group: Some("ray.io".to_owned()),
        resource: Some("rayjobs".to_owned()),
        verb: Some("create".to_owned()),
        namespace: Some(account.namespace.clone()),
        ..ResourceAttributes::default()
    };
    account.may(asked).await
}
