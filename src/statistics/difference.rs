//! A difference of two means with its error, in each of the ways in which the error can be known.

use super::{Sample, quantile, tail};

/// A difference of two means, with what is needed to bound it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// First mean less second.
    pub estimate: f64,
    /// Standard error of the estimate; zero if nothing varies.
    pub standard_error: f64,
    /// Degrees of freedom of Student's t; infinite where the error is known rather than estimated.
    pub freedom: f64,
}

impl Difference {
    /// `a - b` of two independent samples of two values or more.  Welch, "The generalization of
    /// 'Student's' problem when several different population variances are involved",
    /// Biometrika 34 (1947), with Satterthwaite's degrees of freedom.
    pub fn welch(a: &Sample, b: &Sample) -> Self {
        let (va, vb) = (a.squared_error(), b.squared_error());
        // Divided by the sum first: the square of a tiny variance would vanish.
        let (pa, pb) = (va / (va + vb), vb / (va + vb));
        let freedom = 1.0 / (pa.powi(2) / (a.count - 1.0) + pb.powi(2) / (b.count - 1.0));
        Self { estimate: a.mean - b.mean, standard_error: (va + vb).sqrt(), freedom }
    }

    /// The mean of the differences of two pairs or more.  Student, "The probable error of a mean",
    /// Biometrika 6 (1908).
    pub fn paired(differences: &Sample) -> Self {
        Self {
            estimate: differences.mean,
            standard_error: differences.squared_error().sqrt(),
            freedom: differences.count - 1.0,
        }
    }

    /// `a - weight * history`, where only the history tells how noisy both are.  Of one value it is the
    /// prediction interval: Hahn and Meeker, "Statistical Intervals" (1991), section 4.7.
    pub fn against_history(a: &Sample, history: &Sample, weight: f64) -> Self {
        let counts = 1.0 / a.count + weight * weight / history.count;
        Self {
            estimate: a.mean - weight * history.mean,
            standard_error: (history.variance * counts).sqrt(),
            freedom: history.count - 1.0,
        }
    }

    /// `a - weight * b`, where the standard deviation of one value is known: the normal distribution.
    pub fn known(a: &Sample, b: &Sample, deviation: f64, weight: f64) -> Self {
        let counts = 1.0 / a.count + weight * weight / b.count;
        Self {
            estimate: a.mean - weight * b.mean,
            standard_error: deviation * counts.sqrt(),
            freedom: f64::INFINITY,
        }
    }

    /// One-sided lower bound: the truth is below it with probability `error` at most.
    pub fn lower(&self, error: f64) -> f64 {
        self.estimate - self.half_width(error)
    }

    /// One-sided upper bound: the truth is above it with probability `error` at most.
    pub fn upper(&self, error: f64) -> f64 {
        self.estimate + self.half_width(error)
    }

    /// One-sided p-value of "the truth is no more than `limit`".
    pub fn p_above(&self, limit: f64) -> f64 {
        if self.standard_error == 0.0 {
            return if self.estimate > limit { 0.0 } else { 1.0 };
        }
        tail((self.estimate - limit) / self.standard_error, self.freedom)
    }

    fn half_width(&self, error: f64) -> f64 {
        if self.standard_error == 0.0 {
            return 0.0;
        }
        quantile(error, self.freedom) * self.standard_error
    }
}
