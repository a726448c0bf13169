//! The estimate of a worsening and its error, by what is known of the noise.

use super::{Look, Measured, ruler::Ruler, sift::Finding};
use crate::{
    config::Pairing,
    statistics::{Difference, Sample, chi_squared_tail},
};

/// A measured deviation this unlikely under the declared one is worth telling.
const UNLIKELY: f64 = 0.001;

/// What is known of a worsening, in badness.
#[derive(Debug)]
pub(super) struct Evidence {
    /// What may show a regression; none where one training a side is held against history alone.
    pub(super) block: Option<Difference>,
    /// What may show that there is none.
    pub(super) pass: Difference,
    /// What is taken as true without being measured.
    pub(super) assumption: Option<String>,
    /// That the base's history took part.
    pub(super) history: bool,
}

impl Evidence {
    /// Whether the values were small enough for their squares to be numbers.
    pub(super) fn is_finite(&self) -> bool {
        let error = |difference: &Difference| difference.standard_error.is_finite();
        error(&self.pass) && self.block.iter().all(error)
    }

    fn both(difference: Difference) -> Self {
        Self { block: Some(difference), pass: difference, assumption: None, history: false }
    }
}

/// Both sides in badness, with what they are samples of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides<'a> {
    pub(super) measured: &'a Measured<'a>,
    pub(super) ruler: Ruler,
    pub(super) base: &'a [f64],
    pub(super) head: &'a [f64],
}

impl Sides<'_> {
    /// The estimate with its error, in the order: declared, sampled, from history, none.
    pub(super) fn evidence(&self, look: &Look<'_>) -> Result<Evidence, Finding> {
        if let Some(deviation) = self.measured.metric.sd {
            return Ok(self.declared(deviation));
        }
        let history = self.history().filter(|_| look.index == 0 && look.pairing == Pairing::None);
        let fewest = self.base.len().min(self.head.len());
        if fewest < 2 {
            return history.map(|history| Evidence { block: None, ..history }).ok_or_else(|| {
                Finding::open("one training a side and no known noise decide nothing; add seeds")
            });
        }
        let (difference, constant) = match look.pairing {
            Pairing::None => self.welch(),
            Pairing::Seed | Pairing::Node => self.paired(),
        };
        if constant && fewest < 3 {
            let reason = "no variance seen in fewer than three trainings; add seeds";
            return Err(Finding::open(reason));
        }
        let exact = Difference { standard_error: 0.0, ..difference };
        let sampled = Evidence::both(if constant { exact } else { difference });
        Ok(match history {
            Some(history) => Evidence { block: sampled.block, ..history },
            None => sampled,
        })
    }

    fn declared(&self, deviation: f64) -> Evidence {
        let (head, base) = (Sample::of(self.head), Sample::of(self.base));
        let freedom = head.count + base.count - 2.0;
        let squares = head.variance * (head.count - 1.0) + base.variance * (base.count - 1.0);
        let doubt = chi_squared_tail(squares / (deviation * deviation), freedom) < UNLIKELY;
        let though = if doubt { ", though more was measured" } else { "" };
        let assumption = Some(format!("assuming SD = {deviation}{though}"));
        Evidence { assumption, ..Evidence::both(Difference::known(&head, &base, deviation)) }
    }

    /// The difference of independent samples, and whether neither of them varies.
    fn welch(&self) -> (Difference, bool) {
        let (head, base) = (Sample::of(self.head), Sample::of(self.base));
        let constant = self.is_constant(&head) && self.is_constant(&base);
        (Difference::welch(&self.floored(head), &self.floored(base)), constant)
    }

    /// The mean of the differences, and whether they do not vary.
    fn paired(&self) -> (Difference, bool) {
        let differences: Vec<f64> =
            self.head.iter().zip(self.base).map(|(head, base)| head - base).collect();
        let sample = Sample::of(&differences);
        // Each difference has the rounding of two values.
        let mean = Sample::of(self.base).mean;
        let least = 2.0 * self.ruler.least_variance(self.measured.metric.resolution, mean);
        let constant = self.measured.metric.resolution.is_none() && sample.variance <= least;
        (Difference::paired(&sample.at_least(least)), constant)
    }

    /// Head against the base's earlier trainings and today's together.
    fn history(&self) -> Option<Evidence> {
        let values = self.measured.prior?.usable(|value| self.ruler.takes(value))?;
        let count = values.len();
        let earlier = values.into_iter().map(|value| self.ruler.badness(value));
        let all: Vec<f64> = earlier.chain(self.base.iter().copied()).collect();
        let difference =
            Difference::against_history(&Sample::of(self.head), &self.floored(Sample::of(&all)));
        let assumption = Some(format!(
            "assuming that head is as noisy as base was in its last {count} trainings"
        ));
        Some(Evidence { assumption, history: true, ..Evidence::both(difference) })
    }

    fn is_constant(&self, sample: &Sample) -> bool {
        let rounding = self.ruler.least_variance(None, sample.mean);
        self.measured.metric.resolution.is_none() && sample.variance <= rounding
    }

    fn floored(&self, sample: Sample) -> Sample {
        let resolution = self.measured.metric.resolution;
        sample.at_least(self.ruler.least_variance(resolution, sample.mean))
    }
}
