//! What trainings reported of one metric, as the verdict takes it.

use crate::config::Metric;

/// What the training of one seed reported of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Nothing.
    Missing,
    /// A value, perhaps not a finite one.
    Value(f64),
    /// The training ended in a crash of its own, not of its machine: that says as much as a value that is not
    /// finite.
    Crashed,
}

impl Reading {
    /// The value that counts; none if the metric was not reported.
    pub(super) fn value(self) -> Option<f64> {
        match self {
            Self::Missing => None,
            Self::Value(value) => Some(value),
            Self::Crashed => Some(f64::NAN),
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
    /// The base's readings, one for each seed; more than head's where they are known anyway.
    pub base: Vec<Reading>,
    /// The head's readings, for the same seeds in the same order.
    pub head: Vec<Reading>,
    /// The base's past readings, if any are known.
    pub prior: Option<&'a Prior>,
}

/// Readings of the base from earlier comparisons under the same key: data, config, image and machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prior {
    /// In the metric's unit, oldest first: one for each seed, and none of a seed of this comparison, for the
    /// same number twice is not known twice.  Those of trainings that diverged or crashed are not finite.
    pub values: Vec<f64>,
}

/// Fewer trainings of base than this, today's included, say too little of the noise.
const FEWEST: usize = 9;

/// What is older than this many trainings may come from another world.
const LATEST: usize = 20;

impl Prior {
    /// The values to go by beside `today` new ones: the latest twenty that are finite and that `takes` likes;
    /// none if all together are too few.
    pub(super) fn usable(&self, today: usize, takes: impl Fn(f64) -> bool) -> Option<Vec<f64>> {
        let good = |value: &f64| value.is_finite() && takes(*value);
        let values: Vec<f64> = self.values.iter().copied().filter(good).collect();
        let latest = values.len().saturating_sub(LATEST);
        (!values.is_empty() && values.len() + today >= FEWEST).then(|| values[latest..].to_vec())
    }
}
