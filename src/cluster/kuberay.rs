//! Ray on Kubernetes, through `KubeRay`: a `RayJob` that nobody submits to but us, under a lease.
//!
//! [`KubeRay::begin`] only says what there will be; from then on [`KubeRay::remove`] is owed,
//! whatever happens in between.

mod api;
mod arrival;
mod beside;
mod diagnosis;
#[cfg(test)]
mod fake;
mod forward;
mod lease;
mod manifest;
mod part;
mod patience;
mod refusal;
pub(crate) mod rehearsal;
mod removal;
mod resources;
mod starting;
mod stay;
pub(crate) mod sweep;
pub(crate) mod template;
#[cfg(test)]
mod tests;
mod watch;

use std::time::Duration;

use anyhow::{Result, anyhow};
use secrecy::SecretString;
use tokio::{
    task::JoinHandle,
    time::{interval, timeout},
};

use super::{Cleanup, Cluster, ClusterTerms};
use crate::{cluster::kubeconfig::Access, progress::Progress, token};

use api::{ADMISSION, Kube};
use diagnosis::HeadPod;
use lease::Lease;
use manifest::Features;
use patience::BlockedSince;
use refusal::Refused;
use resources::RayJob;
use watch::FactWatch;

pub use manifest::ClusterRequest;
pub(crate) use manifest::PLACE;

/// How long the creation that was under way may still take when the run is cancelled.
const CREATION: Duration = Duration::from_secs(2);

/// One cluster, from before its creation until it is gone.
#[derive(Debug)]
pub(super) struct KubeRay {
    kube: Kube,
    request: ClusterRequest,
    watch: FactWatch,
    creation: Option<JoinHandle<Result<(RayJob, Features)>>>,
    /// Kubernetes said no, so that there is nothing to remove.
    refused: bool,
}

impl KubeRay {
    /// Begins to create the cluster.
    pub(super) fn begin(access: &Access, request: ClusterRequest) -> (Self, Option<SecretString>) {
        let kube = Kube::new(access).for_lease(request.lease);
        let watch = FactWatch::new();
        let token = token::random().ok().map(SecretString::from);
        let creation = tokio::spawn(create(kube.clone(), request.clone(), token.clone()));
        (Self { kube, request, watch, creation: Some(creation), refused: false }, token)
    }

    /// Waits until Ray answers, then runs `work`, no longer than the cluster lives.
    pub(super) async fn run<T>(
        &mut self,
        token: Option<SecretString>,
        terms: &ClusterTerms<'_>,
        work: impl AsyncFnOnce(&Cluster) -> Result<T>,
    ) -> Result<T> {
        let features = self.created().await?;
        let lease = Lease {
            kube: self.kube.clone(),
            name: self.request.name.clone(),
            features,
            length: self.request.lease,
        };
        let keep = lease.keep(self.watch.facts.subscribe());
        let token = token.filter(|_| features.token);
        let inside = async {
            let (cluster, head, _forward) = self.start(token, terms).await?;
            if !features.pre_running_deadline
                && let Err(error) = stay::stay(&cluster).await
            {
                terms.progress.say(format!(
                    "warning: if this run is killed, this old KubeRay removes its cluster late: {error:#}"
                ));
            }
            let outcome = tokio::select! {
                biased;
                outcome = work(&cluster) => outcome,
                error = self.loss(&head, terms.progress) => return Err(error),
            };
            // The work may notice first, by a broken connection, which says less.
            match (outcome, diagnosis::lost(&self.watch.facts.borrow(), &head, &self.request())) {
                (Err(error), Some(failure)) => Err(error.context(failure)),
                (outcome, _) => outcome,
            }
        };
        tokio::select! {
            outcome = inside => outcome,
            lost = keep => Err(lost.err().unwrap_or_else(|| anyhow!("the lease ended"))),
        }
    }

    async fn created(&mut self) -> Result<Features> {
        let Some(creation) = self.creation.as_mut() else { return Err(anyhow!("created twice")) };
        let created = creation.await;
        self.creation = None;
        let created = created?;
        self.refused = created.as_ref().is_err_and(anyhow::Error::is::<Refused>);
        let (job, features) = created?;
        self.watch.begin(&self.kube, job);
        Ok(features)
    }

    /// Yields the reason as soon as the cluster can no longer finish the trainings.
    async fn loss(&self, head: &HeadPod, progress: &Progress) -> anyhow::Error {
        let mut facts = self.watch.facts.subscribe();
        let mut tick = interval(Duration::from_secs(1));
        let (mut patience, mut health) = (BlockedSince::default(), BlockedSince::default());
        // Ray takes jobs some seconds before the first health check.
        let mut was_healthy = false;
        let mut task = None;
        loop {
            let (lost, obstacle, unhealthy) = {
                let facts = facts.borrow_and_update();
                let request = self.request();
                let lost = diagnosis::lost(&facts, head, &request);
                (lost, diagnosis::workers(&facts, &request), diagnosis::health(&facts, head))
            };
            was_healthy |= unhealthy.is_none();
            if let Some(failure) = lost {
                return failure.into();
            }
            if let Err(failure) = health.with(unhealthy.filter(|_| was_healthy)) {
                return failure.into();
            }
            match patience.with(obstacle) {
                Ok(Some(waiting)) => {
                    task.get_or_insert_with(|| progress.task("workers")).update(waiting);
                }
                Ok(None) => task = None,
                Err(failure) => return failure.into(),
            }
            tokio::select! {
                _ = facts.changed() => {}
                _ = tick.tick() => {}
            }
        }
    }

    fn request(&self) -> diagnosis::RequestWords<'_> {
        diagnosis::RequestWords {
            image: &self.request.image,
            ray_version: &self.request.size.ray_version,
            namespace: &self.kube.namespace,
            template: self.request.size.template.as_deref(),
            secrets: &self.request.secrets,
        }
    }

    /// Removes the cluster and counts what is left.  A `hurried` removal is issued and looked at for
    /// a few seconds only, since whoever cancels may kill us.
    pub(super) async fn remove(self, hurried: bool, progress: &Progress) -> Cleanup {
        if self.refused {
            return removal::nothing();
        }
        if let Some(mut creation) = self.creation {
            // A creation under way would otherwise come after its own deletion.
            let limit = if hurried { CREATION } else { ADMISSION };
            if timeout(limit, &mut creation).await.is_err() {
                creation.abort();
            }
        }
        let cluster = self.watch.facts.borrow().last_cluster.clone();
        let seen = Some(self.watch.facts.subscribe());
        removal::remove(&self.kube, &self.request.name, cluster, seen, hurried, progress).await
    }
}

async fn create(
    kube: Kube,
    request: ClusterRequest,
    token: Option<SecretString>,
) -> Result<(RayJob, Features)> {
    let mut tries = kube.tries();
    let (job, features) = loop {
        match kube.create(&request, &lease::expiry(request.lease), false).await {
            Err(error) if refusal::passes_at_first(&error) => tries.again(error).await?,
            created => break created?,
        }
    };
    kube.create_beside(&job, token.filter(|_| features.token).as_ref()).await?;
    Ok((job, features))
}
