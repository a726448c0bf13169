//! The arrival of a cluster's head: a queue may hold it, then it starts.  Each has a limit of its own, and a line of
//! its own for those who watch.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::Instant;

use super::{
    KubeRay,
    diagnosis::{Obstacle, QUEUED},
    patience::BlockedSince,
};
use crate::{
    cluster::{
        ClusterTerms,
        queue::{Queue, Queued},
    },
    progress::{Task, seconds},
};

/// How far it has got, and how long that may take.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    terms: &'a ClusterTerms<'a>,
    patience: BlockedSince,
    /// When its start has taken too long.
    deadline: Instant,
    /// Since when it is queued, if it is.
    queued: Option<(Instant, Option<Queued<'a>>)>,
    task: Option<Task>,
}

impl<'a> Arrival<'a> {
    pub(super) fn new(terms: &'a ClusterTerms<'a>) -> Self {
        let deadline = Instant::now() + terms.limit;
        Self { terms, patience: BlockedSince::default(), deadline, queued: None, task: None }
    }

    /// What is left of the time to start.
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The cluster meets an obstacle; an error once that lasts for too long.
    pub(super) fn meet(&mut self, obstacle: Obstacle, ray: &KubeRay) -> Result<()> {
        let queued = (obstacle.stage == QUEUED).then(|| obstacle.detail.clone());
        let waiting = self.patience.with(Some(obstacle))?.unwrap_or_default();
        if let Some(by) = queued {
            return self.queue(&by, ray);
        }
        self.start();
        self.update(&waiting);
        if self.left().is_zero() {
            bail!(
                "the cluster was not there within limits.provision ({}): {waiting}; raise it, or see: kubectl \
                 describe rayjob -n {} {}",
                seconds(self.terms.limit),
                ray.kube.namespace,
                ray.request.name
            );
        }
        Ok(())
    }

    fn queue(&mut self, by: &str, ray: &KubeRay) -> Result<()> {
        let ClusterTerms { queue, progress, .. } = *self.terms;
        self.queued.get_or_insert_with(|| {
            self.task = Some(progress.task(format!("{QUEUED}: {by}")));
            (Instant::now(), queue.map(Queue::wait))
        });
        let Some(queue) = queue else { return Ok(()) };
        if queue.is_over() {
            bail!(
                "the cluster is still {QUEUED} after limits.queue ({}): {by}; raise it, or see what it \
                 waits for (under Kueue: kubectl describe workloads -n {}). A comparison needs room for two \
                 clusters at once, and with isolation: shared for one",
                queue.limit(),
                ray.kube.namespace
            );
        }
        self.update(&format!("{} of {}", seconds(queue.waited()), queue.limit()));
        Ok(())
    }

    /// No queue holds the cluster any more.
    pub(super) fn start(&mut self) {
        if let Some((since, _)) = self.queued.take() {
            self.deadline += since.elapsed();
            self.done("admitted");
        }
        let progress = self.terms.progress;
        self.task.get_or_insert_with(|| progress.task("starting a Ray cluster on Kubernetes"));
    }

    /// What it is at, on the line that is shown.
    pub(super) fn update(&self, detail: &str) {
        if let Some(task) = &self.task {
            task.update(detail);
        }
    }

    /// What that line came to.
    pub(super) fn done(&mut self, outcome: &str) {
        if let Some(task) = self.task.take() {
            task.done(outcome);
        }
    }
}

#[cfg(test)]
mod tests;
