//! How likely divergences are, of which only the share can be compared.

use std::f64::consts::PI;

use statrs::{
    distribution::{ContinuousCDF, Normal},
    function::beta::ln_beta,
};

use crate::statistics::{Share, quantile};

/// Log of the probability of that many in that order, whatever the share is (Jeffreys' prior).
fn log_chance(share: Share) -> f64 {
    let (hits, of) = counts(share);
    ln_beta(hits + 0.5, of - hits + 0.5) - PI.ln()
}

/// Logs of the probability of what diverged before and after a step, if the share is the same, and if it
/// rises.
pub(super) fn log_chances(before: Share, after: Share) -> (f64, f64) {
    let apart = log_chance(before) + log_chance(after);
    let rises = Normal::standard().cdf(difference(before, after) / error(before, after));
    (log_chance(before.and(after)), apart + (2.0 * rises).max(f64::MIN_POSITIVE).ln())
}

/// The difference of two shares in deviations of one reading: Cohen's h, "Statistical power analysis for
/// the behavioral sciences" (1988), chapter 6.
pub(super) fn difference(before: Share, after: Share) -> f64 {
    let [before, after] = [before, after].map(|share| {
        let (hits, of) = counts(share);
        2.0 * ((hits + 0.5) / (of + 1.0)).sqrt().asin()
    });
    after - before
}

/// How large it may still be, with that probability of being larger.
pub(super) fn most(before: Share, after: Share, larger: f64) -> f64 {
    difference(before, after) + quantile(larger, f64::INFINITY) * error(before, after)
}

/// The standard error of the difference.
fn error(before: Share, after: Share) -> f64 {
    let [(_, before), (_, after)] = [before, after].map(counts);
    (before.recip() + after.recip()).sqrt()
}

fn counts(share: Share) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand readings")]
    let counts = (share.hits as f64, share.of as f64);
    counts
}
