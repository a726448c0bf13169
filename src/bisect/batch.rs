//! Which commits to read next.

/// Readings this sure to fall on one side tell nothing.
const SURE: f64 = 0.005;

/// `k` commits to read at once: for each quantile j / (k + 1) of the culprit the testable commit
/// whose cumulated probability is nearest.  A commit may be there several times; empty if none is
/// testable.
pub fn batch(posterior: &[f64], k: usize, testable: &[bool]) -> Vec<usize> {
    let mut cumulated = 0.0;
    let candidates: Vec<(usize, f64)> = posterior
        .iter()
        .zip(testable)
        .enumerate()
        .map(|(commit, (probability, testable))| {
            cumulated += probability;
            (commit, cumulated, testable)
        })
        .filter(|(_, _, testable)| **testable)
        .map(|(commit, cumulated, _)| (commit, cumulated))
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "a thousand readings at a time at most")]
    let quantile = |j: usize| j as f64 / (k + 1) as f64;
    (1..=k).filter_map(|j| nearest(&candidates, quantile(j))).collect()
}

fn nearest(candidates: &[(usize, f64)], quantile: f64) -> Option<usize> {
    let above = candidates.partition_point(|(_, cumulated)| *cumulated < quantile);
    let distance = |index: usize| candidates.get(index).map(|(_, f)| (f - quantile).abs());
    let below = above.checked_sub(1);
    let chosen = match (below.and_then(distance), distance(above)) {
        (Some(low), Some(high)) if low <= high => below,
        (Some(_), None) => below,
        (Some(_) | None, _) => Some(above),
    };
    candidates.get(chosen?).map(|(commit, _)| *commit)
}

/// Whether a reading of `commit` cannot change much any more: the culprit is almost surely after it,
/// or almost surely not.
pub fn no_longer_matters(posterior: &[f64], commit: usize) -> bool {
    let cumulated: f64 = posterior.iter().take(commit.saturating_add(1)).sum();
    !(SURE..=1.0 - SURE).contains(&cumulated)
}
