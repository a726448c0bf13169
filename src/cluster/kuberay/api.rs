//! The API server as far as one cluster needs it: what is created, listed and deleted.

use std::time::Duration;

use anyhow::{Result, bail};
use k8s_openapi::api::core::v1::{Event, Pod, Secret, Service};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, ValidationDirective},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    manifest::{self, EXPIRES, Features, Request},
    refusal::explain,
    resources::{RayCluster, RayJob},
};
use crate::kubeconfig::Access;

/// Who writes, in the API server's own records.
pub(super) const MANAGER: &str = env!("CARGO_PKG_NAME");
const FINALIZERS: &str = "/metadata/finalizers";

/// One namespace.
#[derive(Debug, Clone)]
pub(super) struct Kube {
    pub(super) namespace: String,
    pub(super) description: String,
    pub(super) ray_jobs: Api<RayJob>,
    pub(super) ray_clusters: Api<RayCluster>,
    pub(super) pods: Api<Pod>,
    services: Api<Service>,
    secrets: Api<Secret>,
    events: Api<Event>,
}

impl Kube {
    pub(super) fn new(access: &Access) -> Self {
        let namespace = access.namespace.clone();
        Self {
            description: access.description.clone(),
            ray_jobs: api(&access.client, &namespace),
            ray_clusters: api(&access.client, &namespace),
            pods: api(&access.client, &namespace),
            services: api(&access.client, &namespace),
            secrets: api(&access.client, &namespace),
            events: api(&access.client, &namespace),
            namespace,
        }
    }

    /// Creates the `RayJob`.  Applied, not posted, so that a retry after doubt creates no second one;
    /// strictly, so that the server names what the installed `KubeRay` does not know.
    pub(super) async fn create(
        &self,
        request: &Request,
        expires: &str,
        dry_run: bool,
    ) -> Result<(RayJob, Features)> {
        let mut features = Features::of(&request.size.ray_version);
        loop {
            let job = manifest::ray_job(request, features, expires);
            let params = PatchParams {
                field_validation: Some(ValidationDirective::Strict),
                field_manager: Some(MANAGER.to_owned()),
                dry_run,
                ..PatchParams::default()
            };
            match self.ray_jobs.patch(&request.name, &params, &Patch::Apply(&job)).await {
                Ok(job) => return Ok((job, features)),
                Err(kube::Error::Api(status)) if features.forget_unknown(&status.message) => {}
                Err(error) => bail!(explain(error, "create", "rayjobs.ray.io", self)),
            }
        }
    }

    /// Creates the Secret that holds Ray's token; it goes with its `RayJob`.
    pub(super) async fn create_token(&self, job: &RayJob, token: &SecretString) -> Result<()> {
        let mut secret = Secret::default();
        secret.metadata.name = Some(job.name_any());
        secret.metadata.labels = Some(manifest::labels(&job.name_any()));
        secret.metadata.owner_references = job.owner_ref(&()).map(|owner| vec![owner]);
        secret.string_data =
            Some([("auth_token".to_owned(), token.expose_secret().to_owned())].into());
        match self.secrets.create(&PostParams::default(), &secret).await {
            // A retry met its own first try.
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
            outcome => outcome.map(drop).map_err(|error| explain(error, "create", "secrets", self)),
        }
    }

    /// Moves the deadline of the lease.
    pub(super) async fn renew(
        &self,
        name: &str,
        features: Features,
        deadline: Duration,
        expires: &str,
    ) -> kube::Result<()> {
        let seconds = manifest::seconds(deadline);
        let field = if features.pre_running_deadline {
            "preRunningDeadlineSeconds"
        } else {
            "activeDeadlineSeconds"
        };
        let patch = json!({
            "metadata": {"annotations": {EXPIRES: expires}},
            "spec": {field: seconds},
        });
        self.ray_jobs.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    /// Deletes the `RayJob`, and with it all that it owns; its own entry goes last.
    pub(super) async fn delete(&self, name: &str) -> kube::Result<()> {
        gone_is_fine(self.ray_jobs.delete(name, &DeleteParams::foreground()).await)?;
        gone_is_fine(self.secrets.delete(name, &DeleteParams::default()).await)
    }

    /// Lets a deleted `RayJob` go without its operator, whose finalizer only stops jobs in a cluster
    /// that is gone.
    pub(super) async fn drop_finalizers(&self, name: &str) -> kube::Result<()> {
        let patch = json!([{"op": "remove", "path": FINALIZERS}]);
        let patch: Patch<()> = Patch::Json(serde_json::from_value(patch).unwrap_or_default());
        gone_is_fine(self.ray_jobs.patch(name, &PatchParams::default(), &patch).await)
    }

    /// Everything of a run that is there, as `kind/name`.
    pub(super) async fn objects(
        &self,
        name: &str,
        cluster: Option<&str>,
    ) -> kube::Result<Vec<String>> {
        let ours = format!("{}={name}", manifest::RUN);
        let of_cluster = cluster.map(|cluster| format!("ray.io/cluster={cluster}"));
        let services = async {
            match &of_cluster {
                Some(selector) => names(&self.services, "service", selector).await,
                None => Ok(Vec::new()),
            }
        };
        // By name, where it is known: to select by label, the API server reads all of a namespace.
        let clusters = async {
            match cluster {
                Some(cluster) => named(&self.ray_clusters, "raycluster", cluster).await,
                None => names(&self.ray_clusters, "raycluster", &ours).await,
            }
        };
        let (jobs, clusters, pods, services) = tokio::try_join!(
            named(&self.ray_jobs, "rayjob", name),
            clusters,
            names(&self.pods, "pod", &ours),
            services
        )?;
        Ok([jobs, clusters, pods, services].concat())
    }

    /// All our `RayJobs` of the namespace.
    pub(super) async fn ours(&self) -> Result<Vec<RayJob>> {
        let (key, value) = manifest::MANAGED_BY;
        let params = ListParams::default().labels(&format!("{key}={value}"));
        let listed = self.ray_jobs.list(&params).await;
        Ok(listed.map_err(|error| explain(error, "list", "rayjobs.ray.io", self))?.items)
    }

    /// Recent events of one object.
    pub(super) async fn events(&self, object: &str) -> kube::Result<Vec<Event>> {
        let params = ListParams::default().fields(&format!("involvedObject.name={object}"));
        Ok(self.events.list(&params).await?.items)
    }
}

fn api<K>(client: &Client, namespace: &str) -> Api<K>
where
    K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), namespace)
}

async fn names<K>(api: &Api<K>, kind: &str, selector: &str) -> kube::Result<Vec<String>>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let listed = api.list_metadata(&ListParams::default().labels(selector)).await?;
    Ok(listed.items.iter().map(|item| format!("{kind}/{}", item.name_any())).collect())
}

async fn named<K>(api: &Api<K>, kind: &str, name: &str) -> kube::Result<Vec<String>>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let found = api.get_metadata_opt(name).await?;
    Ok(found.iter().map(|item| format!("{kind}/{}", item.name_any())).collect())
}

fn gone_is_fine<T>(outcome: kube::Result<T>) -> kube::Result<()> {
    match outcome {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        outcome => outcome.map(drop),
    }
}
