//! The chi-squared distribution: how far an estimated variance may be from the true one.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// The probability of a value above `x`; one where there is no distribution, as with infinite degrees of
/// freedom.
pub fn chi_squared_tail(x: f64, freedom: f64) -> f64 {
    of(freedom).map_or(1.0, |distribution| distribution.sf(x))
}

/// The value below which lies the share `below`; none where there is no distribution, as with infinite
/// degrees of freedom.
pub fn chi_squared_quantile(below: f64, freedom: f64) -> Option<f64> {
    Some(of(freedom)?.inverse_cdf(below))
}

/// `statrs` takes infinity, and panics when it is asked for a quantile of it.
fn of(freedom: f64) -> Option<ChiSquared> {
    ChiSquared::new(freedom).ok().filter(|_| freedom.is_finite())
}
