//! Operators before 1.6 hold a `RayJob` for dead without the job that it names: they back off from asking
//! for it, and see up to thirteen minutes late that its lease ran out.  So Ray gets a job of that name,
//! which sleeps.

use std::collections::BTreeMap;

use anyhow::Result;

use super::manifest::STAY;
use crate::cluster::{
    Cluster,
    ray::{EntrypointResources, Ray, RuntimeEnv, Submission},
};

/// Submits the job; it ends with the cluster.
pub(super) async fn stay(cluster: &Cluster) -> Result<()> {
    let submission = Submission {
        submission_id: STAY.to_owned(),
        entrypoint: "sleep infinity".to_owned(),
        runtime_env: RuntimeEnv::default(),
        takes: EntrypointResources::default(),
        entrypoint_label_selector: BTreeMap::new(),
        metadata: BTreeMap::new(),
    };
    Ray::new(&cluster.dashboard, cluster.token.clone(), None)?.submit(&submission).await
}
