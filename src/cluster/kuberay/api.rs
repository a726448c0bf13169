//! The API server as far as one cluster needs it: what is created, listed and deleted.

use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};
use k8s_openapi::{
    NamespaceResourceScope,
    api::core::v1::{Event, Pod, Secret, Service},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, ValidationDirective},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    manifest::{self, EXPIRES, Features, Request},
    refusal::{explain, within},
    resources::{RayCluster, RayJob},
};
use crate::{
    http::{Persistence, Tries},
    kubeconfig::Access,
};

/// How long the API server may ask others whether a `RayJob` may be created: a webhook has ten seconds
/// unless it is told otherwise.
const ADMISSION: Duration = Duration::from_secs(15);
/// How long whatever is tried again is tried where no cluster depends on it.
const PATIENCE: Duration = Duration::from_mins(2);
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
    access: Access,
    /// How long is tried again what fails on the way.
    pub(super) patience: Duration,
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
            access: access.clone(),
            patience: PATIENCE,
            namespace,
        }
    }

    /// For a cluster that lives so long without us.
    pub(super) fn for_lease(self, lease: Duration) -> Self {
        Self { patience: lease.max(self.patience), ..self }
    }

    /// How long an answer may take.
    pub(super) fn answer(&self) -> Duration {
        self.access.ways.silence.answer
    }

    /// Begins to try what may fail on the way.
    pub(super) fn tries(&self) -> Tries {
        Persistence { answer: self.answer(), total: self.patience }.tries()
    }

    /// When the token ended that the API server was given, if it has.
    pub(super) fn token_ended(&self) -> Option<SystemTime> {
        self.access.ways.token_end.filter(|end| *end <= SystemTime::now())
    }

    /// Objects to be watched.
    pub(super) fn watched<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        api(&self.access.ways.watching, &self.namespace)
    }

    /// Pods for port-forwards.
    pub(super) fn forwarded(&self) -> Api<Pod> {
        api(&self.access.ways.lasting, &self.namespace)
    }

    /// Creates the `RayJob`.  Applied, not posted, so that a retry after doubt creates no second one;
    /// strictly, so that the server names what the installed `KubeRay` does not know.
    pub(super) async fn create(
        &self,
        request: &Request,
        expires: &str,
        dry_run: bool,
    ) -> Result<(RayJob, Features)> {
        let ray_jobs: Api<RayJob> = api(&self.access.ways.lasting, &self.namespace);
        let mut features = Features::of(&request.size.ray_version);
        loop {
            let job = manifest::ray_job(request, features, expires);
            let params = PatchParams {
                field_validation: Some(ValidationDirective::Strict),
                field_manager: Some(MANAGER.to_owned()),
                dry_run,
                ..PatchParams::default()
            };
            let job = Patch::Apply(&job);
            match within(ADMISSION, ray_jobs.patch(&request.name, &params, &job)).await {
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
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), namespace)
}

async fn names<K>(api: &Api<K>, kind: &str, selector: &str) -> kube::Result<Vec<String>>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let listed = api.list_metadata(&ListParams::default().labels(selector)).await?;
    Ok(listed.items.iter().map(|item| named_as(kind, item)).collect())
}

async fn named<K>(api: &Api<K>, kind: &str, name: &str) -> kube::Result<Vec<String>>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let found = api.get_metadata_opt(name).await?;
    Ok(found.iter().map(|item| named_as(kind, item)).collect())
}

/// `kind/name`, and of what was deleted and stays, who holds it: somebody's finalizer, but not that of
/// Kubernetes, which waits for what the object owns.
fn named_as(kind: &str, item: &impl Resource) -> String {
    let name = format!("{kind}/{}", item.name_any());
    let deleted = item.meta().deletion_timestamp.is_some();
    let holds = |finalizer: &&String| deleted && finalizer.as_str() != "foregroundDeletion";
    let holders: Vec<&str> = item.finalizers().iter().filter(holds).map(String::as_str).collect();
    match holders.as_slice() {
        [] => name,
        holders => format!("{name} (held by the finalizer {})", holders.join(", ")),
    }
}

fn gone_is_fine<T>(outcome: kube::Result<T>) -> kube::Result<()> {
    match outcome {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        outcome => outcome.map(drop),
    }
}
