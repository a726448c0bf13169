//! Commits of one level need not be the same: a harmless change may move the metric a little.
//!
//! Then many readings of one commit tell less of its level than a few of several.  With even chances all
//! commits of a level are the same, or they differ as much as can be told from the step.

use super::moments::Moments;

/// Deviation between commits of one level, as part of that of a reading, for a step of one deviation.  It
/// grows with the square of the step: were it as large as a small step, no culprit could be named.
const DIFFER: f64 = 0.2;

/// At most.
const MOST: f64 = 0.5;

/// Cells joined from both ends, each with the weight that it has if commits differ so.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    /// `left[j]` joins the first `j` cells, `right[j]` the others.
    left: Vec<Moments>,
    right: Vec<Moments>,
    /// Log of the part of the likelihood that is the same wherever the step is.
    pub(super) constant: f64,
}

impl Joined {
    /// If commits of one level are the same.
    pub(super) fn same(cells: &[Moments]) -> Self {
        Self::of(cells, 0.0)
    }

    /// If they differ, with a step of that size somewhere.
    pub(super) fn apart(cells: &[Moments], step: f64) -> Self {
        let within: f64 = cells.iter().map(|cell| cell.squares).sum();
        let freedom: f64 = cells.iter().map(|cell| (cell.count - 1.0).max(0.0)).sum();
        let separation = step / (within / freedom).sqrt();
        // Without any noise, and without two readings of a commit, nothing is known of it.
        let part = if separation.is_finite() { DIFFER * separation * separation } else { MOST };
        Self::of(cells, part.min(MOST).powi(2))
    }

    /// `part` is the variance between commits, as part of that of a reading.
    fn of(cells: &[Moments], part: f64) -> Self {
        let spread = |cell: &Moments| 1.0 + part * cell.count;
        let weighted = |cell: &Moments| Moments { count: cell.count / spread(cell), ..*cell };
        let weighted: Vec<Moments> = cells.iter().map(weighted).collect();
        let left = sums(weighted.iter());
        let mut right = sums(weighted.iter().rev());
        right.reverse();
        let spreads: f64 = cells.iter().map(|cell| spread(cell).ln()).sum();
        Self { left, right, constant: -0.5 * spreads }
    }

    /// What is before and after a split.
    pub(super) fn sides(&self, split: usize) -> (Moments, Moments) {
        let side = |sums: &[Moments]| sums.get(split).copied().unwrap_or_default();
        (side(&self.left), side(&self.right))
    }
}

/// Joins of the first 0, 1, 2, ... cells.
fn sums<'a>(cells: impl Iterator<Item = &'a Moments>) -> Vec<Moments> {
    let mut sum = Moments::default();
    let mut sums = vec![sum];
    sums.extend(cells.map(|cell| {
        sum = sum.join(*cell);
        sum
    }));
    sums
}
