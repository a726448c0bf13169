//! A commit on a cluster: its code is uploaded, and what a training takes there is known.

use anyhow::Result;

use super::{Role, Side, Tags};
use crate::{
    cluster::{Cluster, Room, ray::Ray},
    config::TrainingNeeds,
    git::{Commit, Package},
};

/// A cluster, the way to it, and what each training takes there.
pub(crate) type TrainingPlace<'c, 'r> = (&'c Cluster, &'r Ray, &'c TrainingNeeds);

/// A commit whose code is on the cluster, after this.  An error if its trainings can have no place there.
pub(crate) async fn side<'a>(
    role: Role,
    commit: &'a Commit,
    (cluster, ray, needs): TrainingPlace<'_, 'a>,
    package: &Package,
) -> Result<Side<'a>> {
    let room = if let Some(room) = &cluster.room {
        room.clone()
    } else {
        let on = (cluster.description.as_str(), ray.is_borrowed());
        Room::on_nodes(needs, &ray.nodes().await?, on)?
    };
    let Room { places, resources, gpus, gang } = room;
    let package = ray.upload(package).await?;
    let (gpus, tags) = (gpus.or(cluster.gpus), Tags::new());
    Ok(Side { role, commit, ray, package, places, resources, gpus, gang, tags, traced: None })
}
