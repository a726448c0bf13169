//! Does one step explain the readings?  If not: what should show so afresh, and where would two be?
//!
//! Noise need not be normal, and need not be the same on both sides: of trainings that a change made
//! worse some may fail altogether.  Few readings of such commits can look like further steps, so what
//! they look like is a suspicion.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::{Claim, Span, fit::Fit, moments::Moments};

/// The best fit of two steps: a slow drift has one too, but then it means little.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TwoSteps {
    /// Commits that hold the first step.
    pub first: Span,
    /// Commits that hold the last step.
    pub last: Span,
    /// Means before, between and after, higher being worse.
    pub levels: [f64; 3],
}

/// What may be another step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suspicion {
    /// Probability of readings that far from one step if there is one.
    pub(super) p_value: f64,
    /// Two commits on the same side of the step that differ if there is another.
    pub(super) apart: (usize, usize),
}

/// Where another change may be besides the claimed one, by commits that are `readable`.
pub(super) fn suspicion(
    fit: &Fit,
    claim: Claim,
    readable: impl Fn(usize) -> bool,
) -> Option<Suspicion> {
    let split = fit.split(claim.commits);
    let p_value = p_value(fit, split)?;
    let cells: Vec<_> = fit.commits.iter().copied().zip(fit.cells.iter().copied()).collect();
    let (left, right) = cells.split_at_checked(split)?;
    let side = if between(left) > between(right) { left } else { right };
    let side: Vec<_> = side.iter().filter(|(commit, _)| readable(*commit)).collect();
    let [(from, _), .., (to, _)] = *side else { return None };
    Some(Suspicion { p_value, apart: (*from, *to) })
}

/// Squared deviations of the commits' means from that of all.
fn between(cells: &[(usize, Moments)]) -> f64 {
    let all = cells.iter().fold(Moments::default(), |sum, (_, cell)| sum.join(*cell));
    let within: f64 = cells.iter().map(|(_, cell)| cell.squares).sum();
    all.squares - within
}

/// F test of the commits' means against two levels: the probability of means that far off if there
/// is one step, at that split.  None without two readings of a commit, or with two commits only.
pub(super) fn p_value(fit: &Fit, split: usize) -> Option<f64> {
    let (left, right) = fit.sides(split)?;
    let all = left.count + right.count;
    #[expect(clippy::cast_precision_loss, reason = "thousands of commits at most")]
    let commits = fit.cells.len() as f64;
    let within: f64 = fit.cells.iter().map(|cell| cell.squares).sum();
    let between = (left.squares + right.squares - within).max(0.0);
    let variance = (within / (all - commits)).max(fit.least_variance());
    let ratio = between / (commits - 2.0) / variance;
    Some(FisherSnedecor::new(commits - 2.0, all - commits).ok()?.sf(ratio))
}

/// The two steps with the least squared deviations, among all pairs of places.
pub(super) fn two_steps(fit: &Fit) -> Option<TwoSteps> {
    let mut best: Option<(f64, usize, usize, [f64; 3])> = None;
    for second in 2..fit.cells.len() {
        let (_, after) = fit.sides(second)?;
        let mut between = Moments::default();
        for first in (1..second).rev() {
            let (before, _) = fit.sides(first)?;
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
fn gap(fit: &Fit, split: usize) -> Option<Span> {
    Some(Span { from: fit.commits.get(split.checked_sub(1)?)? + 1, to: *fit.commits.get(split)? })
}
