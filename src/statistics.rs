//! Means, variances and Welch's bounds: pure functions of numbers.
//!
//! Rule and symbols: Welch, "The generalization of 'Student's' problem when several different
//! population variances are involved", Biometrika 34 (1947); looks: Pocock, Biometrika 64 (1977).

use statrs::distribution::{ContinuousCDF, StudentsT};

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
    /// Two passes, since sums of squares lose all digits of values far from zero.
    /// An empty sample has mean NaN.
    pub fn of(values: &[f64]) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a thousand seeds at most")]
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        // The second term takes back the rounding error of the mean.
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let drift: f64 = values.iter().map(|value| value - mean).sum();
        let variance = ((squares - drift * drift / count) / (count - 1.0)).max(0.0);
        Self { count, mean, variance: if count > 1.0 { variance } else { 0.0 } }
    }

    /// Squared standard error of the mean.  Below a billionth of the mean, differences are rounding
    /// errors and say nothing of noise.
    fn squared_error(&self) -> f64 {
        let floor = (1e-9 * self.mean).powi(2);
        if self.variance > floor { self.variance / self.count } else { 0.0 }
    }
}

/// A difference of two means, with what is needed to bound it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// First mean less second.
    pub estimate: f64,
    /// Standard error of the estimate; zero if neither side varies.
    pub standard_error: f64,
    /// Welch-Satterthwaite degrees of freedom.
    pub freedom: f64,
}

impl Difference {
    /// Welch's difference `a - b`.  Both need two values or more.
    pub fn welch(a: &Sample, b: &Sample) -> Self {
        let (va, vb) = (a.squared_error(), b.squared_error());
        let freedom =
            (va + vb).powi(2) / (va.powi(2) / (a.count - 1.0) + vb.powi(2) / (b.count - 1.0));
        Self { estimate: a.mean - b.mean, standard_error: (va + vb).sqrt(), freedom }
    }

    /// One-sided lower bound: the truth is below it with probability `error` at most.
    pub fn lower(&self, error: f64) -> f64 {
        self.estimate - self.half_width(error)
    }

    /// One-sided upper bound: the truth is above it with probability `error` at most.
    pub fn upper(&self, error: f64) -> f64 {
        self.estimate + self.half_width(error)
    }

    fn half_width(&self, error: f64) -> f64 {
        if self.standard_error == 0.0 {
            return 0.0;
        }
        // No valid distribution means no knowledge: an infinite bound decides nothing.
        StudentsT::new(0.0, 1.0, self.freedom)
            .map_or(f64::INFINITY, |t| t.inverse_cdf(1.0 - error) * self.standard_error)
    }
}

/// Error rate for each of `looks` planned looks, so that all together keep to `error`: Pocock's
/// nominal levels as ratios, at their smallest over the error rates in use; beyond five looks the
/// union bound.
pub fn nominal_level(error: f64, looks: usize) -> f64 {
    const RATIOS: [f64; 5] = [1.0, 0.539, 0.386, 0.309, 0.262];
    #[expect(clippy::cast_precision_loss, reason = "a thousand looks at most")]
    let union = 1.0 / looks.max(1) as f64;
    let ratio = RATIOS.get(looks.saturating_sub(1)).filter(|_| error >= 0.001);
    error * ratio.copied().unwrap_or(union)
}

#[cfg(test)]
mod tests {
    use super::*;

    const G1: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
    const G2: [f64; 10] = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

    fn close(a: f64, b: f64, tolerance: f64) -> bool {
        (a - b).abs() <= tolerance * b.abs()
    }

    /// Student's sleep data, as R's `t.test(extra ~ group, data = sleep)` answers.
    #[test]
    fn welch_agrees_with_r() {
        let d = Difference::welch(&Sample::of(&G1), &Sample::of(&G2));
        assert!(close(d.estimate / d.standard_error, -1.860_813_467_486_85, 1e-9));
        assert!(close(d.freedom, 17.776_473_516_178_5, 1e-9));
        assert!(close(d.lower(0.025), -3.365_483_2, 1e-6), "{}", d.lower(0.025));
        assert!(close(d.upper(0.025), 0.205_483_2, 1e-5), "{}", d.upper(0.025));
    }

    /// `StRD` of NIST, `NumAcc1` to `NumAcc4`: certified means and standard deviations.
    #[test]
    fn variance_keeps_its_digits() {
        let steps = |start: f64, low: f64, high: f64| {
            let tail = (0..500).flat_map(move |_| [low, high]);
            std::iter::once(start).chain(tail).collect::<Vec<_>>()
        };
        let cases = [
            (vec![10_000_001.0, 10_000_003.0, 10_000_002.0], 10_000_002.0, 1.0),
            (steps(1.2, 1.1, 1.3), 1.2, 0.1),
            (steps(1_000_000.2, 1_000_000.1, 1_000_000.3), 1_000_000.2, 0.1),
            (steps(10_000_000.2, 10_000_000.1, 10_000_000.3), 10_000_000.2, 0.1),
        ];
        for (values, mean, deviation) in cases {
            let sample = Sample::of(&values);
            assert!(close(sample.mean, mean, 1e-12), "{} {mean}", sample.mean);
            assert!(close(sample.variance.sqrt(), deviation, 1e-7), "{}", sample.variance.sqrt());
        }
    }

    #[test]
    fn without_variance_the_bounds_are_the_estimate() {
        let d = Difference::welch(&Sample::of(&[0.9; 3]), &Sample::of(&[0.8; 3]));
        assert!(close(d.lower(0.05), 0.1, 1e-12) && close(d.upper(0.05), 0.1, 1e-12));
    }

    #[test]
    fn levels_of_all_looks_stay_within_the_error() {
        assert!(close(nominal_level(0.05, 3), 0.0193, 1e-9));
        for looks in 1..20 {
            let level = nominal_level(0.05, looks);
            assert!((0.05 / 20.0..=0.05).contains(&level));
        }
        assert!(close(nominal_level(0.0005, 2), 0.00025, 1e-12));
    }
}
