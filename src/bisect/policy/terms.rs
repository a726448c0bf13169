//! What is fixed before the first reading.

use crate::statistics::Sample;

/// A standard deviation that is known from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownNoise {
    /// From one seed to the next, in the metric's unit.
    pub deviation: f64,
    /// Degrees of freedom behind it.
    pub freedom: f64,
}

/// The terms of one bisect.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// For each commit of the line how likely it is the culprit, in any unit (what it touches); the
    /// first, the known good, is not looked at.  Never zero: less than a thousandth is raised.
    pub prior: Vec<f64>,
    /// Readings at a time while searching.
    pub batch: usize,
    /// Readings in all, confirmations included.
    pub budget: usize,
    /// Posterior probability at which the search stops.
    pub confidence: f64,
    /// How much worse the bad end must be, in the metric's unit; 0: any.
    pub margin: f64,
    /// Smallest step of the metric, such as 1 / test images; 0: unknown.
    pub resolution: f64,
    /// Probability of a search between ends that do not differ.
    pub error: f64,
    /// What was known of the good commit before, turned so that higher is worse.
    pub recorded_good: Option<Sample>,
    /// Noise known from history; it sharpens the search, not the confirmations.
    pub noise: Option<KnownNoise>,
}

impl Terms {
    /// Defaults for a line of `commits`, both ends included: 8 at a time, 200 readings, 95 %.
    pub fn new(commits: usize) -> Self {
        Self {
            prior: vec![1.0; commits],
            batch: 8,
            budget: 200,
            confidence: 0.95,
            margin: 0.0,
            resolution: 0.0,
            error: 0.05,
            recorded_good: None,
            noise: None,
        }
    }

    /// Index of the bad end.
    pub(super) fn last(&self) -> usize {
        self.prior.len().saturating_sub(1)
    }

    /// Below this, a variance says nothing of noise.
    pub(super) fn least_variance(&self) -> f64 {
        self.resolution.powi(2) / 12.0
    }
}
