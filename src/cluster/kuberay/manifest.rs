//! The `RayJob` of a cluster, out of the declared size, the image and the user's template.  Pure.

mod network;
mod security;

use std::{collections::BTreeMap, time::Duration};

use kube::core::ObjectMeta;
use serde_json::{Value, json};

use super::{
    resources::{RayJob, RayJobSpec},
    template::{self, Template},
};
use crate::{
    cluster::ray::PINNED,
    config::{ClusterSize, HeadSize, TrainingNeeds, WorkerSize},
};

pub(super) use network::{closes, policy as network_policy};

/// Marks everything that is ours.
pub(super) const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "regression-action");
/// Label: the run that it belongs to; the same as the name of the `RayJob`.
pub(super) const RUN: &str = "regression-action/run";
/// Annotation: who started it, for people.
pub(super) const OWNER: &str = "regression-action/owner";
/// Annotation: when its lease runs out, RFC 3339 in UTC.
pub(super) const EXPIRES: &str = "regression-action/expires";
/// Ray resource of which each worker has one, and each training takes one, or its part where several have room on
/// a worker: so a training runs on workers alone, and leaves them what it does not ask for itself, for the tasks
/// that it starts.
pub(crate) const PLACE: &str = "regression-training";
/// The job by which an operator before 1.6 sees that the cluster lives.
pub(super) const STAY: &str = "regression-stay";
const RAY_CONTAINER: &str = "ray-head";
const WORKER_CONTAINER: &str = "ray-worker";
const WORKER_GROUP: &str = "workers";
/// Ray does not end by itself on SIGTERM; it has nothing to save, because we hold its logs.
const GRACE: u32 = 2;
/// Seconds that the operator waits before it removes a cluster whose lease ran out.
const TTL: i32 = 5;
/// Seconds without work after which the autoscaler removes a worker.
const IDLE: u32 = 30;
/// The same of the only one, which somebody else may be waiting for; its agent tells the end of a log first.
const IDLE_ALONE: u32 = 15;

/// What is asked of `KubeRay`.
#[derive(Debug, Clone)]
pub struct ClusterRequest {
    /// Name of the `RayJob`: at most 47 letters, digits and `-`.
    pub name: String,
    /// Who asks: a link to the run, or user and host.
    pub owner: String,
    /// Image of head and workers.
    pub image: String,
    /// Size and version.
    pub size: ClusterSize,
    /// What each training takes of that.
    pub training: TrainingNeeds,
    /// Names of Secrets for the trainings' environment.
    pub secrets: Vec<String>,
    /// The user's template, as `template::parse` gives it.
    pub template: Option<Template>,
    /// How long the cluster outlives us.
    pub lease: Duration,
    /// How long a training may wait for its worker.
    pub patience: Duration,
}

/// What the installed operator knows; learnt when it refuses a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Features {
    /// `preRunningDeadlineSeconds`, since 1.6.
    pub(crate) pre_running_deadline: bool,
    /// `authOptions.secretName`, since 1.6.
    pub(crate) token: bool,
}

impl Features {
    /// What to try first: everything that this version of Ray supports.
    pub(super) fn of(ray_version: &str) -> Self {
        Self { pre_running_deadline: true, token: is_at_least(ray_version, TOKENS) }
    }

    /// Forgets what the server's refusal calls unknown; false if that is nothing that we can miss.
    pub(super) fn forget_unknown(&mut self, refusal: &str) -> bool {
        let unknown = |field: &str| {
            refusal.contains(&format!("{field}\"")) && refusal.contains("unknown field")
                || refusal.contains(&format!("{field}: field not declared in schema"))
        };
        let before = *self;
        self.pre_running_deadline &= !unknown("preRunningDeadlineSeconds");
        self.token &= !(unknown("authOptions") || unknown("secretName"));
        *self != before
    }

