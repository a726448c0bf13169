//! Mean and variance of some values.

/// Mean and unbiased variance of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// Number of values, as a real number.
    pub count: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Unbiased variance; zero for a single value.
    pub variance: f64,
}

impl Sample {
    /// Two passes with the correction of Chan, Golub and `LeVeque`, "Algorithms for computing the
    /// sample variance", The American Statistician 37 (1983), formula 1.7: sums of squares lose all
    /// digits of values far from zero.  An empty sample has mean NaN.
    pub fn of(values: &[f64]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a thousand seeds at most")]
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        // Takes back the rounding error of the mean.
        let drift: f64 = values.iter().map(|value| value - mean).sum();
        let variance = ((squares - drift * drift / count) / (count - 1.0)).max(0.0);
        Self { count, mean, variance: if count > 1.0 { variance } else { 0.0 } }
    }

    /// The sample, no less varied than `variance`: values that are rounded hide what is below.
    #[must_use]
    pub fn at_least(self, variance: f64) -> Self {
        Self { variance: self.variance.max(variance), ..self }
    }

    /// The sample of each value times `factor`.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let (mean, variance) = (self.mean * factor, self.variance * factor * factor);
        Self { mean, variance, ..self }
    }

    /// Squared standard error of the mean.
    pub(crate) fn squared_error(&self) -> f64 {
        self.variance / self.count
    }
}
