//! The part of `ray.io/v1` that we write and read; what is absent here is left to the operator.
//!
//! Source: `ray-operator/apis/ray/v1/{rayjob,raycluster}_types.go` of `KubeRay` 1.3 to 1.7.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::CustomResource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    manifest::RUN,
    part::{Part, PartKind},
};

/// A `RayJob`: the object that owns everything of one cluster of ours.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, CustomResource)]
#[kube(group = "ray.io", version = "v1", kind = "RayJob", namespaced, schema = "disabled")]
#[kube(status = "RayJobStatus", derive = "Default", derive = "PartialEq")]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RayJobSpec {
    /// `InteractiveMode`: nobody but us submits.
    pub(super) submission_mode: String,
    /// The operator deletes the cluster once the `RayJob` is over.
    pub(super) shutdown_after_job_finishes: bool,
    /// How long after that, in seconds.
    pub(super) ttl_seconds_after_finished: i32,
    /// The lease where the operator knows it (1.6 and later): seconds after `status.startTime` by
    /// which a job must run, which ours never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pre_running_deadline_seconds: Option<i32>,
    /// The lease where it does not: seconds after `status.startTime` by which all must be over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) active_deadline_seconds: Option<i32>,
    /// A job that nobody submits, which lets old operators leave the state in which they check no
    /// deadline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) job_id: Option<String>,
    /// Set by a queue such as Kueue while the job has to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suspend: Option<bool>,
    /// The cluster, merged with the user's template.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) ray_cluster_spec: Value,
}

/// What the operator tells of a `RayJob`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RayJobStatus {
    /// `Initializing`, `Waiting`, `Running`, `Suspended`, `Failed`, `ValidationFailed` and so on.
    pub(super) job_deployment_status: String,
    /// One word on a failure, such as `PreRunningDeadlineExceeded`.
    pub(super) reason: Option<String>,
    /// A sentence on it.
    pub(super) message: Option<String>,
    /// When the clock of the deadlines began.
    pub(super) start_time: Option<Time>,
}

/// A `RayCluster`: made by the operator out of the `RayJob`; never written by us.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, CustomResource)]
#[kube(group = "ray.io", version = "v1", kind = "RayCluster", namespaced, schema = "disabled")]
#[kube(status = "RayClusterStatus", derive = "Default", derive = "PartialEq")]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RayClusterSpec {
    /// Set by a queue such as Kueue while the cluster has to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suspend: Option<bool>,
    /// The head, with the labels that its pods get.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(super) head_group_spec: Value,
}

/// What the operator tells of a `RayCluster`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RayClusterStatus {
    /// `ready`, `suspended` or nothing.
    pub(super) state: String,
    /// A sentence when something is wrong.
    pub(super) reason: Option<String>,
    /// `HeadPodReady`, `ReplicaFailure` and so on.
    pub(super) conditions: Vec<Condition>,
}

impl RayJob {
    /// The operator's word on where the job is in its life; empty before it has looked at it.
    pub(super) fn stage(&self) -> &str {
        self.status.as_ref().map_or("", |status| &status.job_deployment_status)
    }

    /// The operator has given the job up or ended it, and removes the cluster.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage(), "Complete" | "Failed" | "ValidationFailed")
    }
}

impl RayCluster {
    /// As a part of its run, which the labels of its pods tell where its own were taken off; nothing if it
    /// is no run's.
    pub(super) fn part(&self) -> Option<Part> {
        let mut part = Part::of(PartKind::RayCluster, self);
        let labels = self.spec.head_group_spec.pointer("/template/metadata/labels");
        let of_pods = labels.and_then(|labels| labels.get(RUN)?.as_str());
        part.run = part.run.take().or_else(|| of_pods.map(str::to_owned));
        part.run.is_some().then_some(part)
    }
}
