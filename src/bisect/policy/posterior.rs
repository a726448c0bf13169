//! How likely each commit is the culprit.

use super::{Evidence, Terms, fit::Fit};

/// No commit is ruled out beforehand.
const LEAST_WEIGHT: f64 = 1e-3;

/// For each commit of the line the probability that it is the culprit, given all readings; the first
/// has 0, the sum is 1.  The prior, as long as one of the ends was never read.
pub fn posterior(evidence: &Evidence, terms: &Terms) -> Vec<f64> {
    probabilities(&Fit::of(evidence, terms, |_| true), terms)
}

/// O(commits): between two commits that were read the likelihood is constant.
pub(super) fn probabilities(fit: &Fit, terms: &Terms) -> Vec<f64> {
    let last = terms.last();
    let both = fit.commits.first() == Some(&0) && fit.commits.last() == Some(&last) && last > 0;
    let likelihood: Vec<f64> = (0..=fit.commits.len())
        .map(|split| fit.log_likelihood(split).filter(|_| both).unwrap_or(0.0))
        .collect();
    let mut split = 0;
    let logs: Vec<f64> = terms
        .prior
        .iter()
        .enumerate()
        .map(|(commit, weight)| {
            let weight = if weight.is_finite() { weight.max(LEAST_WEIGHT) } else { LEAST_WEIGHT };
            if commit == 0 {
                return f64::NEG_INFINITY;
            }
            while fit.commits.get(split).is_some_and(|read| *read < commit) {
                split += 1;
            }
            weight.ln() + likelihood.get(split).copied().unwrap_or(0.0)
        })
        .collect();
    normalised(logs)
}

/// From logs to probabilities.
fn normalised(mut logs: Vec<f64>) -> Vec<f64> {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for log in &mut logs {
        *log = (*log - most).exp();
    }
    let sum: f64 = logs.iter().sum();
    for probability in &mut logs {
        *probability = if sum > 0.0 { *probability / sum } else { 0.0 };
    }
    logs
}
