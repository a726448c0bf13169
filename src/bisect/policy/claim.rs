//! What the posterior says, as runs of commits.

use super::{Claim, CommitSpan, fit::Fit};

/// The likeliest commit, with the skipped ones before it.  None before both ends were read.
pub(super) fn claim(fit: &Fit, posterior: &[f64], testable: &[bool]) -> Option<Claim> {
    let mut best: Option<(CommitSpan, f64)> = None;
    let (mut from, mut probability) = (1, 0.0);
    for (commit, (mass, testable)) in posterior.iter().zip(testable).enumerate().skip(1) {
        probability += mass;
        if *testable {
            if best.is_none_or(|(_, most)| probability > most) {
                best = Some((CommitSpan { from, to: commit }, probability));
            }
            (from, probability) = (commit + 1, 0.0);
        }
    }
    let (commits, probability) = best?;
    Some(Claim { commits, probability, levels: fit.levels(fit.split(commits))? })
}

/// The smallest run of commits with that probability.
pub(super) fn credible(posterior: &[f64], confidence: f64) -> CommitSpan {
    let mut best = CommitSpan { from: 1, to: posterior.len().saturating_sub(1).max(1) };
    let (mut from, mut sum) = (1, 0.0);
    for (to, probability) in posterior.iter().enumerate().skip(1) {
        sum += probability;
        while let Some(first) = posterior.get(from).filter(|first| sum - **first >= confidence) {
            sum -= first;
            from += 1;
        }
        if sum >= confidence && to - from < best.to - best.from {
            best = CommitSpan { from, to };
        }
    }
    best
}
