//! The model of one step, fitted to every place where the step may be.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Evidence, Levels, Purpose, Span, Terms, diverged::stand_in, moments::Moments};

/// Noise below this part of the range of all readings is rounding.
const ROUNDING: f64 = 1e-9;

/// What was read, by commit, joined from both ends.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    /// Commits that were read, in order.
    pub(super) commits: Vec<usize>,
    pub(super) cells: Vec<Moments>,
    /// `left[j]` joins the first `j` cells, `right[j]` the others.
    left: Vec<Moments>,
    right: Vec<Moments>,
    least_variance: f64,
    /// Degrees of freedom and squared deviations known beforehand.
    known: (f64, f64),
}

impl Fit {
    /// Of all readings that `counts` lets in.
    pub(super) fn of(evidence: &Evidence, terms: &Terms, counts: impl Fn(Purpose) -> bool) -> Self {
        let diverged = stand_in(evidence, terms);
        let readings: Vec<(usize, f64)> = evidence
            .readings()
            .filter(|(measure, _)| measure.commit <= terms.last() && counts(measure.purpose))
            .map(|(measure, value)| (measure.commit, value))
            .map(|(commit, value)| (commit, if value.is_finite() { value } else { diverged }))
            .collect();
        let (commits, cells): (Vec<usize>, Vec<Moments>) = readings
            .chunk_by(|(one, _), (other, _)| one == other)
            .map(|cell| {
                let moments = cell.iter().map(|(_, value)| Moments::one(*value));
                (
                    cell.iter().fold(0, |_, (commit, _)| *commit),
                    moments.fold(Moments::default(), Moments::join),
                )
            })
            .unzip();
        let left = joined(cells.iter());
        let mut right = joined(cells.iter().rev());
        right.reverse();
        let values = || readings.iter().map(|(_, value)| *value);
        let range =
            values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min);
        let least = terms.least_variance().max((ROUNDING * range.max(0.0)).powi(2));
        let known = terms.noise.filter(|noise| noise.freedom > 0.0);
        let known = known.map(|noise| (noise.freedom, noise.freedom * noise.deviation.powi(2)));
        Self {
            commits,
            cells,
            left,
            right,
            least_variance: least.max(f64::MIN_POSITIVE),
            known: known.unwrap_or((0.0, 0.0)),
        }
    }

    /// The likeliest split of the cells if the step is within `commits`.  There are several if some
    /// of them were read before they were skipped.
    pub(super) fn split(&self, commits: Span) -> usize {
        let split = |culprit| self.commits.partition_point(|commit| *commit < culprit);
        let likelihood = |split: &usize| self.log_likelihood(*split).unwrap_or(f64::NEG_INFINITY);
        (split(commits.from)..=split(commits.to))
            .max_by(|a, b| likelihood(a).total_cmp(&likelihood(b)))
            .unwrap_or(0)
    }

    /// Log of the likelihood of the step at that split, up to a constant; None if a side is empty.
    pub(super) fn log_likelihood(&self, split: usize) -> Option<f64> {
        let (left, right) = self.sides(split)?;
        let (freedom, squares) = self.noise(left, right);
        let sides = (left.count * right.count).ln();
        let size = -0.5 * sides - 0.5 * freedom * squares.ln();
        Some(size + self.log_worse(left, right))
    }

    /// Levels and noise for the step at that split; None if a side is empty.
    pub(super) fn levels(&self, split: usize) -> Option<Levels> {
        let (left, right) = self.sides(split)?;
        let (freedom, squares) = self.noise(left, right);
        let deviation = (squares / freedom.max(1.0)).sqrt();
        Some(Levels { low: left.mean, high: right.mean, deviation })
    }

    pub(super) fn sides(&self, split: usize) -> Option<(Moments, Moments)> {
        let (left, right) = (*self.left.get(split)?, *self.right.get(split)?);
        (left.count > 0.0 && right.count > 0.0).then_some((left, right))
    }

    /// Degrees of freedom, and squared deviations of all of them together.
    fn noise(&self, left: Moments, right: Moments) -> (f64, f64) {
        let freedom = left.count + right.count - 2.0 + self.known.0;
        let squares = left.squares + right.squares + self.known.1;
        (freedom, squares.max(self.least_variance * freedom.max(1.0)))
    }

    /// Log of the probability that the level after the step is the worse one.
    fn log_worse(&self, left: Moments, right: Moments) -> f64 {
        let (freedom, squares) = self.noise(left, right);
        let error = (squares / freedom * (left.count.recip() + right.count.recip())).sqrt();
        let probability = StudentsT::new(0.0, 1.0, freedom)
            .map_or(1.0, |t| t.cdf((right.mean - left.mean) / error));
        probability.max(f64::MIN_POSITIVE).ln()
    }

    pub(super) fn least_variance(&self) -> f64 {
        self.least_variance
    }
}

/// Joins of the first 0, 1, 2, ... cells.
fn joined<'a>(cells: impl Iterator<Item = &'a Moments>) -> Vec<Moments> {
    let mut sum = Moments::default();
    let mut sums = vec![sum];
    sums.extend(cells.map(|cell| {
        sum = sum.join(*cell);
        sum
    }));
    sums
}
