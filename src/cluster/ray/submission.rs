//! What is sent to submit a job, and what Ray tells of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Body of `POST /api/jobs/`.  Ray refuses keys that it does not know, so only what is set is sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Submission {
    /// Chosen by us; letters, digits, `_` and `-`.
    pub submission_id: String,
    /// Command for /bin/sh.
    pub entrypoint: String,
    /// Code and environment of the job.
    pub runtime_env: RuntimeEnv,
    /// Ray resources that the entrypoint takes, which decide on which node it runs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub entrypoint_resources: BTreeMap<String, f64>,
    /// Labels that the node must have, or, behind `!`, must not have.  Ray before 2.50 refuses the key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub entrypoint_label_selector: BTreeMap<String, String>,
    /// Names that find our jobs again.
    pub metadata: BTreeMap<String, String>,
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
