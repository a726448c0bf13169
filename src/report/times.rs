//! Where the time of a run went.

use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{experiment::measure::Observation, output::duration};

/// Wall-clock seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Times {
    /// Making or finding the environments.
    pub environment: f64,
    /// Waiting for the admission of the clusters, in a queue of their owners.
    pub queue: f64,
    /// Starting clusters.
    pub cluster: f64,
    /// While at least one training ran.
    pub training: f64,
    /// Removing clusters.
    pub removal: f64,
    /// What we spent besides: packaging, submitting, polling, collecting.
    pub ours: f64,
    /// From start to verdict.
    pub total: f64,
}

impl Times {
    /// Rows of the table, in the order in which the time was spent; that of the queue where there was one.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let queue = (self.queue > 0.0).then_some(("queue", self.queue));
        let environment = ("environment", self.environment);
        let rest = [
            ("cluster start", self.cluster),
            ("training", self.training),
            ("packaging, submitting, collecting", self.ours),
            ("cluster removal", self.removal),
            ("total", self.total),
        ];
        std::iter::once(environment).chain(queue).chain(rest)
    }

    /// The same in words, on one line.
    pub(super) fn told(&self) -> String {
        let told = self.rows().map(|(what, seconds)| format!("{what} {}", duration(seconds)));
        told.collect::<Vec<_>>().join(", ")
    }

    /// Fills in what follows from the rest: the training, and what remains as ours.
    pub fn complete<'a>(
        &mut self,
        started: Instant,
        observations: impl Iterator<Item = &'a Observation>,
    ) {
        self.training = covered(observations.map(|observation| observation.span)).as_secs_f64();
        self.total = started.elapsed().as_secs_f64();
        let others = self.environment + self.queue + self.cluster + self.training + self.removal;
        self.ours = (self.total - others).max(0.0);
    }
}

/// Length of the union of spans given in milliseconds.
fn covered(spans: impl Iterator<Item = (u64, u64)>) -> Duration {
    let mut spans: Vec<(u64, u64)> = spans.collect();
    spans.sort_unstable();
    let mut end = 0;
    let mut total = 0;
    for (from, to) in spans {
        total += to.saturating_sub(from.max(end));
        end = end.max(to);
    }
    Duration::from_millis(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_trainings_count_once() {
        let spans = [(10, 20), (15, 25), (40, 50), (12, 13)];
        assert_eq!(covered(spans.into_iter()), Duration::from_millis(25));
        assert_eq!(covered(std::iter::empty()), Duration::ZERO);
    }
}
