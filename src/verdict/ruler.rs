//! One scale for all metrics: badness, which is more where the metric is worse.
//!
//! Linear: the value, or its negative where higher is better.  Log: the same of its logarithm.

use crate::config::{Direction, Metric, Scale};

/// Standard deviations below this share of the mean are rounding errors of floating point.
const ROUNDING: f64 = 1e-9;

/// What is beyond all numbers is told as this.
const LARGEST: f64 = 1e300;

/// How a metric's values become badness, and come back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ruler {
    direction: Direction,
    scale: Scale,
}

impl Ruler {
    pub(super) fn of(metric: Metric) -> Self {
        Self { direction: metric.direction, scale: metric.scale }
    }

    /// Badness of a value.
    pub(super) fn badness(self, value: f64) -> f64 {
        self.signed(match self.scale {
            Scale::Linear => value,
            Scale::Log => value.ln(),
        })
    }

    /// The value of a badness, in the metric's unit.
    pub(super) fn value(self, badness: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.signed(badness),
            Scale::Log => self.signed(badness).exp(),
        }
    }

    /// A difference in badness from `base`, in the metric's unit.  A ratio may be beyond all numbers.
    pub(super) fn worsening(self, base: f64, difference: f64) -> f64 {
        match self.scale {
            Scale::Linear => difference,
            Scale::Log => {
                let ratio = self.signed(self.value(base + difference) - self.value(base));
                ratio.clamp(-LARGEST, LARGEST)
            }
        }
    }

    /// The tolerated difference in badness, for a base of that mean badness; on a log scale it does not
    /// depend on the base.
    pub(super) fn margin(self, metric: Metric, base: f64) -> f64 {
        match self.scale {
            Scale::Linear => metric.absolute.max(metric.relative * base.abs()),
            Scale::Log => metric.relative.ln_1p(),
        }
    }

    /// What base is to be multiplied by, so that `head - weight * base` is above zero where head is beyond
    /// the margin.  Where the margin is a share of the base's mean, it is as uncertain as that mean, and the
    /// error of this difference is that of both.
    pub(super) fn weight(self, metric: Metric, base: f64) -> f64 {
        match self.scale {
            Scale::Linear if metric.relative * base.abs() > metric.absolute => {
                1.0 + metric.relative * base.signum()
            }
            Scale::Linear | Scale::Log => 1.0,
        }
    }

    /// A worsening up to here is within `margin`: the rounding of readings, mostly of 32 bits, decides
    /// nothing, and a hundredth of a step is none.
    pub(super) fn limit(self, metric: Metric, margin: f64, [base, head]: [f64; 2]) -> f64 {
        let (size, unit) = match self.scale {
            Scale::Linear => (base.abs().max(head.abs()), 1.0),
            Scale::Log => (1.0, self.value(base)),
        };
        let rounding = (f64::from(f32::EPSILON) * size).min(margin / 1000.0);
        let step = metric.resolution.unwrap_or(0.0) / unit;
        margin + rounding.max(step / 100.0)
    }

    /// Variance of badness below which values of that mean badness cannot tell anything: uniform
    /// between two steps of `resolution`, and not below what floating point rounds away.
    pub(super) fn least_variance(self, resolution: Option<f64>, mean: f64) -> f64 {
        let (step, rounding) = match self.scale {
            Scale::Linear => (resolution.unwrap_or(0.0), ROUNDING * mean.abs()),
            Scale::Log => (resolution.unwrap_or(0.0) / self.value(mean), ROUNDING),
        };
        (step * step / 12.0).max(rounding * rounding)
    }

    /// Whether a value is on this scale at all.
    pub(super) fn takes(self, value: f64) -> bool {
        match self.scale {
            Scale::Linear => true,
            Scale::Log => value > 0.0,
        }
    }

    fn signed(self, value: f64) -> f64 {
        match self.direction {
            Direction::Lower => value,
            Direction::Higher => -value,
        }
    }
}
