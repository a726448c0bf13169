//! The lease: as long as we live, the operator's deadline is moved forward; when we die, it passes,
//! and the operator removes the cluster without any help.
//!
//! Deadlines count from `status.startTime` by the operator's clock.  We count from the moment at
//! which we saw that time change, by our own clock that nobody sets: no two clocks are compared.

use std::time::{Duration, SystemTime};

use anyhow::bail;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    api::Kube,
    diagnosis::Facts,
    manifest::Features,
    refusal::{told, within},
};
use crate::progress::seconds;

/// Renewals in the time of one lease: two may fail.
const RENEWALS: u32 = 3;
/// Of a lease: what one renewal may take at most, and the wait after one that failed.
const TRIES: u32 = 6;
const PAUSES: u32 = 24;
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a lease is about.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    pub(super) kube: Kube,
    pub(super) name: String,
    pub(super) features: Features,
    pub(super) length: Duration,
}

impl Lease {
    /// Renews until dropped.  An error means that the lease was lost for good.
    pub(super) async fn keep(self, mut facts: watch::Receiver<Facts>) -> anyhow::Result<()> {
        let mut clock = Clock::default();
        let mut renewed = Instant::now();
        let mut trouble = None;
        loop {
            clock.see(&facts.borrow_and_update());
            if clock.began.is_none() {
                // Nothing runs that could run out.
                drop(facts.changed().await);
                renewed = Instant::now();
                continue;
            }
            let asked = Instant::now();
            let pause = match self.renew(clock.elapsed() + self.length).await {
                Ok(()) => {
                    renewed = asked;
                    // What was given up may still arrive, and move the deadline back: the next one mends that.
                    let healed = trouble.take().is_some();
                    self.length / if healed { TRIES } else { RENEWALS }
                }
                Err(error) if renewed.elapsed() > self.length => {
                    let lost = seconds(renewed.elapsed());
                    let name = &self.name;
                    bail!(
                        "the lease of RayJob {name} could not be renewed for {lost}, so that KubeRay \
                         removes the cluster: {error}"
                    );
                }
                Err(error) => {
                    // Once, however often it is tried.
                    if trouble.as_ref() != Some(&error) {
                        tracing::warn!("cannot renew the lease, trying again: {error}");
                        trouble = Some(error);
                    }
                    (self.length / PAUSES).min(LONGEST_PAUSE)
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                // A queue that lets the job go on begins its clock anew.
                () = clock.restarted(&mut facts) => {}
            }
        }
    }

    /// Moves the deadline, or tells in words why not.
    async fn renew(&self, deadline: Duration) -> Result<(), String> {
        let expires = expiry(self.length);
        let limit = self.kube.answer().min(self.length / TRIES);
        let renewal = self.kube.renew(&self.name, self.features, deadline, &expires);
        within(limit, renewal).await.map_err(|error| told(&error, &self.kube))
    }
}

/// How long the deadline's clock has been running.
#[derive(Debug, Default)]
struct Clock {
    began: Option<(String, Instant)>,
}

impl Clock {
    fn see(&mut self, facts: &Facts) {
        let start = start_time(facts);
        if start.as_ref() != self.began.as_ref().map(|(start, _)| start) {
            self.began = start.map(|start| (start, Instant::now()));
        }
    }

    fn elapsed(&self) -> Duration {
        self.began.as_ref().map_or(Duration::ZERO, |(_, seen)| seen.elapsed())
    }

    async fn restarted(&self, facts: &mut watch::Receiver<Facts>) {
        let known = self.began.as_ref().map(|(start, _)| start);
        let changed = facts.wait_for(|facts| start_time(facts).as_ref() != known).await.is_ok();
        if !changed {
            std::future::pending::<()>().await;
        }
    }
}

fn start_time(facts: &Facts) -> Option<String> {
    let start = facts.ray_job.as_ref()?.status.as_ref()?.start_time.as_ref()?;
    Some(start.0.to_string())
}

/// When a lease of this length that begins now runs out: for people, and for `sweep`.
pub(super) fn expiry(length: Duration) -> String {
    humantime::format_rfc3339_seconds(SystemTime::now() + length).to_string()
}
