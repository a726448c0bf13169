//! What Kubernetes tells of one cluster, kept up to date by watches rather than by asking.

use std::{collections::BTreeMap, fmt::Debug};

use futures_util::{StreamExt, TryStreamExt};
use kube::{
    Api, Resource, ResourceExt,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use serde::de::DeserializeOwned;
use tokio::{sync::watch, task::JoinSet};

use super::{
    api::Kube,
    diagnosis::Facts,
    manifest::RUN,
    resources::{RayCluster, RayJob},
};

/// The facts as they change.  Dropped, the watches end.
#[derive(Debug)]
pub(super) struct FactWatch {
    pub(super) facts: watch::Sender<Facts>,
    tasks: JoinSet<()>,
}

impl FactWatch {
    /// Knows nothing yet.
    pub(super) fn new() -> Self {
        Self { facts: watch::Sender::new(Facts::default()), tasks: JoinSet::new() }
    }

    /// Watches all objects of the run of a `RayJob` that was created: begun earlier, a list without
    /// it would look like its deletion.  Watches that broke, or fell silent, are taken up again, as often as
    /// it takes.
    pub(super) fn begin(&mut self, kube: &Kube, job: RayJob) {
        let name = job.name_any();
        self.facts.send_modify(|facts| facts.ray_job = Some(job));
        let facts = self.facts.clone();
        let selector = format!("{RUN}={name}");
        let tasks = &mut self.tasks;
        tasks.spawn(follow(kube.watched(), selector.clone(), facts.clone(), |facts, jobs| {
            facts.ray_job = jobs.into_iter().next();
        }));
        tasks.spawn(follow(
            kube.watched(),
            selector.clone(),
            facts.clone(),
            |facts, clusters: Vec<RayCluster>| {
                facts.ray_cluster = clusters.into_iter().next();
                let seen = facts.ray_cluster.as_ref().and_then(RayCluster::part);
                facts.last_cluster = seen.or_else(|| facts.last_cluster.take());
            },
        ));
        tasks.spawn(follow(kube.watched(), selector, facts.clone(), |facts, pods| {
            facts.pods = pods;
        }));
    }
}

/// Keeps one kind of objects up to date in the facts.
async fn follow<K>(
    api: Api<K>,
    selector: String,
    facts: watch::Sender<Facts>,
    put: fn(&mut Facts, Vec<K>),
) where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let config = watcher::Config::default().labels(&selector);
    let events = watcher(api, config).default_backoff().modify(|object| {
        object.managed_fields_mut().clear();
    });
    let mut known = BTreeMap::new();
    let mut listed = BTreeMap::new();
    let mut events = events.into_stream().boxed();
    loop {
        match events.try_next().await {
            Ok(Some(Event::Apply(object))) => drop(known.insert(object.name_any(), object)),
            Ok(Some(Event::Delete(object))) => drop(known.remove(&object.name_any())),
            Ok(Some(Event::Init)) => {
                listed = BTreeMap::new();
                continue;
            }
            Ok(Some(Event::InitApply(object))) => {
                listed.insert(object.name_any(), object);
                continue;
            }
            Ok(Some(Event::InitDone)) => known = std::mem::take(&mut listed),
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(%error, "watching again");
                continue;
            }
        }
        facts.send_modify(|facts| put(facts, known.values().cloned().collect()));
    }
}
