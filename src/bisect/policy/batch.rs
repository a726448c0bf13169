//! Which commits to read next.

/// Readings this sure to fall on one side tell nothing.
const SURE: f64 = 0.005;

/// A step of this many deviations shows in one reading: quantiles are spread from end to end.
const PLAIN: f64 = 2.0;

/// Quantiles keep to this part around the middle, whatever the step.
const NARROWEST: f64 = 0.5;

/// `k` commits to read at once: for each quantile j / (k + 1) of the culprit the testable commit
/// whose cumulated probability is nearest.  A commit may be there several times; empty if none is
/// testable.
///
/// With a step below two deviations (`separation`) one reading tells little, and least where the culprit
/// is almost sure to be on one side: the quantiles are nearer to the middle by as much, by half at most.
pub fn batch(posterior: &[f64], k: usize, testable: &[bool], separation: f64) -> Vec<usize> {
    // Not a number: from end to end.
    let spread = if separation < PLAIN { (separation / PLAIN).max(NARROWEST) } else { 1.0 };
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
    let quantile = |j: usize| 0.5 + spread * (j as f64 / (k + 1) as f64 - 0.5);
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
