//! The model of one step, fitted to every place where the step may be.
//!
//! Values have two levels and a noise, all of them unknown and integrated out.  Where readings diverged, the
//! step is in the values, in the share that diverges, or in both, with even chances.

use std::f64::consts::PI;

use statrs::function::gamma::ln_gamma;

use super::{
    CommitSpan, Evidence, Levels, Purpose, Terms, moments::Moments, offsets::Joined,
    shares::log_chances,
};
use crate::statistics::{Share, tail};

/// Noise below this part of the range of all readings is rounding.
const ROUNDING: f64 = 1e-9;

/// Deviations within which a level is sought.  It matters where something diverged.
const WIDTH: f64 = 20.0;

/// What was read, by commit, joined from both ends.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    /// Commits that were read, in order.
    pub(super) commits: Vec<usize>,
    /// Their finite values.
    pub(super) cells: Vec<Moments>,
    /// If commits of one level are the same.
    same: Joined,
    /// And if they differ, for each size of step.
    apart: Vec<Joined>,
    /// `diverged[j]` is what diverged of the first `j` cells.
    diverged: Vec<Share>,
    least_variance: f64,
    /// Degrees of freedom and squared deviations known beforehand.
    known: (f64, f64),
}

impl Fit {
    /// Of all readings that `counts` lets in.
    pub(super) fn of(evidence: &Evidence, terms: &Terms, counts: impl Fn(Purpose) -> bool) -> Self {
        let readings: Vec<(usize, f64)> = evidence
            .readings()
            .filter(|(measure, _)| measure.commit <= terms.last() && counts(measure.purpose))
            .map(|(measure, value)| (measure.commit, value))
            .collect();
        let (mut commits, mut cells) = (Vec::new(), Vec::new());
        let mut diverged = vec![Share::default()];
        for cell in readings.chunk_by(|(one, _), (other, _)| one == other) {
            let values = || cell.iter().map(|(_, value)| *value);
            let finite = values().filter(|value| value.is_finite()).map(Moments::one);
            let share = Share::of(values().map(|value| !value.is_finite()));
            commits.extend(cell.first().map(|(commit, _)| *commit));
            cells.push(finite.fold(Moments::default(), Moments::join));
            diverged.push(diverged.last().map_or(share, |before| before.and(share)));
        }
        let finite = || readings.iter().map(|(_, value)| *value).filter(|value| value.is_finite());
        let range =
            finite().fold(f64::NEG_INFINITY, f64::max) - finite().fold(f64::INFINITY, f64::min);
        let least = terms.least_variance().max((ROUNDING * range.max(0.0)).powi(2));
        let known = terms.noise.filter(|noise| noise.freedom > 0.0);
        let known = known.map(|noise| (noise.freedom, noise.freedom * noise.deviation.powi(2)));
        Self {
            commits,
            same: Joined::same(&cells),
            apart: Joined::apart(&cells),
            cells,
            diverged,
            least_variance: least.max(f64::MIN_POSITIVE),
            known: known.unwrap_or((0.0, 0.0)),
        }
    }

    /// The likeliest split of the cells if the step is within `commits`.  There are several if some
    /// of them were read before they were skipped.
    pub(super) fn split(&self, commits: CommitSpan) -> usize {
        let split = |culprit| self.commits.partition_point(|commit| *commit < culprit);
        let likelihood = |split: &usize| self.log_likelihood(*split).unwrap_or(f64::NEG_INFINITY);
        (split(commits.from)..=split(commits.to))
            .max_by(|a, b| likelihood(a).total_cmp(&likelihood(b)))
            .unwrap_or(0)
    }

    /// Log of the likelihood of the step at that split, up to a constant; None if a side is empty.
    pub(super) fn log_likelihood(&self, split: usize) -> Option<f64> {
        let (before, after) = self.diverged(split)?;
        let (equal, rises) = log_chances(before, after);
        let log = |joined: &Joined| {
            let values = self.log_values(joined, split);
            if before.hits + after.hits == 0 {
                return values;
            }
            let level = self.log_values(joined, 0);
            log_sum(&[values + equal, level + rises, values + rises])
        };
        Some(log_sum(&self.apart.iter().map(log).collect::<Vec<f64>>()))
    }

    /// Log of the likelihood of the finite values with a step at that split; at 0, of one level.
    fn log_values(&self, joined: &Joined, split: usize) -> f64 {
        let (left, right) = joined.sides(split);
        let sides = [left, right].into_iter().filter(|side| side.count > 0.0);
        let weights: f64 = sides.map(|side| side.count.ln()).sum();
        let (levels, freedom, squares) = self.noise(left, right);
        let worse = if levels > 1.0 { self.log_within(left, right, joined.steps) } else { 0.0 };
        joined.constant + ln_gamma(freedom.max(1.0) / 2.0)
            - 0.5 * freedom * (PI * squares).ln()
            - 0.5 * weights
            - levels * self.log_width()
            + worse
    }

    /// Log of the width within which levels are sought.
    fn log_width(&self) -> f64 {
        let (_, all) = self.sides(0);
        let variance = (all.squares / (all.count - 1.0).max(1.0)).max(self.least_variance);
        (WIDTH * variance.sqrt()).ln()
    }

    /// Levels and noise for the step at that split; None if a side was not read.
    pub(super) fn levels(&self, split: usize) -> Option<Levels> {
        let (before, after) = self.diverged(split)?;
        let (left, right) = self.sides(split);
        let (_, freedom, squares) = self.noise(left, right);
        let deviation = (squares / freedom.max(1.0)).sqrt();
        let level = |side: Moments| if side.count > 0.0 { side.mean } else { f64::NAN };
        let diverged = [before, after];
        Some(Levels { low: level(left), high: level(right), deviation, diverged })
    }

    /// The finite values before and after.
    pub(super) fn sides(&self, split: usize) -> (Moments, Moments) {
        self.same.sides(split)
    }

    /// What diverged on both sides; None if one was not read.
    fn diverged(&self, split: usize) -> Option<(Share, Share)> {
        let (before, all) = (*self.diverged.get(split)?, *self.diverged.last()?);
        let after = Share { hits: all.hits - before.hits, of: all.of - before.of };
        (before.of > 0 && after.of > 0).then_some((before, after))
    }

    /// How many levels there are, degrees of freedom, and squared deviations of all of them together.
    fn noise(&self, left: Moments, right: Moments) -> (f64, f64, f64) {
        let levels = f64::from(u8::from(left.count > 0.0) + u8::from(right.count > 0.0));
        let count: f64 = self.cells.iter().map(|cell| cell.count).sum();
        let freedom = (count - levels).max(0.0) + self.known.0;
        let squares = left.squares + right.squares + self.known.1;
        (levels, freedom, squares.max(self.least_variance * freedom.max(1.0)))
    }

    /// Log of twice the probability that the level after the step is worse by so many deviations.
    fn log_within(&self, left: Moments, right: Moments, [from, to]: [f64; 2]) -> f64 {
        let (_, freedom, squares) = self.noise(left, right);
        let deviation = (squares / freedom).sqrt();
        let error = deviation * (left.count.recip() + right.count.recip()).sqrt();
        let step = right.mean - left.mean;
        let above = |bound: f64| tail((bound * deviation - step) / error, freedom);
        (2.0 * (above(from) - above(to))).max(f64::MIN_POSITIVE).ln()
    }

    pub(super) fn least_variance(&self) -> f64 {
        self.least_variance
    }
}

/// Log of the sum of what these are logs of.
fn log_sum(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::MIN, f64::max);
    most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln()
}
