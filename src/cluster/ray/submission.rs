//! What is sent to submit a job, and what Ray tells of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::node::{CPU, GPU, MEMORY};

/// Body of `POST /api/jobs/`.  Ray refuses keys that it does not know, so only what is set is sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Submission {
    /// Chosen by us; letters, digits, `_` and `-`.
    pub submission_id: String,
    /// Command for /bin/sh.
    pub entrypoint: String,
    /// Code and environment of the job.
    pub runtime_env: RuntimeEnv,
    /// What the entrypoint takes, which decides on which node it runs.
    #[serde(flatten)]
    pub takes: EntrypointResources,
    /// Labels that the node must have, or, behind `!`, must not have.  Ray before 2.50 refuses the key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub entrypoint_label_selector: BTreeMap<String, String>,
    /// Names that find our jobs again.
    pub metadata: BTreeMap<String, String>,
}

/// Ray resources that an entrypoint holds while it runs.  Until they are free, its job is pending.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct EntrypointResources {
    #[serde(rename = "entrypoint_num_cpus", skip_serializing_if = "Option::is_none")]
    cpus: Option<f64>,
    #[serde(rename = "entrypoint_num_gpus", skip_serializing_if = "Option::is_none")]
    gpus: Option<f64>,
    /// Bytes.
    #[serde(rename = "entrypoint_memory", skip_serializing_if = "Option::is_none")]
    memory: Option<u64>,
    #[serde(rename = "entrypoint_resources", skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<String, f64>,
}

impl From<BTreeMap<String, f64>> for EntrypointResources {
    /// Those that Ray has fields for, and the others by their names.
    fn from(mut named: BTreeMap<String, f64>) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole bytes from 0 up, which is what Ray takes"
        )]
        let memory = named.remove(MEMORY).map(|bytes| bytes as u64);
        Self { cpus: named.remove(CPU), gpus: named.remove(GPU), memory, others: named }
    }
}

/// Code and environment of a job.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct RuntimeEnv {
    /// Package URI; its content is the working directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// Package URIs; Python finds what is in them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub py_modules: Vec<String>,
    /// Environment variables.  Anyone who reaches the dashboard can read them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env_vars: BTreeMap<String, String>,
}

/// What `GET /api/jobs/<id>` tells, as far as we use it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct JobInfo {
    /// Our id; drivers that were not submitted have none.
    pub submission_id: Option<String>,
    /// Where the job is in its life.
    pub status: JobStatus,
    /// Ray's own words on the status.
    pub message: Option<String>,
    /// Exit code of the entrypoint; when a signal ended it, 128 + signal by its shell, or the signal's
    /// number below zero if the shell itself was hit.
    pub driver_exit_code: Option<i32>,
    /// Node that holds the log.
    pub driver_node_id: Option<String>,
    /// Milliseconds since 1970.
    pub start_time: Option<u64>,
    /// Milliseconds since 1970.
    pub end_time: Option<u64>,
    /// The names given at submission.
    pub metadata: Option<BTreeMap<String, String>>,
}

/// `ray.job_submission.JobStatus`, whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum JobStatus {
    /// Waits for the supervisor or its environment.
    Pending,
    /// The entrypoint runs.
    Running,
    /// Was stopped on request.
    Stopped,
    /// The entrypoint ended with exit code 0.
    Succeeded,
    /// Anything else.
    Failed,
}

impl JobStatus {
    /// Nothing more will happen to the job.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Pending | Self::Running => false,
            Self::Stopped | Self::Succeeded | Self::Failed => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn resources_are_asked_for_in_rays_own_fields() {
        let named = |all: &[(&str, f64)]| -> BTreeMap<String, f64> {
            all.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect()
        };
        let sent = |all| serde_json::to_value(EntrypointResources::from(named(all))).unwrap();
        assert_eq!(
            sent(&[(CPU, 0.5), (GPU, 1.0), (MEMORY, 8_589_934_592.0), ("place", 0.5)]),
            json!({
                "entrypoint_num_cpus": 0.5,
                "entrypoint_num_gpus": 1.0,
                "entrypoint_memory": 8_589_934_592_u64,
                "entrypoint_resources": {"place": 0.5},
            })
        );
        assert_eq!(sent(&[]), json!({}));
    }
}
