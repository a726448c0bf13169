//! Is one commit worse than another?  Fresh readings of both, in looks planned beforehand.
//!
//! By the values that are finite, the rule is the verdict's: Welch's lower bound above the margin.  By
//! divergences, which have no value, Fisher's exact test of their shares.  All looks together keep to the
//! error rate: each has Pocock's nominal level for the whole plan, which is what the budget can pay.

use super::{Evidence, Levels, Measure, Purpose, shares};
use crate::statistics::{Difference, Sample, Share, nominal_level};

/// Looks: readings of either commit at each.  They grow by parts, because a step of half the size takes four
/// times as many.
const LOOKS: [usize; 12] = [4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256];

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConfirmationTest {
    pub(super) good: usize,
    pub(super) bad: usize,
    pub(super) purpose: Purpose,
    /// Probability of a wrong answer over all looks, for each direction.
    pub(super) error: f64,
    pub(super) margin: f64,
    pub(super) least_variance: f64,
    /// Readings that the whole bisect may take.
    pub(super) budget: usize,
}

/// What is known by now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Confirmation {
    Worse,
    Better(Levels),
    /// Neither is shown.
    Open {
        /// What the next look takes; nothing after the last.
        wanted: Vec<Measure>,
        /// What the last look saw.
        seen: Option<Pair>,
    },
}

/// Readings of both commits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) good: PooledReadings,
    pub(super) bad: PooledReadings,
}

/// Readings of one commit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PooledReadings {
    /// Those that are finite.
    pub(super) values: Sample,
    pub(super) diverged: Share,
}

impl ConfirmationTest {
    pub(super) fn answer(&self, evidence: &Evidence) -> Confirmation {
        let plan = self.plan();
        let level = nominal_level(self.error, plan);
        let mut seen = None;
        for &readings in plan {
            let wanted = self.missing(evidence, readings);
            if !wanted.is_empty() {
                return Confirmation::Open { wanted, seen };
            }
            let side = |commit| self.side(evidence, commit, readings);
            let pair = Pair { good: side(self.good), bad: side(self.bad) };
            if self.is_worse(&pair.bad, &pair.good, level) {
                return Confirmation::Worse;
            }
            if self.is_worse(&pair.good, &pair.bad, level) {
                return Confirmation::Better(pair.levels());
            }
            seen = Some(pair);
        }
        Confirmation::Open { wanted: Vec::new(), seen }
    }

    /// The looks that half of the budget pays, and the first in any case: each that is planned makes all of
    /// them stricter.
    fn plan(&self) -> &'static [usize] {
        let paid = LOOKS.partition_point(|readings| 4 * readings <= self.budget);
        LOOKS.split_at(paid.max(1)).0
    }

    /// By its values or by its share of divergences; if any diverged, each with half of the error.
    fn is_worse(&self, one: &PooledReadings, other: &PooledReadings, level: f64) -> bool {
        let diverged = one.diverged.hits + other.diverged.hits > 0;
        let level = if diverged { level / 2.0 } else { level };
        let values = one.values.count > 1.0 && other.values.count > 1.0;
        values && Difference::welch(&one.values, &other.values).lower(level) > self.margin
            || diverged && one.diverged.p_above(other.diverged) <= level
    }

    /// Readings of both, in turns so that neighbours in the list can share a machine.
    fn missing(&self, evidence: &Evidence, readings: usize) -> Vec<Measure> {
        let mut missing: Vec<Measure> = (0..readings)
            .flat_map(|repeat| [self.good, self.bad].map(|commit| self.measure(commit, repeat)))
            .filter(|measure| evidence.value(measure).is_none())
            .collect();
        // A line of one commit has one end.
        missing.dedup();
        missing
    }

    fn measure(&self, commit: usize, repeat: usize) -> Measure {
        Measure { commit, purpose: self.purpose, repeat }
    }

    fn side(&self, evidence: &Evidence, commit: usize, readings: usize) -> PooledReadings {
        let values =
            || (0..readings).filter_map(|repeat| evidence.value(&self.measure(commit, repeat)));
        let finite: Vec<f64> = values().filter(|value| value.is_finite()).collect();
        PooledReadings {
            values: Sample::of(&finite).at_least(self.least_variance),
            diverged: Share::of(values().map(|value| !value.is_finite())),
        }
    }
}

impl Pair {
    pub(super) fn levels(&self) -> Levels {
        let Self { good, bad } = self;
        let deviation = f64::midpoint(good.values.variance, bad.values.variance).sqrt();
        let (low, high) = (good.values.mean, bad.values.mean);
        Levels { low, high, deviation, diverged: [good.diverged, bad.diverged] }
    }

    /// Whether good is worse than bad by more than `margin`, in the metric's unit, at one look of this level.
    pub(super) fn is_swapped(&self, level: f64, margin: f64) -> bool {
        Difference::welch(&self.good.values, &self.bad.values).lower(level) > margin
    }

    /// How large the step may still be, in deviations, with probability `larger` of being larger; 0 if it
    /// is no more than `margin`, in the metric's unit.
    pub(super) fn most(&self, larger: f64, margin: f64) -> f64 {
        let Self { good, bad } = self;
        let most = Difference::welch(&bad.values, &good.values).upper(larger);
        let values = if most > margin { most / self.levels().deviation } else { 0.0 };
        if good.diverged.hits + bad.diverged.hits == 0 {
            return values;
        }
        values.max(shares::most(good.diverged, bad.diverged, larger))
    }
}
