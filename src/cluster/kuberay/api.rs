//! The API server as far as one cluster needs it: what is created, listed and deleted.

use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        core::v1::{Event, Pod, Secret, Service},
        networking::v1::NetworkPolicy,
    },
};
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, ListParams, Patch, PatchParams, ValidationDirective},
};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    manifest::{self, ClusterRequest, EXPIRES, Features, RUN},
    part::{Part, PartKind},
    refusal::{Refused, explain, within},
    resources::{RayCluster, RayJob},
};
use crate::{
    cluster::kubeconfig::Access,
    http::{RetryPolicy, Tries},
};

/// How long the API server may ask others whether a `RayJob` may be created: a webhook has ten seconds
/// unless it is told otherwise.
pub(super) const ADMISSION: Duration = Duration::from_secs(15);
/// How long whatever is tried again is tried where no cluster depends on it.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a list may take, to its end: a connection that ended while a call was handed to it has left the call
/// without an answer, and without an end, on a busy machine.
const LIST: Duration = Duration::from_secs(30);
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
    pub(super) secrets: Api<Secret>,
    pub(super) network_policies: Api<NetworkPolicy>,
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
            network_policies: api(&access.client, &namespace),
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

    /// What may fail on the way is tried again for so long.  One by one, for a task of its own: the compiler
    /// cannot tell that a closure's calls are `Send`.
    pub(super) fn tries(&self) -> Tries {
        RetryPolicy::within(self.patience, self.answer()).tries()
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
        request: &ClusterRequest,
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
                Err(kube::Error::Api(status)) if features.forget_unknown(&status.message) => {
                    if let Some(lacking) = features.lacking(&request.size.ray_version) {
                        bail!(Refused(lacking));
                    }
                }
                Err(error) => bail!(explain(error, "create", "rayjobs.ray.io", self)),
            }
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
        gone_is_fine(self.ray_jobs.delete(name, &DeleteParams::foreground()).await)
    }

    /// Deletes one object, unless another has its name by now.
    pub(super) async fn delete_part(&self, part: &Part) -> kube::Result<()> {
        let (name, params) = (&part.name, part.deletion());
        let deleted = match part.kind {
            PartKind::RayJob => self.ray_jobs.delete(name, &params).await.map(drop),
            PartKind::RayCluster => self.ray_clusters.delete(name, &params).await.map(drop),
            PartKind::Pod => self.pods.delete(name, &params).await.map(drop),
            PartKind::Service => self.services.delete(name, &params).await.map(drop),
            PartKind::Secret => self.secrets.delete(name, &params).await.map(drop),
            PartKind::NetworkPolicy => self.network_policies.delete(name, &params).await.map(drop),
        };
        match deleted {
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
            deleted => gone_is_fine(deleted),
        }
    }

    /// Lets a deleted `RayJob` go without its operator, whose finalizer only stops jobs in a cluster
    /// that is gone.
    pub(super) async fn drop_finalizers(&self, name: &str) -> kube::Result<()> {
        let patch = json!([{"op": "remove", "path": FINALIZERS}]);
        let patch: Patch<()> = Patch::Json(serde_json::from_value(patch).unwrap_or_default());
        gone_is_fine(self.ray_jobs.patch(name, &PatchParams::default(), &patch).await)
    }

    /// Everything of a run that is there.  `cluster` is its `RayCluster` where that is known: whoever took
    /// its labels off does not hide it, and to select by label, the API server reads all of a namespace.
    pub(super) async fn parts(&self, run: &str, cluster: Option<&Part>) -> kube::Result<Vec<Part>> {
        let clusters = match cluster {
            None => self.clusters(Some(run)).await?,
            Some(known) => {
                let found = named(&self.ray_clusters, PartKind::RayCluster, &known.name).await?;
                found.into_iter().filter(|found| found.is(known)).collect()
            }
        };
        let names: Vec<_> =
            cluster.into_iter().chain(&clusters).map(|it| it.name.as_str()).collect();
        let services = async {
            if names.is_empty() {
                return Ok(Vec::new());
            }
            let selector = format!("ray.io/cluster in ({})", names.join(","));
            listed(&self.services, PartKind::Service, &selector).await
        };
        let ours = ours(run);
        let (jobs, pods, services, secrets, policies) = tokio::try_join!(
            named(&self.ray_jobs, PartKind::RayJob, run),
            listed(&self.pods, PartKind::Pod, &ours),
            services,
            listed(&self.secrets, PartKind::Secret, &ours),
            listed(&self.network_policies, PartKind::NetworkPolicy, &ours)
        )?;
        Ok([jobs, clusters, pods, services, secrets, policies].concat())
    }

    /// Everything of any run that is there, but `RayJobs` and services.
    pub(super) async fn all_parts(&self) -> Result<Vec<Part>> {
        let refused = |error, resource| explain(error, "list", resource, self);
        let (clusters, pods, secrets, policies) = tokio::join!(
            self.clusters(None),
            listed(&self.pods, PartKind::Pod, RUN),
            listed(&self.secrets, PartKind::Secret, RUN),
            listed(&self.network_policies, PartKind::NetworkPolicy, RUN)
        );
        Ok([
            clusters.map_err(|error| refused(error, "rayclusters.ray.io"))?,
            pods.map_err(|error| refused(error, "pods"))?,
            secrets.map_err(|error| refused(error, "secrets"))?,
            policies.map_err(|error| refused(error, "networkpolicies.networking.k8s.io"))?,
        ]
        .concat())
    }

    /// The `RayClusters` of one run, or of any.
    async fn clusters(&self, run: Option<&str>) -> kube::Result<Vec<Part>> {
        let params = ListParams::default();
        let clusters = within(LIST, self.ray_clusters.list(&params)).await?.items;
        let ours = clusters.iter().filter_map(RayCluster::part);
        Ok(ours.filter(|part| run.is_none_or(|run| part.run.as_deref() == Some(run))).collect())
    }

    /// All `RayJobs` of the namespace, whosever they are.
    pub(super) async fn jobs(&self) -> Result<Vec<RayJob>> {
        let params = ListParams::default();
        let listed = within(LIST, self.ray_jobs.list(&params)).await;
        Ok(listed.map_err(|error| explain(error, "list", "rayjobs.ray.io", self))?.items)
    }

    /// Recent events of one object.
    pub(super) async fn events(&self, object: &str) -> kube::Result<Vec<Event>> {
        let params = ListParams::default().fields(&format!("involvedObject.name={object}"));
        Ok(within(LIST, self.events.list(&params)).await?.items)
    }
}

fn api<K>(client: &Client, namespace: &str) -> Api<K>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
{
    Api::namespaced(client.clone(), namespace)
}

/// Selects what belongs to a run.
pub(super) fn ours(run: &str) -> String {
    format!("{RUN}={run}")
}

/// Without what the objects hold: of Secrets, only names and labels are read.
pub(super) async fn listed<K>(
    api: &Api<K>,
    kind: PartKind,
    selector: &str,
) -> kube::Result<Vec<Part>>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let params = ListParams::default().labels(selector);
    let listed = within(LIST, api.list_metadata(&params)).await?;
    Ok(listed.items.iter().map(|item| Part::of(kind, item)).collect())
}

async fn named<K>(api: &Api<K>, kind: PartKind, name: &str) -> kube::Result<Vec<Part>>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug,
{
    let found = within(LIST, api.get_metadata_opt(name)).await?;
    Ok(found.iter().map(|item| Part::of(kind, item)).collect())
}

fn gone_is_fine<T>(outcome: kube::Result<T>) -> kube::Result<()> {
    match outcome {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        outcome => outcome.map(drop),
    }
}
