//! The clusters of a search as one scope: each starts when the first commit needs it, stands by until
//! the search is over, and is removed however that ends.

use std::{cell::RefCell, sync::Arc};

use anyhow::{Context, Error, Result};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::{
    OnceCell,
    mpsc::{UnboundedReceiver, unbounded_channel},
};
use tokio_util::sync::CancellationToken;

use super::{
    BisectRequest, OnRay, SearchInput,
    answer::Unreadable,
    fleet::Fleet,
    homes::{Home, unbuildable},
    source::{CommitReader, Source},
    standing::{ClusterOrders, Order, Ready, Start},
};
use crate::{
    bisect::policy::SkipReason,
    cancel::unless_cancelled,
    cluster::{
        Backend, Cancelled, Cleanup, Cluster, ClusterTerms, Gpus, Room, kubeconfig::Access,
        queue::Queue, scope,
    },
    config::TrainingNeeds,
    experiment::{
        BackendChoice, KubernetesChoice, Tools,
        backend::{connect, ray_jobs, request, template},
        job, on_this_machine,
    },
    python::environment,
};

/// Runs `work` with a fleet, and removes its clusters.
pub(super) async fn with<T>(
    (question, on): (&BisectRequest, &OnRay),
    tools: &Tools<'_>,
    given: &SearchInput<'_>,
    work: impl AsyncFnOnce(&Source<'_>) -> Result<T>,
) -> Result<(T, Vec<Cleanup>)> {
    if matches!(on.backend, BackendChoice::Local) {
        Room::here(&on.config.training)?;
    }
    let run = &question.run;
    let (either, over) = (tools.cancel.child_token(), CancellationToken::new());
    let (to, ordered) = unbounded_channel();
    let fleet = Fleet::new((question, on), tools, given, ClusterOrders::new(to, over.clone()))?;
    let source = Source { reader: CommitReader::Ray(Box::new(fleet)), limits: &given.limits };
    let access = OnceCell::new();
    let failure = RefCell::new(None);
    let keeper = Keeper {
        question,
        on,
        tools,
        run,
        queue: &given.limits.queue,
        either: &either,
        over: &over,
        access: &access,
        failure: &failure,
    };
    let searching = async {
        let outcome = unless_cancelled(&either, work(&source)).await;
        over.cancel();
        outcome
    };
    let (outcome, cleanups) = tokio::join!(Box::pin(searching), Box::pin(keeper.keep(ordered)));
    match failure.into_inner().filter(|_| !tools.cancel.is_cancelled()) {
        Some(error) => Err(error),
        None => Ok((outcome?, cleanups)),
    }
}

struct Keeper<'a> {
    question: &'a BisectRequest,
    on: &'a OnRay,
    tools: &'a Tools<'a>,
    run: &'a str,
    queue: &'a Queue,
    /// Cancelled by the user, or because a cluster failed.
    either: &'a CancellationToken,
    /// The search needs no cluster any more.
    over: &'a CancellationToken,
    access: &'a OnceCell<Access>,
    /// The first cluster's that failed.
    failure: &'a RefCell<Option<Error>>,
}

