//! The chi-squared distribution: how far an estimated variance may be from the true one.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// The probability of a value above `x`; one where there is no distribution.
pub fn chi_squared_tail(x: f64, freedom: f64) -> f64 {
    ChiSquared::new(freedom).map_or(1.0, |distribution| distribution.sf(x))
}

/// The value below which lies the share `below`; none where there is no distribution.
pub fn chi_squared_quantile(below: f64, freedom: f64) -> Option<f64> {
    let distribution = ChiSquared::new(freedom).ok()?;
    Some(distribution.inverse_cdf(below))
}
