//! What trainings reported of one metric, as the verdict takes it.

use crate::config::Metric;

/// What the training of one seed reported of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Nothing.
    Missing,
    /// A value, perhaps not a finite one.
    Value(f64),
    /// A value that was not finite, and what the same seed reported when it was trained once more.
    Rerun {
        /// The first value, which is the one that counts.
        first: f64,
        /// The second; none if that training reported nothing.
        again: Option<f64>,
    },
}

impl Reading {
    /// The value that counts: a rerun tells only whether a divergence repeats.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::Missing => None,
            Self::Value(value) | Self::Rerun { first: value, .. } => Some(value),
        }
    }
}

/// All that is known of one metric at a look.
#[derive(Debug, Clone)]
pub struct Measured<'a> {
    /// Its name, as declared.
    pub name: &'a str,
    /// How it is judged.
    pub metric: Metric,
    /// The base's readings, one for each seed.
    pub base: Vec<Reading>,
    /// The head's readings, for the same seeds in the same order.
    pub head: Vec<Reading>,
    /// The base's past readings, if any are known.
    pub prior: Option<&'a Prior>,
}

/// Readings of the base from earlier comparisons under the same key: data, config, image and machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prior {
    /// In the metric's unit, oldest first.
    pub values: Vec<f64>,
}

/// Fewer earlier trainings than this say too little of the noise.
const FEWEST: usize = 8;

/// What is older than this many trainings may come from another world.
const LATEST: usize = 20;

impl Prior {
    /// The values to go by: the latest twenty that are finite and that `takes` likes; none if they are
    /// fewer than eight.
    pub(super) fn usable(&self, takes: impl Fn(f64) -> bool) -> Option<Vec<f64>> {
        let good = |value: &f64| value.is_finite() && takes(*value);
        let values: Vec<f64> = self.values.iter().copied().filter(good).collect();
        let latest = values.len().saturating_sub(LATEST);
        (values.len() >= FEWEST).then(|| values[latest..].to_vec())
    }
}
