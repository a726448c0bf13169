//! Student's t distribution by its upper tail; with infinite degrees of freedom, the normal one.
//!
//! Where there is no distribution (degrees of freedom not above zero, NaN) the answers are those that
//! decide nothing: an infinite quantile, a tail of one.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The value that is exceeded with probability `error`: t(1 - error, df).
pub fn quantile(error: f64, freedom: f64) -> f64 {
    if freedom.is_infinite() {
        return Normal::standard().inverse_cdf(1.0 - error);
    }
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| -t.inverse_cdf(error))
}

/// The probability of a value above `t`.
pub fn tail(t: f64, freedom: f64) -> f64 {
    if t.is_nan() {
        return 1.0;
    }
    if freedom.is_infinite() {
        return Normal::standard().sf(t);
    }
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |student| student.sf(t))
}
