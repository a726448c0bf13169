//! A cluster as a scope: a backend goes in, work runs on the cluster, and whatever happens the
//! cluster is gone when the scope ends.  The one place that knows which backend it is.

pub mod kubeconfig;
pub mod queue;
pub mod ray;

mod existing;
mod kuberay;
mod local;
mod room;

use std::time::{Duration, SystemTime};

use anyhow::Result;
use reqwest::Url;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{
    cancel::unless_cancelled,
    cluster::{kubeconfig::Access, queue::Queue},
    http::CaBundle,
    progress::Progress,
    python::environment::Environment,
};

pub use crate::cancel::Cancelled;
pub use existing::parse_address;
pub(crate) use existing::probe;
pub use kuberay::ClusterRequest;
pub(crate) use kuberay::{PLACE, rehearsal, sweep as kuberay_sweep, template};
pub use local::Gpus;
pub(crate) use local::sweep;
pub use room::{Gang, Room};

use kuberay::KubeRay;
use local::LocalRay;

/// Where a cluster comes from.
#[derive(Debug)]
pub enum Backend {
    /// Ray on this machine, from a cached environment.
    Local {
        /// The environment that holds Ray and the requirements.
        environment: Environment,
        /// GPUs that it hands out.
        gpus: Gpus,
    },
    /// Ray on Kubernetes, removed afterwards.
    Kubernetes {
        /// The way into Kubernetes.
        access: Access,
        /// What is asked of `KubeRay`.
        request: Box<ClusterRequest>,
    },
    /// A cluster that is not ours: used, and left as it is.
    Existing {
        /// The address of its dashboard; see [`parse_address`].
        dashboard: Url,
        /// Ray's token, if the cluster demands one.
        token: Option<SecretString>,
        /// Certificates to trust besides the system's.
        trust: Option<CaBundle>,
    },
}

/// A cluster that answers.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The base of Ray's Jobs API; its path ends with `/`.
    pub dashboard: Url,
    /// Goes into `X-Ray-Authorization: Bearer`.
    pub token: Option<SecretString>,
    /// Certificates to trust besides the system's.
    pub trust: Option<CaBundle>,
    /// For people: `local Ray 2.60.0, 2 CPUs`, or the address.
    pub description: String,
    /// Room for trainings on workers, as many as it may come to have; none: its nodes tell.
    pub room: Option<Room>,
    /// GPUs that each training has, where it was we who asked for them.
    pub gpus: Option<f64>,
    /// How long it may be out of reach: it may live that long without us.
    pub patience: Duration,
}

/// One thing that a sweep saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// What it is, with its path.
    pub what: String,
    /// What was done about it and why.
    pub detail: String,
    /// Whether it is gone now.
    pub removed: bool,
}

/// What was found after teardown; goes into the report as the proof.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Cleanup {
    /// Processes of a local cluster, or objects in Kubernetes, that are still there; 0 unless
    /// something could not be ended.
    pub left: usize,
    /// When they were counted, RFC 3339 in UTC.
    pub checked_at: String,
    /// The same in words.
    pub summary: String,
}

/// What a cluster's life depends on besides its backend.
#[derive(Debug, Clone, Copy)]
pub struct ClusterTerms<'a> {
    /// The time it has to start.
    pub limit: Duration,
    /// Counts, and bounds, how long it waits in a queue before that; none: it may wait for as long as it takes.
    pub queue: Option<&'a Queue>,
    /// Who watches.
    pub progress: &'a Progress,
    /// Ends it at any stage.
    pub cancel: &'a CancellationToken,
    /// Fires when whoever cancelled may kill us soon, so that the removal is not watched for long.
    pub hurry: &'a CancellationToken,
}

impl<'a> ClusterTerms<'a> {
    /// Where only those cancel who may kill us soon, and nothing waits in a queue.
    pub fn new(limit: Duration, progress: &'a Progress, cancel: &'a CancellationToken) -> Self {
        Self { limit, queue: None, progress, cancel, hurry: cancel }
    }
}

/// Provisions a cluster, runs `work` on it and tears it down: on success, error and cancellation
/// alike, and also when this future is dropped.
///
/// When it is cancelled, the work's future is dropped and the error is [`Cancelled`].  When a local
/// Ray dies under the work, the error says so rather than leave the work waiting.
pub async fn with_cluster<T>(
    backend: Backend,
    terms: &ClusterTerms<'_>,
    work: impl AsyncFnOnce(&Cluster) -> Result<T>,
) -> Result<(T, Cleanup)> {
    let (outcome, cleanup) = scope(backend, terms, work).await?;
    Ok((outcome?, cleanup))
}

/// The same, where it also counts what is left of a cluster whose work failed or never began; an error
/// if nothing was made.
pub(crate) async fn scope<T>(
    backend: Backend,
    terms: &ClusterTerms<'_>,
    work: impl AsyncFnOnce(&Cluster) -> Result<T>,
) -> Result<(Result<T>, Cleanup)> {
    let ClusterTerms { limit, progress, cancel, hurry, .. } = *terms;
    let owned = match backend {
        Backend::Existing { dashboard, token, trust } => {
            let cluster = unless_cancelled(cancel, probe(dashboard, token, trust)).await?;
            let outcome = unless_cancelled(cancel, work(&cluster)).await;
            return Ok((outcome, Cleanup::not_ours()));
        }
        Backend::Kubernetes { access, request } => {
            let (mut ray, token) = KubeRay::begin(&access, *request);
            // Large because it holds everything that talks to Kubernetes.
            let running = Box::pin(ray.run(token, terms, work));
            let outcome = unless_cancelled(cancel, running).await;
            let cleanup = Box::pin(ray.remove(hurry.is_cancelled(), progress)).await;
            return Ok((outcome, cleanup));
        }
        Backend::Local { environment, gpus } => (environment, gpus),
    };
    let starting = LocalRay::start((&owned.0, &owned.1), limit, progress);
    let mut ray = unless_cancelled(cancel, starting).await?;
    let outcome = unless_cancelled(cancel, ray.run(work)).await;
    let cleanup = ray.stop(progress).await;
    Ok((outcome, cleanup))
}

impl Cleanup {
    fn not_ours() -> Self {
        Self { left: 0, checked_at: now(), summary: "cluster not ours: left running".into() }
    }
}

/// The time in UTC, as RFC 3339 to the second.
fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
