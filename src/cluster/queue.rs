//! Time in which a run can do nothing but wait in a queue of the cluster's owners: no part of what it may take,
//! but of a limit of its own.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::config::Span;

/// How often is looked whether the queue has let a run go whose time is nearly over.
const LOOK: Duration = Duration::from_millis(100);

/// The time that a run waits, over all its clusters: while at least one of them is queued and none works.
#[derive(Debug)]
pub struct Queue {
    /// `limits.queue`.
    limit: Span,
    clock: Mutex<QueueClock>,
}

/// While this lives, a cluster is queued.
#[derive(Debug)]
pub(crate) struct Queued<'a>(&'a Queue);

/// While this lives, a cluster does what it was asked for.
#[derive(Debug)]
pub(crate) struct Working<'a>(&'a Queue);

#[derive(Debug, Default)]
struct QueueClock {
    queued: usize,
    working: usize,
    /// It runs since then.
    since: Option<Instant>,
    before: Duration,
}

impl Queue {
    /// Nobody waits yet.
    pub fn new(limit: Span) -> Self {
        Self { limit, clock: Mutex::default() }
    }

    /// `limits.queue`.
    pub(crate) fn limit(&self) -> Span {
        self.limit
    }

    /// How long the run has waited so far.
    pub(crate) fn waited(&self) -> Duration {
        self.clock().read(Instant::now())
    }

    /// Whether it has waited for too long.
    pub(crate) fn is_over(&self) -> bool {
        self.waited() >= self.limit.duration()
    }

    /// A cluster is queued.
    pub(crate) fn wait(&self) -> Queued<'_> {
        self.clock().change(Instant::now(), |clock| clock.queued += 1);
        Queued(self)
    }

    /// A cluster works.
    pub(crate) fn work(&self) -> Working<'_> {
        self.clock().change(Instant::now(), |clock| clock.working += 1);
        Working(self)
    }

    /// What is left of the time that a run has beside the queue.
    pub(crate) fn left(&self, begun: Instant, total: Duration) -> Duration {
        total.saturating_add(self.waited()).saturating_sub(begun.elapsed())
    }

    /// Comes when nothing is left of it.
    pub(crate) async fn over(&self, begun: Instant, total: Duration) {
        loop {
            match self.left(begun, total) {
                Duration::ZERO => return,
                left => sleep(left.max(LOOK)).await,
            }
        }
    }

    fn clock(&self) -> MutexGuard<'_, QueueClock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueClock {
    fn read(&self, now: Instant) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| now - since)
    }

    fn change(&mut self, now: Instant, change: impl FnOnce(&mut Self)) {
        self.before = self.read(now);
        change(self);
        self.since = (self.queued > 0 && self.working == 0).then_some(now);
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.clock().change(Instant::now(), |clock| clock.queued -= 1);
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.clock().change(Instant::now(), |clock| clock.working -= 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn what_clusters_wait_together_counts_once_and_beside_work_not_at_all() {
        type Change = fn(&mut QueueClock);
        let (mut clock, begun) = (QueueClock::default(), Instant::now());
        let changes: [(u64, Change, u64); 7] = [
            (0, |clock| clock.queued += 1, 0),
            (10, |clock| clock.queued += 1, 10),
            (20, |clock| clock.queued -= 1, 20),
            (30, |clock| clock.working += 1, 30),
            (40, |clock| clock.working -= 1, 30),
            (50, |clock| clock.queued -= 1, 40),
            (60, |clock| clock.queued += 1, 40),
        ];
        for (at, change, waited) in changes {
            clock.change(begun + Duration::from_secs(at), change);
            let read = clock.read(begun + Duration::from_secs(at));
            assert_eq!(read, Duration::from_secs(waited), "after {at} s");
        }
        assert_eq!(clock.read(begun + Duration::from_secs(65)), Duration::from_secs(45));
    }

    #[tokio::test]
    async fn the_time_of_a_run_is_not_the_queues() {
        let (total, waited) = (Duration::from_mins(5), Duration::from_mins(20));
        let (queue, begun) = (Queue::new(Span::minutes(60)), Instant::now());
        let is_over = |total| queue.over(begun, total).now_or_never().is_some();
        assert!(is_over(Duration::ZERO) && !is_over(total));
        queue.clock().before = waited;
        assert!(!is_over(Duration::ZERO));
        let left = queue.left(begun, total);
        assert!(left <= total + waited && left > waited, "{left:?}");
        assert!(!queue.is_over());
        queue.clock().before = Duration::from_hours(1);
        assert!(queue.is_over());
    }
}
