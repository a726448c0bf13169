//! A commit on a cluster: its code is uploaded, and what a training takes there is known.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Role, Side, Tags};
use crate::{
    cluster::{
        Cluster, PLACE,
        ray::{Node, Ray},
    },
    git::{Commit, Package},
};

/// A commit whose code is on the cluster, after this.
pub(crate) async fn side<'a>(
    role: Role,
    commit: &'a Commit,
    cluster: &Cluster,
    ray: &'a Ray,
    package: &Package,
) -> Result<Side<'a>> {
    let package = ray.upload(package).await?;
    let (places, resources) = match cluster.workers {
        Some(workers) => (workers.into(), [(PLACE.to_owned(), 1.0)].into()),
        None => (ray.nodes().await?.iter().map(Node::cpus).sum(), BTreeMap::new()),
    };
    let (gpus, tags) = (cluster.gpus, Tags::new());
    Ok(Side { role, commit, ray, package, places, resources, gpus, tags, traced: None })
}
