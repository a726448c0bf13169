//! The estimate of a worsening and its error, by what is known of the noise.

use super::{Look, Measured, ruler::Ruler, sift::EarlyVerdict};
use crate::{
    config::Pairing,
    statistics::{Difference, Sample, chi_squared_tail},
};

/// Seeds from which on values that do not differ say that there is nothing to differ.
const ENOUGH: usize = 3;

/// Mean of the worst tenth of normal values, in standard deviations: as bad may be those that crashed.
const WORST: f64 = 1.755;

/// Some thousand times this, as a bound may be, is still a number.
const LARGE: f64 = 1e290;

/// A measured deviation this unlikely under the declared one is worth telling.
const UNLIKELY: f64 = 0.001;

/// What is known of a worsening, in badness.
#[derive(Debug)]
pub(super) struct WorseningEvidence {
    /// What may show a regression; none where one training a side is held against history alone.
    pub(super) block: Option<Difference>,
    /// What may show that there is none.
    pub(super) pass: Difference,
    /// What is taken as true without being measured.
    pub(super) assumption: Option<String>,
    /// That the base's history took part.
    pub(super) history: bool,
}

impl WorseningEvidence {
    /// With head worse by what it lost, for a pass: `share` of its trainings times their deviation.
    pub(super) fn losing(self, share: f64) -> Self {
        let estimate = self.pass.estimate + WORST * share;
        Self { pass: Difference { estimate, ..self.pass }, ..self }
    }

    /// Whether values and deviation are small enough for bounds to be numbers.
    pub(super) fn is_bounded(&self) -> bool {
        let bounded = |difference: &Difference| {
            let sizes = [difference.estimate.abs(), difference.standard_error];
            sizes.into_iter().all(|size| size < LARGE)
        };
        bounded(&self.pass) && self.block.iter().all(bounded)
    }

    fn both(difference: Difference) -> Self {
        Self { block: Some(difference), pass: difference, assumption: None, history: false }
    }
}

/// Both sides in badness, with what they are samples of.
#[derive(Debug, Clone, Copy)]
pub(super) struct BadnessSides<'a> {
    pub(super) measured: &'a Measured<'a>,
    pub(super) ruler: Ruler,
    pub(super) base: &'a [f64],
    pub(super) head: &'a [f64],
    /// Base and head of each seed that has both.
    pub(super) pairs: &'a [(f64, f64)],
    /// What base is multiplied by: see [`Ruler::weight`].
    pub(super) weight: f64,
}

