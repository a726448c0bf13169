//! Is one commit worse than another?  Fresh readings of both, in looks planned beforehand.
//!
//! The rule is the verdict's: Welch's lower bound above the margin, at Pocock's nominal level.

use statrs::distribution::{ContinuousCDF, Normal};

use super::{Evidence, Levels, Measure, Purpose};
use crate::statistics::{Difference, Sample, nominal_level};

/// Planned looks, as multiples of the readings from one to the next.
const PLAN: [usize; 4] = [1, 2, 3, 4];

/// Fewest readings of a commit from one look to the next.
pub(super) const FEWEST: usize = 3;

/// And most.
const MOST: usize = 12;

/// Probability of showing a step that is there, over all looks.
const POWER: f64 = 0.98;

/// Readings of a commit from one look to the next, so that four looks show a step of `separation`
/// deviations in 98 of 100 cases, with probability `error` of showing one that is not there.  Between
/// 3 and 12.  To be planned before the looks' own readings: these must not choose how many they are.
///
/// Guenther, "Sample size formulas for normal theory t tests", The American Statistician 35 (1981).
pub fn look(separation: f64, error: f64) -> usize {
    let normal = Normal::standard();
    let shown = normal.inverse_cdf(1.0 - nominal_level(error, &PLAN));
    let readings =
        2.0 * ((shown + normal.inverse_cdf(POWER)) / separation).powi(2) + shown.powi(2) / 4.0;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small constant, and between two of them"
    )]
    let look = (readings / PLAN.len() as f64).ceil() as usize;
    look.clamp(FEWEST, MOST)
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) good: usize,
    pub(super) bad: usize,
    pub(super) purpose: Purpose,
    /// Readings of either commit from one look to the next.
    pub(super) look: usize,
    /// Probability of a wrong answer over all looks, for each direction.
    pub(super) error: f64,
    pub(super) margin: f64,
    /// Stands for a reading that is not finite.
    pub(super) diverged: f64,
    pub(super) least_variance: f64,
}

/// What is known by now.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// Nothing; read these.
    Wanted(Vec<Measure>),
    Worse,
    Better(Levels),
    /// All looks are done.
    NotShown {
        levels: Levels,
        good: Sample,
    },
}

impl Question {
    pub(super) fn answer(&self, evidence: &Evidence) -> Answer {
        let level = nominal_level(self.error, &PLAN);
        let mut last = None;
        for readings in PLAN.map(|look| look * self.look) {
            let missing = self.missing(evidence, readings);
            if !missing.is_empty() {
                return Answer::Wanted(missing);
            }
            let good = self.sample(evidence, self.good, readings);
            let bad = self.sample(evidence, self.bad, readings);
            let worsening = Difference::welch(&bad, &good);
            if worsening.lower(level) > self.margin {
                return Answer::Worse;
            }
            if worsening.upper(level) < -self.margin {
                return Answer::Better(levels(&good, &bad));
            }
            last = Some((good, bad));
        }
        last.map_or_else(
            || Answer::Wanted(Vec::new()),
            |(good, bad)| Answer::NotShown { levels: levels(&good, &bad), good },
        )
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

    fn sample(&self, evidence: &Evidence, commit: usize, readings: usize) -> Sample {
        let values: Vec<f64> = (0..readings)
            .filter_map(|repeat| evidence.value(&self.measure(commit, repeat)))
            .map(|value| if value.is_finite() { value } else { self.diverged })
            .collect();
        let sample = Sample::of(&values);
        Sample { variance: sample.variance.max(self.least_variance), ..sample }
    }
}

fn levels(good: &Sample, bad: &Sample) -> Levels {
    let deviation = f64::midpoint(good.variance, bad.variance).sqrt();
    Levels { low: good.mean, high: bad.mean, deviation }
}
