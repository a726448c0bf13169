//! Count, mean and squared deviations that can be joined.
//!
//! Chan, Golub and `LeVeque`, "Updating formulae and a pairwise algorithm for computing sample
//! variances" (1979).  Equal values keep a deviation of exactly zero.

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Moments {
    pub(super) count: f64,
    pub(super) mean: f64,
    /// Sum of squared deviations from the mean.
    pub(super) squares: f64,
}

impl Moments {
    pub(super) fn one(value: f64) -> Self {
        Self { count: 1.0, mean: value, squares: 0.0 }
    }

    pub(super) fn join(self, other: Self) -> Self {
        if self.count == 0.0 {
            return other;
        }
        if other.count == 0.0 {
            return self;
        }
        let count = self.count + other.count;
        let delta = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + delta * (other.count / count),
            squares: self.squares
                + other.squares
                + delta * delta * (self.count * other.count / count),
        }
    }
}
