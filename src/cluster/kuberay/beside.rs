//! What stands beside a `RayJob` under its name and goes with it: the policy of its network, and Ray's token.

use anyhow::{Result, anyhow};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{core::v1::Secret, networking::v1::NetworkPolicy},
};
use kube::{Api, Resource, ResourceExt, api::PostParams};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    api::{Kube, listed, ours},
    manifest,
    part::PartKind,
    refusal::{explain, passes},
    resources::RayJob,
};

impl Kube {
    /// Creates all of it; the policy first, so that no code runs without.
    pub(super) async fn create_beside(
        &self,
        job: &RayJob,
        token: Option<&SecretString>,
    ) -> Result<()> {
        let policy = NetworkPolicy {
            spec: Some(manifest::network_policy(&job.name_any())),
            ..NetworkPolicy::default()
        };
        self.create_owned(&self.network_policies, PartKind::NetworkPolicy, policy, job).await?;
        let Some(token) = token else { return Ok(()) };
        let data = [("auth_token".to_owned(), token.expose_secret().to_owned())].into();
        let secret = Secret { string_data: Some(data), ..Secret::default() };
        self.create_owned(&self.secrets, PartKind::Secret, secret, job).await
    }

    async fn create_owned<K: Owned>(
        &self,
        api: &Api<K>,
        kind: PartKind,
        mut object: K,
        job: &RayJob,
    ) -> Result<()> {
        let run = job.name_any();
        let meta = object.meta_mut();
        meta.labels = Some(manifest::labels(&run));
        meta.owner_references = job.owner_ref(&()).map(|owner| vec![owner]);
        meta.name = Some(run);
        let mut tries = self.tries();
        loop {
            match self.create_once(api, kind, &object).await {
                Err(error) if passes(&error) => tries.again(error).await?,
                // No `Refused`: the RayJob is there, and has to be removed.
                created => return created.map_err(|refused| anyhow!("{refused:#}")),
            }
        }
    }

    async fn create_once<K: Owned>(&self, api: &Api<K>, kind: PartKind, object: &K) -> Result<()> {
        let created = api.create(&PostParams::default(), object).await;
        let conflict = matches!(&created, Err(kube::Error::Api(status)) if status.code == 409);
        // A retry met its own first try, or an object of somebody else's has the name.
        if conflict {
            let name = object.name_any();
            let found = listed(api, kind, &ours(&name)).await;
            if found.is_ok_and(|found| found.iter().any(|part| part.name == name)) {
                return Ok(());
            }
        }
        let resource = [K::plural(&()), K::group(&())].join(".");
        created
            .map(drop)
            .map_err(|error| explain(error, "create", resource.trim_end_matches('.'), self))
    }
}

/// An object of one of Kubernetes' own kinds.
trait Owned:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + std::fmt::Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
{
}

impl Owned for NetworkPolicy {}
impl Owned for Secret {}

#[cfg(test)]
mod tests;
