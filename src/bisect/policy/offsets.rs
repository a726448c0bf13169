//! Commits of one level need not be the same: a harmless change may move the metric a little.
//!
//! Then many readings of one commit tell less of its level than a few of several.  How far commits differ is
//! taken from the step, which is known by its distribution only: beside a large one they may differ more.

use super::moments::Moments;

/// How far commits of one level differ: from a step of so many deviations of a reading on, by this part of
/// one.  Were it as large as a small step, no culprit could be named.
const DIFFER: [(f64, f64); 4] = [(0.0, 0.0), (0.8, 0.125), (1.3, 0.28), (1.5, 0.5)];

/// Cells joined from both ends, each with the weight that it has if commits differ so.
#[derive(Debug, Clone)]
pub(super) struct Joined {
    /// `left[j]` joins the first `j` cells, `right[j]` the others.
    left: Vec<Moments>,
    right: Vec<Moments>,
    /// Log of the part of the likelihood that is the same wherever the step is.
    pub(super) constant: f64,
    /// Between which steps commits differ so, in deviations of a reading.
    pub(super) steps: [f64; 2],
}

impl Joined {
    /// If commits of one level are the same, whatever the step.
    pub(super) fn same(cells: &[Moments]) -> Self {
        Self::of(cells, 0.0, [0.0, f64::INFINITY])
    }

    /// If they differ as far as the step allows: one for each size of step.
    pub(super) fn apart(cells: &[Moments]) -> Vec<Self> {
        let ends = DIFFER.iter().skip(1).map(|(from, _)| *from).chain([f64::INFINITY]);
        DIFFER
            .iter()
            .zip(ends)
            .map(|((from, part), to)| Self::of(cells, *part, [*from, to]))
            .collect()
    }

    /// `part` is the deviation between commits.
    fn of(cells: &[Moments], part: f64, steps: [f64; 2]) -> Self {
        let spread = |cell: &Moments| 1.0 + part * part * cell.count;
        let weighted = |cell: &Moments| Moments { count: cell.count / spread(cell), ..*cell };
        let weighted: Vec<Moments> = cells.iter().map(weighted).collect();
        let left = sums(weighted.iter());
        let mut right = sums(weighted.iter().rev());
        right.reverse();
        let spreads: f64 = cells.iter().map(|cell| spread(cell).ln()).sum();
        Self { left, right, constant: -0.5 * spreads, steps }
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