impl Keeper<'_> {
    async fn keep(&self, mut ordered: UnboundedReceiver<Order>) -> Vec<Cleanup> {
        let (mut clusters, mut cleanups) = (FuturesUnordered::new(), Vec::new());
        let mut count = 0;
        loop {
            tokio::select! {
                () = self.over.cancelled() => break,
                Some(order) = ordered.recv() => {
                    clusters.push(self.stand(order, count));
                    count += 1;
                }
                Some(outcome) = clusters.next(), if !clusters.is_empty() => {
                    cleanups.extend(self.ended(outcome));
                }
            }
        }
        // What is not started yet never is.
        drop(ordered);
        while let Some(outcome) = clusters.next().await {
            cleanups.extend(self.ended(outcome));
        }
        cleanups
    }

    fn ended(&self, outcome: Result<Option<Cleanup>>) -> Option<Cleanup> {
        outcome.unwrap_or_else(|error| {
            self.either.cancel();
            if !error.is::<Cancelled>() {
                self.failure.borrow_mut().get_or_insert(error);
            }
            None
        })
    }

    /// The life of one cluster, which does not go on to start when nobody needs it any more; none if
    /// nothing was made.
    async fn stand(&self, order: Order, number: usize) -> Result<Option<Cleanup>> {
        let cancel = self.either.child_token();
        let (over, told) = (order.over.clone(), order.told.subscribe());
        let mut living = Box::pin(self.live(order, number, &cancel));
        let outcome = tokio::select! {
            outcome = &mut living => outcome,
            () = over.cancelled() => {
                if told.borrow().is_none() {
                    cancel.cancel();
                }
                living.await
            }
        };
        match outcome {
            Err(error) if error.is::<Cancelled>() && !self.either.is_cancelled() => Ok(None),
            outcome => outcome,
        }
    }

    async fn live(
        &self,
        Order { home, told, over }: Order,
        number: usize,
        cancel: &CancellationToken,
    ) -> Result<Option<Cleanup>> {
        let tell = |start| drop::<Start>(told.send_replace(Some(start)));
        let (backend, needs) = match self.backend(home, number, cancel).await {
            Ok(found) => found,
            Err(error) if error.is::<Cancelled>() => return Err(error),
            Err(error) if matches!(self.on.backend, BackendChoice::Local) => {
                tell(Err(unbuildable(&error)));
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let stand_by = async |cluster: &Cluster| {
            let ray = self.on.backend.ray(cluster)?;
            let ready = Arc::new(Ready::new(cluster.clone(), ray, needs.clone()));
            tell(Ok(ready));
            over.cancelled().await;
            Ok(())
        };
        let limit = self.on.config.limits.provision.duration();
        let (queue, hurry) = (Some(self.queue), self.tools.cancel);
        let terms =
            ClusterTerms { queue, hurry, ..ClusterTerms::new(limit, self.tools.progress, cancel) };
        let outcome = scope(backend, &terms, stand_by).await;
        let ready = told.borrow().clone().and_then(Result::ok);
        if let Some(ready) = ready.filter(|_| self.on.backend.is_existing()) {
            job::leave(&ready.ray, self.run, self.tools.progress).await;
        }
        let (outcome, cleanup) = match outcome {
            Ok((outcome, cleanup)) => (outcome, Some(cleanup)),
            Err(error) => (Err(error), None),
        };
        match outcome {
            Ok(()) => Ok(cleanup),
            Err(error) if error.is::<Cancelled>() && self.either.is_cancelled() => Err(error),
            // It was not needed any more before it was there.
            Err(error) if error.is::<Cancelled>() => Ok(cleanup),
            // Requirements that do not go with Ray, mostly.
            Err(error) if self.unstarted(&told) => {
                let why = format!("no Ray starts in its environment: {error:#}");
                tell(Err(Unreadable { reason: SkipReason::Build, why }));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a cluster of an environment of our own making never came up.
    fn unstarted(&self, told: &tokio::sync::watch::Sender<Start>) -> bool {
        matches!(self.on.backend, BackendChoice::Local) && told.borrow().is_none()
    }

    async fn backend(
        &self,
        home: Home,
        number: usize,
        cancel: &CancellationToken,
    ) -> Result<(Backend, TrainingNeeds)> {
        let Tools { cache, progress, .. } = self.tools;
        let mut needs = self.on.config.training.clone();
        let backend = match (home, &self.on.backend) {
            (Home::Local(spec), _) => {
                let environment = environment::prepare(&spec, cache, progress, cancel).await?;
                let (gpus, library) = (Gpus::seen().await, environment.library_for_gpus(&spec));
                needs = on_this_machine(&needs, &gpus, library, progress);
                Backend::Local { environment, gpus }
            }
            (Home::Image { name, .. }, BackendChoice::Kubernetes(choice)) => {
                unless_cancelled(cancel, self.on_kubernetes(choice, name, number)).await?
            }
            (_, backend) => {
                backend.existing().ok_or_else(|| Error::msg("an environment of another backend"))?
            }
        };
        Ok((backend, needs))
    }

    async fn on_kubernetes(
        &self,
        choice: &KubernetesChoice,
        image: String,
        number: usize,
    ) -> Result<Backend> {
        let BisectRequest { repository, judge, .. } = self.question;
        Room::declared(&self.on.config.training, &self.on.config.cluster)?;
        let read = |path: &str| repository.read(judge, path);
        let template = template(&self.on.config, read, judge.sha.short())?;
        let connecting = || connect(choice, &self.on.config, self.tools.progress);
        let access = self.access.get_or_try_init(connecting).await.context("Kubernetes")?.clone();
        let name = ray_job(self.run, number);
        let request = Box::new(request(choice, &self.on.config, name, image, template));
        Ok(Backend::Kubernetes { access, request })
    }
}

/// Name of the cluster that a search asked for as the `number`th.
pub(crate) fn ray_job(run: &str, number: usize) -> String {
    let [first, _] = ray_jobs(run);
    if number == 0 { first } else { format!("{first}-{number}") }
}