    /// Why a Ray of that version could not start.
    pub(super) fn lacking(self, ray_version: &str) -> Option<String> {
        let lacks = !self.token && is_at_least(ray_version, TOKENS_ONLY);
        lacks.then(|| {
            format!(
                "Ray {ray_version} demands a token, as all do from 2.61 on, and the installed KubeRay cannot \
                 give it one; bring KubeRay to 1.6 or later, its custom resources too, or set \
                 cluster.ray-version below 2.61"
            )
        })
    }
}

/// The first Ray that knows tokens, and the first that demands one unless it is told otherwise.
const TOKENS: (u32, u32) = (2, 52);
const TOKENS_ONLY: (u32, u32) = (2, 61);

fn is_at_least(ray_version: &str, (major, minor): (u32, u32)) -> bool {
    let mut parts = ray_version.split('.').map_while(|part| part.parse::<u32>().ok());
    (parts.next(), parts.next()) >= (Some(major), Some(minor))
}

/// The object to create.  `expires` is when its lease first runs out.
pub(super) fn ray_job(request: &ClusterRequest, features: Features, expires: &str) -> RayJob {
    let seconds = seconds(request.lease);
    let lease = features.pre_running_deadline;
    let template = request.template.as_ref();
    let mut cluster = template.map_or_else(|| json!({}), |template| template.spec.clone());
    let ours = cluster_spec(request, features, &cluster);
    template::lay_over(&mut cluster, ours);
    security::harden(&mut cluster);
    let spec = RayJobSpec {
        submission_mode: "InteractiveMode".to_owned(),
        shutdown_after_job_finishes: true,
        ttl_seconds_after_finished: TTL,
        pre_running_deadline_seconds: lease.then_some(seconds),
        active_deadline_seconds: (!lease).then_some(seconds),
        job_id: (!lease).then(|| STAY.to_owned()),
        suspend: None,
        ray_cluster_spec: cluster,
    };
    RayJob { metadata: metadata(request, expires), spec, status: None }
}

/// Above the template's labels and annotations stand the config's, and above those ours.
fn metadata(request: &ClusterRequest, expires: &str) -> ObjectMeta {
    let (mut all, mut annotations) = match &request.template {
        Some(template) => (template.labels.clone(), template.annotations.clone()),
        None => Default::default(),
    };
    all.extend(request.size.all_labels());
    all.extend(labels(&request.name));
    annotations.extend(request.size.annotations.clone());
    let ours = [(OWNER, request.owner.as_str()), (EXPIRES, expires)];
    annotations.extend(ours.map(|(key, value)| (key.to_owned(), value.to_owned())));
    ObjectMeta {
        name: Some(request.name.clone()),
        labels: Some(all),
        annotations: Some(annotations),
        ..ObjectMeta::default()
    }
}

/// Labels of everything that belongs to a run.
pub(super) fn labels(name: &str) -> BTreeMap<String, String> {
    [MANAGED_BY, (RUN, name)].map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// A duration as deadlines are written: whole seconds, at least one.
pub(super) fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs().max(1)).unwrap_or(i32::MAX)
}

fn cluster_spec(request: &ClusterRequest, features: Features, template: &Value) -> Value {
    let size = &request.size;
    let workers = size.workers.as_ref();
    let autoscale = workers.is_some_and(|workers| workers.min < workers.max);
    let mut spec = json!({
        "rayVersion": size.ray_version,
        "headGroupSpec": head(request, template),
        "enableInTreeAutoscaling": autoscale,
    });
    if features.token {
        spec["authOptions"] = json!({"mode": "token", "secretName": request.name});
    }
    if let Some(workers) = workers {
        spec["workerGroupSpecs"] = json!([worker_group(request, workers, template)]);
    }
    if autoscale {
        if template.get("autoscalerOptions").is_none() {
            spec["autoscalerOptions"] = json!({
                "idleTimeoutSeconds": if size.has_one_place(1) { IDLE_ALONE } else { IDLE },
                "resources": {"requests": {"cpu": "100m", "memory": "256Mi"},
                              "limits": {"cpu": "500m", "memory": "512Mi"}},
            });
        }
        template::lay_over(&mut spec, security::account());
    }
    spec
}

