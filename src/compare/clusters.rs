//! The clusters of a comparison as one scope: one for both commits, or one for each, which start and
//! end beside each other.

use std::cell::Cell;

use anyhow::{Error, Result, ensure};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::backends::Backends;
use crate::{
    cancel::Cancelled,
    cluster::{Backend, Cleanup, Cluster, ClusterTerms, queue::Queue, ray::Ray, with_cluster},
    config::Config,
    experiment::job,
    progress::Progress,
};

/// What a cluster's life needs besides its backend.
pub(super) struct ClusterScope<'a> {
    pub(super) config: &'a Config,
    pub(super) queue: &'a Queue,
    pub(super) progress: &'a Progress,
    pub(super) cancel: &'a CancellationToken,
    /// The same, where whoever cancelled may kill us soon.
    pub(super) hurry: &'a CancellationToken,
    /// Name of the run.
    pub(super) run: &'a str,
}

impl ClusterScope<'_> {
    /// Runs `work` on the cluster of the base and that of the head, and removes what is ours.
    pub(super) async fn with_clusters<T>(
        &self,
        backends: Backends,
        work: impl AsyncFnOnce(&Cluster, &Cluster) -> Result<T>,
    ) -> Result<(T, Vec<Cleanup>)> {
        match backends.head {
            None => self.shared(backends.base, work).await,
            Some(head) => self.two(backends.base, head, work).await,
        }
    }

    async fn shared<T>(
        &self,
        backend: Backend,
        work: impl AsyncFnOnce(&Cluster, &Cluster) -> Result<T>,
    ) -> Result<(T, Vec<Cleanup>)> {
        let borrowed = Borrowed::of(&backend)?;
        let began = Cell::new(false);
        let both = async |cluster: &Cluster| {
            began.set(true);
            work(cluster, cluster).await
        };
        let outcome = self.with_cluster(backend, self.cancel, both).await;
        if let (Err(_), Some(Borrowed(ray)), true) = (&outcome, &borrowed, began.get()) {
            job::leave(ray, self.run, self.progress).await;
        }
        outcome.map(|(value, cleanup)| (value, vec![cleanup]))
    }

    /// The base's cluster stands by until the work, which belongs to the head's, is over.  What ends
    /// one ends both.
    async fn two<T>(
        &self,
        base: Backend,
        head: Backend,
        work: impl AsyncFnOnce(&Cluster, &Cluster) -> Result<T>,
    ) -> Result<(T, Vec<Cleanup>)> {
        let either = self.cancel.child_token();
        let over = CancellationToken::new();
        let failed = Cell::new(false);
        let (ready, awaited) = oneshot::channel();
        let stand_by = async |cluster: &Cluster| {
            // Nobody waits for it if the other cluster failed.
            drop(ready.send(cluster.clone()));
            over.cancelled().await;
            ensure!(!failed.get(), WorkFailed);
            Ok(())
        };
        let on_both = async |head: &Cluster| {
            let base = awaited.await.map_err(|_closed| Cancelled)?;
            let value = work(&base, head).await;
            failed.set(value.is_err());
            over.cancel();
            value
        };
        let first = async {
            let outcome = self.with_cluster(base, &either, stand_by).await;
            outcome.inspect_err(|_| either.cancel())
        };
        let second = async {
            let outcome = self.with_cluster(head, &either, on_both).await;
            outcome.inspect_err(|_| either.cancel())
        };
        match tokio::join!(Box::pin(first), Box::pin(second)) {
            (Ok(((), base)), Ok((value, head))) => Ok((value, vec![base, head])),
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => Err(error),
            (Err(first), Err(second)) => Err(cause(first, second)),
        }
    }

    async fn with_cluster<T>(
        &self,
        backend: Backend,
        cancel: &CancellationToken,
        work: impl AsyncFnOnce(&Cluster) -> Result<T>,
    ) -> Result<(T, Cleanup)> {
        let limit = self.config.limits.provision.duration();
        let (queue, hurry) = (Some(self.queue), self.hurry);
        let terms =
            ClusterTerms { queue, hurry, ..ClusterTerms::new(limit, self.progress, cancel) };
        with_cluster(backend, &terms, work).await
    }
}

/// The work, which belongs to the other cluster, failed; this cluster may say why.
#[derive(Debug, thiserror::Error)]
#[error("the work on both clusters failed")]
struct WorkFailed;

/// Of two ends the one that was not the other's consequence, with what this says of it.
fn cause(first: Error, second: Error) -> Error {
    match first.downcast_ref::<WorkFailed>() {
        Some(_) if first.chain().count() > 1 => second.context(first.to_string()),
        Some(_) => second,
        None if first.is::<Cancelled>() => second,
        None => first,
    }
}

/// A cluster that outlives us, on which our jobs must not run on after an error.
struct Borrowed(Ray);

impl Borrowed {
    fn of(backend: &Backend) -> Result<Option<Self>> {
        match backend {
            Backend::Existing { dashboard, token, trust } => {
                Ok(Some(Self(Ray::new(dashboard, token.clone(), trust.as_ref())?)))
            }
            Backend::Local { .. } | Backend::Kubernetes { .. } => Ok(None),
        }
    }
}
