//! `doctor`: is everything there that a comparison needs?  Takes what a comparison begins with, yields
//! one check after the other with what to fix.  Changes nothing, neither here nor on Kubernetes.

mod kubernetes;
mod machine;
mod memory;
mod room;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use crate::{
    cache::Cache, cancel::Cancelled, clients::registry::Registry, cluster, config::Config,
    experiment::BackendChoice, git::Repository, progress::Progress,
};

pub use crate::output::{Check, Examination, State};

/// What a comparison begins with, each part as far as it could be had.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Where the commits are.
    pub repository: Result<Repository>,
    /// How they are trained and judged.
    pub config: Result<Config>,
    /// What outlives a run.
    pub cache: &'a Result<Cache>,
    /// Where they are trained.
    pub backend: Result<BackendChoice>,
    /// Where their images are.
    pub registry: Result<Registry>,
}

/// Looks at everything that can be looked at.  The only error is [`Cancelled`].
pub async fn examine(
    subject: &Subject<'_>,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<Examination> {
    let task = progress.task("looking at what a comparison needs");
    let examination = tokio::select! {
        biased;
        () = cancel.cancelled() => return Err(Cancelled.into()),
        examination = look(subject) => examination,
    };
    task.done(examination.summary());
    Ok(examination)
}

async fn look(subject: &Subject<'_>) -> Examination {
    let mut seen = Examination::default();
    seen.push(machine::repository(&subject.repository));
    seen.push(machine::config(&subject.config));
    seen.push(machine::cache(subject.cache));
    // Large because it holds clients and their requests.
    Box::pin(memory::look(subject, &mut seen)).await;
    match &subject.backend {
        Err(error) => seen.push(Check::problem("backend", error)),
        Ok(BackendChoice::Local) => machine::local(subject, &mut seen).await,
        Ok(BackendChoice::Kubernetes(choice)) => {
            // Large because it holds a client and its requests.
            Box::pin(kubernetes::look(choice, subject, &mut seen)).await;
        }
        Ok(BackendChoice::Existing { dashboard, token, trust }) => {
            let probed = cluster::probe(dashboard.clone(), token.clone(), trust.clone()).await;
            let answers = probed.as_ref().ok().cloned();
            seen.push(Check::of("Ray", probed.map(|cluster| cluster.description)));
            if let Some(cluster) = answers {
                seen.push(room::there(&cluster, subject.config.as_ref().ok()).await);
            }
        }
    }
    seen
}
