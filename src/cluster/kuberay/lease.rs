//! The lease: as long as we live, the operator's deadline is moved forward; when we die, it passes,
//! and the operator removes the cluster without any help.
//!
//! Deadlines count from `status.startTime` by the operator's clock.  We count from the moment at
//! which we saw that time change, by our own clock that nobody sets: no two clocks are compared.
//!
//! In a queue no deadline passes, and the clock begins anew when the queue lets the job start.  So there the
//! deadline is kept short: of a run that died in the queue, hardly anything starts later.

use std::time::{Duration, SystemTime};

use anyhow::bail;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    api::Kube,
    diagnosis::{Facts, is_suspended},
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
/// How long a cluster that a queue lets start lives without a renewal, which comes at once if we live.
const ADMITTED: Duration = Duration::from_secs(30);

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
            if clock.began.is_none() && !clock.queued {
                // Nobody has looked at it yet.
                drop(facts.changed().await);
                renewed = Instant::now();
                continue;
            }
            let asked = Instant::now();
            let pause = match self.renew(clock.deadline(self.length)).await {
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
                // A queue that lets the job go on mostly begins its clock anew.
                () = clock.changed(&mut facts) => {}
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
    /// It counts for nothing, since a queue holds the job.
    queued: bool,
}

impl Clock {
    fn see(&mut self, facts: &Facts) {
        self.queued = is_queued(facts);
        let start = start_time(facts);
        if start.as_ref() != self.began.as_ref().map(|(start, _)| start) {
            self.began = start.map(|start| (start, Instant::now()));
        }
    }

    /// The deadline by which a lease of that length lasts from now on.
    fn deadline(&self, length: Duration) -> Duration {
        if self.queued {
            return length.min(ADMITTED);
        }
        length + self.began.as_ref().map_or(Duration::ZERO, |(_, seen)| seen.elapsed())
    }

    async fn changed(&self, facts: &mut watch::Receiver<Facts>) {
        let known = (self.began.as_ref().map(|(start, _)| start), self.queued);
        let changed = |facts: &Facts| (start_time(facts).as_ref(), is_queued(facts)) != known;
        if facts.wait_for(changed).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

fn is_queued(facts: &Facts) -> bool {
    facts.ray_job.as_ref().is_some_and(is_suspended)
}

fn start_time(facts: &Facts) -> Option<String> {
    let start = facts.ray_job.as_ref()?.status.as_ref()?.start_time.as_ref()?;
    Some(start.0.to_string())
}

/// When a lease of this length that begins now runs out: for people, and for `sweep`.
pub(super) fn expiry(length: Duration) -> String {
    humantime::format_rfc3339_seconds(SystemTime::now() + length).to_string()
}