fn head(request: &ClusterRequest, template: &Value) -> Value {
    let theirs = template.pointer("/headGroupSpec/template/spec");
    let name = first_container(theirs).unwrap_or(RAY_CONTAINER);
    let sized = has_resources(theirs);
    let resources = match &request.size.head {
        Some(HeadSize { cpu, memory }) => Some(same(&cpu.to_string(), &memory.to_string(), 0)),
        // Less, and the first training on it would starve Ray's own processes.
        None if !sized => Some(same("2", "4Gi", 0)),
        None => None,
    };
    let mut params = json!({"dashboard-host": "0.0.0.0"});
    if request.size.workers.is_some() {
        params["num-cpus"] = json!("0");
    }
    json!({
        "rayStartParams": params,
        "template": pod(request, name, resources, theirs),
    })
}

fn worker_group(request: &ClusterRequest, workers: &WorkerSize, template: &Value) -> Value {
    let first = template.pointer("/workerGroupSpecs/0");
    let group = first.and_then(|group| group["groupName"].as_str()).unwrap_or(WORKER_GROUP);
    let theirs = first.and_then(|group| group.pointer("/template/spec"));
    let name = first_container(theirs).unwrap_or(WORKER_CONTAINER);
    let WorkerSize { cpu, memory, gpu, min, max } = workers;
    let resources = same(&cpu.to_string(), &memory.to_string(), *gpu);
    json!({
        "groupName": group,
        "replicas": min,
        "minReplicas": min,
        "maxReplicas": max,
        // In quotes, because a shell reads it.
        "rayStartParams": {"resources": format!("'{{\"{PLACE}\": 1}}'")},
        "template": pod(request, name, Some(resources), theirs),
    })
}

fn pod(
    request: &ClusterRequest,
    name: &str,
    resources: Option<Value>,
    theirs: Option<&Value>,
) -> Value {
    let mut container = json!({
        "name": name,
        "image": request.image,
        // A crash then says more than its exit code.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "env": [
            // A training that asks Ray for no GPU still sees those of its own pod.
            {"name": "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "value": "0"},
            {"name": "RAY_JOB_START_TIMEOUT_SECONDS", "value": request.patience.as_secs().to_string()},
            // Else Ray drops code after ten minutes without a job, such as that of a side whose turn comes later.
            {"name": PINNED, "value": request.patience.as_secs().to_string()},
            // The most: Ray counts every log stream that was ever left.
            {"name": "RAY_STATE_SERVER_MAX_HTTP_REQUEST", "value": "1000"},
            {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"},
            // On a busy node the usual half minute is too little.
            {"name": "RAY_raylet_start_wait_time_s", "value": "120"},
            // Jobs have their own environment, and never use a worker that was started before them.
            {"name": "RAY_prestart_worker_first_driver", "value": "0"},
        ],
    });
    if let Some(resources) = resources {
        container["resources"] = resources;
    }
    if !request.secrets.is_empty() {
        let from = request.secrets.iter().map(|name| json!({"secretRef": {"name": name}}));
        container["envFrom"] = from.collect();
    }
    let mut spec = json!({"containers": [container]});
    if theirs.is_none_or(|theirs| theirs.get("terminationGracePeriodSeconds").is_none()) {
        spec["terminationGracePeriodSeconds"] = json!(GRACE);
    }
    json!({"metadata": {"labels": labels(&request.name)}, "spec": spec})
}

/// Requests equal to limits: Ray counts on what it was told.
fn same(cpu: &str, memory: &str, gpu: u32) -> Value {
    let mut sizes = json!({"cpu": cpu, "memory": memory});
    if gpu > 0 {
        sizes["nvidia.com/gpu"] = json!(gpu.to_string());
    }
    json!({"requests": sizes, "limits": sizes})
}

/// `KubeRay` runs Ray in a pod's first container, whatever its name.
fn first_container(pod: Option<&Value>) -> Option<&str> {
    pod?.pointer("/containers/0/name")?.as_str()
}

fn has_resources(pod: Option<&Value>) -> bool {
    pod.is_some_and(|pod| pod.pointer("/containers/0/resources").is_some())
}

#[cfg(test)]
mod tests;
