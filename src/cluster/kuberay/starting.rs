//! From a created `RayJob` to a dashboard that answers.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use reqwest::{StatusCode, Url};
use secrecy::SecretString;
use tokio::{
    sync::watch as channel,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    KubeRay,
    arrival::Arrival,
    diagnosis::{self, Diagnosis, Facts, HeadPod},
    forward::Forward,
};
use crate::{
    cluster::{Cluster, ClusterTerms, Room, existing, ray::Ray},
    http::HttpAnswer,
    progress::seconds,
};

/// How often Ray is asked whether it answers: each time is a way through the API server and the node, at which
/// Ray starts.
const POLL: Duration = Duration::from_millis(500);
/// How often events are asked for while the cluster starts.
const EVENTS: Duration = Duration::from_secs(4);
/// How long a container that runs may take until Ray answers in it.
const BOOT: Duration = Duration::from_mins(3);

impl KubeRay {
    /// Waits for the head, opens a way to it and makes sure that it is the Ray that was declared.
    pub(super) async fn start(
        &self,
        token: Option<SecretString>,
        terms: &ClusterTerms<'_>,
    ) -> Result<(Cluster, HeadPod, Forward)> {
        let mut events = JoinSet::new();
        events.spawn(look_for_events(self.kube.clone(), self.watch.facts.clone()));
        let mut arrival = Arrival::new(terms);
        let (head, way, version) = loop {
            let head = self.head(&mut arrival).await?;
            arrival.start();
            let way = self.way(&head).await?;
            if let Some(version) = self.answer(&way, token.as_ref(), &head, &arrival).await? {
                break (head, way, version);
            }
        };
        self.check_version(&version)?;
        let room = Room::declared(&self.request.training, &self.request.size)?;
        // A head has none.
        let gpus = room.as_ref().map_or(Some(0.0), |room| room.gpus);
        let description = format!("Ray {version} on Kubernetes ({})", self.kube.description);
        arrival.done(&description);
        // A little more, so that of a lease that is lost, the lease tells.
        let patience = self.request.lease + 3 * self.kube.answer();
        let dashboard = way.dashboard;
        let cluster = Cluster { dashboard, token, trust: None, description, room, gpus, patience };
        Ok((cluster, head, way.forward))
    }

    async fn head(&self, arrival: &mut Arrival<'_>) -> Result<HeadPod> {
        let mut facts = self.watch.facts.subscribe();
        loop {
            let finding = diagnosis::diagnose(&facts.borrow_and_update(), &self.request());
            let obstacle = match finding {
                Diagnosis::Running(head) => return Ok(head),
                Diagnosis::Failed(failure) => return Err(failure.into()),
                Diagnosis::Waiting(obstacle) => obstacle,
            };
            arrival.meet(obstacle, self)?;
            drop(timeout(Duration::from_secs(1), facts.changed()).await);
        }
    }

    async fn way(&self, head: &HeadPod) -> Result<Way> {
        let (_names, seen) = channel::channel(head.name.clone());
        let forward = Forward::open(self.kube.forwarded(), seen).await?;
        let dashboard = Url::parse(&format!("http://{}/", forward.address))?;
        Ok(Way { forward, dashboard })
    }

    /// The version of the Ray that answers; none if its container was started again meanwhile.
    async fn answer(
        &self,
        way: &Way,
        token: Option<&SecretString>,
        head: &HeadPod,
        arrival: &Arrival<'_>,
    ) -> Result<Option<String>> {
        let boot = BOOT.min(arrival.left());
        let mut last = String::new();
        let answer = self.ask(&way.dashboard, token, head, arrival, &mut last);
        let answer = timeout(boot, answer).await;
        answer.unwrap_or_else(|_elapsed| {
            Err(anyhow!(
                "Ray in the head pod {} does not answer after {}{last}; see its log with: kubectl \
                 logs -n {} {0}",
                head.name,
                seconds(boot),
                self.kube.namespace
            ))
        })
    }

    /// Asks until Ray and its node answer, as long as the pod and the container are those that we knew.
    /// `last`: what the last try came to, for a message.
    async fn ask(
        &self,
        dashboard: &Url,
        token: Option<&SecretString>,
        head: &HeadPod,
        arrival: &Arrival<'_>,
        last: &mut String,
    ) -> Result<Option<String>> {
        let ray = Ray::new(dashboard, token.cloned(), None)?;
        let mut limit = self.kube.answer();
        loop {
            let asked = timeout(limit, existing::get_version(ray.http(), dashboard, token)).await;
            if asked.is_err() {
                // Who is slow but alive answers in the end.
                limit *= 2;
            }
            *last = match asked {
                Ok(Ok(answer)) => match accepted(&answer)? {
                    Some(version) if has_node(&ray, limit).await => return Ok(Some(version)),
                    Some(_) => " (its dashboard answers, but Ray has no node yet)".to_owned(),
                    None => format!(" (its dashboard answers {})", answer.status),
                },
                Ok(Err(no_answer)) => format!(" ({no_answer})"),
                Err(_elapsed) => format!(" (no answer within {})", seconds(limit / 2)),
            };
            let facts = self.watch.facts.borrow().clone();
            if let Some(failure) = diagnosis::lost(&facts, head, &self.request()) {
                return match diagnosis::diagnose(&facts, &self.request()) {
                    Diagnosis::Failed(better) => Err(better.into()),
                    _ if diagnosis::restarts(&facts, head) => Ok(None),
                    Diagnosis::Running(_) | Diagnosis::Waiting(_) => Err(failure.into()),
                };
            }
            arrival.update("Ray is starting in the head pod");
            sleep(POLL).await;
        }
    }

    fn check_version(&self, found: &str) -> Result<()> {
        let declared = &self.request.size.ray_version;
        if found == declared {
            return Ok(());
        }
        bail!(
            "image {} holds Ray {found}, but the config declares cluster.ray-version {declared}; \
             make them the same",
            self.request.image
        )
    }
}

/// A forwarded port, which is closed when it is dropped, and what answers there.
struct Way {
    forward: Forward,
    dashboard: Url,
}

/// The version that a dashboard tells; none while it does not.
fn accepted(answer: &HttpAnswer) -> Result<Option<String>> {
    match answer.status {
        StatusCode::OK => {
            let version = answer.json::<existing::Version>();
            Ok(Some(version.context("the head answers, but not as Ray does")?.ray_version))
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            bail!("Ray in the head pod does not accept the token that we gave it")
        }
        _ => Ok(None),
    }
}

/// The dashboard answers before Ray itself has started, which may still fail.
async fn has_node(ray: &Ray, limit: Duration) -> bool {
    let nodes = timeout(limit, ray.nodes()).await;
    matches!(nodes, Ok(Ok(nodes)) if !nodes.is_empty())
}

/// Adds the events of the run's objects to the facts: what is wrong often stands only there.
async fn look_for_events(kube: super::Kube, facts: channel::Sender<Facts>) {
    loop {
        sleep(EVENTS).await;
        let mut events = Vec::new();
        let waiting = objects(&facts.borrow());
        for object in waiting {
            events.extend(kube.events(&object).await.unwrap_or_default());
        }
        facts.send_modify(|facts| facts.events = events);
    }
}

/// The cluster and its pods that do not run yet.
fn objects(facts: &Facts) -> Vec<String> {
    let cluster = facts.ray_cluster.iter().filter_map(|cluster| cluster.metadata.name.clone());
    let waiting = facts.pods.iter().filter(|pod| {
        let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
        phase == Some("Pending")
    });
    cluster.chain(waiting.filter_map(|pod| pod.metadata.name.clone())).collect()
}
