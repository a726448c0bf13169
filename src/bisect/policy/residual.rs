//! Does one step explain the readings?  If not: what should show so afresh, and where would two be?
//!
//! Noise need not be normal, and need not be the same on both sides: of trainings that a change made
//! worse some may fail altogether.  Few readings of such commits can look like further steps, so what
//! they look like is a suspicion.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::{CommitSpan, fit::Fit, moments::Moments};

/// The best fit of two steps: a slow drift has one too, but then it means little.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TwoSteps {
    /// Commits that hold the first step.
    pub first: CommitSpan,
    /// Commits that hold the last step.
    pub last: CommitSpan,
    /// Means before, between and after, higher being worse.
    pub levels: [f64; 3],
}

/// Two commits that differ if there is another step besides the one at that split: the outermost
/// `readable` ones of the side on which the commits' means differ more.
pub(super) fn apart(
    fit: &Fit,
    split: usize,
    readable: impl Fn(usize) -> bool,
) -> Option<(usize, usize)> {
    let (left, right) = fit.sides(split);
    let (before, after) = fit.cells.split_at_checked(split)?;
    let (first, last) = fit.commits.split_at_checked(split)?;
    let is_left = left.squares - within(before) > right.squares - within(after);
    let side = if is_left { first } else { last };
    let mut side = side.iter().copied().filter(|commit| readable(*commit));
    Some((side.next()?, side.next_back()?))
}

/// Squared deviations of the readings from their commits' means.
fn within(cells: &[Moments]) -> f64 {
    cells.iter().map(|cell| cell.squares).sum()
}

/// F test of the commits' means against two levels: the probability of means that far off if there
/// is one step, at that split.  None without two readings of a commit, or with two commits only.
pub(super) fn p_value(fit: &Fit, split: usize) -> Option<f64> {
    let (left, right) = fit.sides(split);
    let all = left.count + right.count;
    #[expect(clippy::cast_precision_loss, reason = "thousands of commits at most")]
    let commits = fit.cells.iter().filter(|cell| cell.count > 0.0).count() as f64;
    let within = within(&fit.cells);
    let between = (left.squares + right.squares - within).max(0.0);
    let variance = (within / (all - commits)).max(fit.least_variance());
    let ratio = between / (commits - 2.0) / variance;
    Some(FisherSnedecor::new(commits - 2.0, all - commits).ok()?.sf(ratio))
}

/// The two steps with the least squared deviations, among all pairs of places.
pub(super) fn two_steps(fit: &Fit) -> Option<TwoSteps> {
    let mut best: Option<(f64, usize, usize, [f64; 3])> = None;
    for second in 2..fit.cells.len() {
        let (_, after) = fit.sides(second);
        let mut between = Moments::default();
        for first in (1..second).rev() {
            let (before, _) = fit.sides(first);
            between = between.join(*fit.cells.get(first)?);
            let squares = before.squares + between.squares + after.squares;
            if best.is_none_or(|(least, ..)| squares < least) {
                best = Some((squares, first, second, [before.mean, between.mean, after.mean]));
            }
        }
    }
    let (_, first, second, levels) = best?;
    Some(TwoSteps { first: gap(fit, first)?, last: gap(fit, second)?, levels })
}

/// Commits that may hold a step at that split.
fn gap(fit: &Fit, split: usize) -> Option<CommitSpan> {
    Some(CommitSpan {
        from: fit.commits.get(split.checked_sub(1)?)? + 1,
        to: *fit.commits.get(split)?,
    })
}