impl BadnessSides<'_> {
    /// The estimate with its error, in the order: declared, sampled, from history, none.
    pub(super) fn evidence(&self, look: &Look<'_>) -> Result<WorseningEvidence, EarlyVerdict> {
        if let Some(deviation) = self.measured.metric.sd {
            return Ok(self.declared(deviation));
        }
        let history = self.history().filter(|_| look.index == 0 && look.pairing == Pairing::None);
        let fewest = self.base.len().min(self.head.len());
        if fewest < 2 {
            return history.map(|history| WorseningEvidence { block: None, ..history }).ok_or_else(
                || {
                    EarlyVerdict::open(
                        "one training a side and no known noise decide nothing; add seeds",
                    )
                },
            );
        }
        let (difference, constant) = match look.pairing {
            Pairing::None => self.welch(),
            Pairing::Seed | Pairing::Node => self.paired(),
        };
        if constant && fewest < ENOUGH {
            let reason = "no variance seen in fewer than three trainings; add seeds";
            return Err(EarlyVerdict::open(reason));
        }
        let exact = Difference { standard_error: 0.0, ..difference };
        let sampled = WorseningEvidence::both(if constant { exact } else { difference });
        Ok(match history {
            Some(history) => WorseningEvidence { block: sampled.block, ..history },
            None => sampled,
        })
    }

    /// Whether every seed gave the same on both sides, of three or more.
    pub(super) fn nothing_moved(&self) -> bool {
        let same = |(base, head): &(f64, f64)| base.total_cmp(head).is_eq();
        self.pairs.len() >= ENOUGH && self.pairs.iter().all(same)
    }

    /// Whether every seed of a side gave the same, on each side, and base another than head.
    pub(super) fn ignore_the_seed(&self) -> bool {
        let still = |side: &[f64]| side.len() > 1 && self.is_still(&Sample::of(side));
        let (base, head) = (self.base.first().copied(), self.head.first().copied());
        let Some((base, head)) = base.zip(head) else { return false };
        let rounding = self.ruler.least_variance(None, base).sqrt();
        still(self.base) && still(self.head) && (head - base).abs() > rounding
    }

    fn declared(&self, deviation: f64) -> WorseningEvidence {
        let (head, base) = (Sample::of(self.head), Sample::of(self.base));
        let freedom = head.count + base.count - 2.0;
        let squares = head.variance * (head.count - 1.0) + base.variance * (base.count - 1.0);
        let doubt = chi_squared_tail(squares / (deviation * deviation), freedom) < UNLIKELY;
        let though = if doubt { ", though more was measured" } else { "" };
        let assumption = Some(format!("assuming SD = {deviation}{though}"));
        let known = Difference::known(&head, &base, deviation, self.weight);
        WorseningEvidence { assumption, ..WorseningEvidence::both(self.unweighted(known, &base)) }
    }

    /// The difference of independent samples, and whether neither of them varies.
    fn welch(&self) -> (Difference, bool) {
        let (head, base) = (Sample::of(self.head), Sample::of(self.base));
        let constant = self.is_constant(&head) && self.is_constant(&base);
        let weighted = self.floored(base).times(self.weight);
        let difference = Difference::welch(&self.floored(head), &weighted);
        (self.unweighted(difference, &base), constant)
    }

    /// The mean of the differences, and whether they do not vary.
    fn paired(&self) -> (Difference, bool) {
        let base = Sample::of(self.base);
        let sides = || self.head.iter().zip(self.base);
        let differences: Vec<f64> = sides().map(|(head, base)| head - base).collect();
        let weighted: Vec<f64> = sides().map(|(head, base)| head - self.weight * base).collect();
        // Each difference has the rounding of two values.
        let least = 2.0 * self.ruler.least_variance(self.measured.metric.resolution, base.mean);
        let still = Sample::of(&differences).variance <= least;
        let constant = self.measured.metric.resolution.is_none() && still;
        let difference = Difference::paired(&Sample::of(&weighted).at_least(least));
        (self.unweighted(difference, &base), constant)
    }

    /// Head against the base's earlier trainings and today's together.
    fn history(&self) -> Option<WorseningEvidence> {
        let prior = self.measured.prior?;
        let values = prior.usable(self.base.len(), |value| self.ruler.takes(value))?;
        let earlier = values.into_iter().map(|value| self.ruler.badness(value));
        let all: Vec<f64> = earlier.chain(self.base.iter().copied()).collect();
        let (count, base) = (all.len(), Sample::of(&all));
        let (head, noisy) = (Sample::of(self.head), self.floored(base));
        let difference = Difference::against_history(&head, &noisy, self.weight);
        let assumption = Some(format!(
            "assuming that head is as noisy as base was in its last {count} trainings"
        ));
        let difference = self.unweighted(difference, &base);
        Some(WorseningEvidence { assumption, history: true, ..WorseningEvidence::both(difference) })
    }

    /// With the estimate of head less base, so that it is held against the margin.
    fn unweighted(&self, difference: Difference, base: &Sample) -> Difference {
        let estimate = difference.estimate + (self.weight - 1.0) * base.mean;
        Difference { estimate, ..difference }
    }

    fn is_constant(&self, sample: &Sample) -> bool {
        self.measured.metric.resolution.is_none() && self.is_still(sample)
    }

    fn is_still(&self, sample: &Sample) -> bool {
        sample.variance <= self.ruler.least_variance(None, sample.mean)
    }

    fn floored(&self, sample: Sample) -> Sample {
        let resolution = self.measured.metric.resolution;
        sample.at_least(self.ruler.least_variance(resolution, sample.mean))
    }
}
