//! What was measured of one metric, and what it means.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Verdict, outlook::Basis, sift::EarlyVerdict};
use crate::config::{Direction, Metric, Scale};

/// What was measured of one metric, and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MetricVerdict {
    /// Name, as declared.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
    /// How values were compared; the means of a log scale are geometric.
    pub scale: Scale,
    /// Whether it counts for the verdict; else it is only shown.
    pub gated: bool,
    /// Mean over the base's seeds, in the metric's unit; null if it cannot be told.
    pub base: Option<f64>,
    /// Mean over the head's seeds, in the metric's unit; null if it cannot be told.
    pub head: Option<f64>,
    /// Trainings of the base that these numbers rest on.
    pub base_seeds: usize,
    /// Trainings of the head that these numbers rest on.
    pub head_seeds: usize,
    /// How much worse head is than base, in the metric's unit; negative is better.
    pub worsening: Option<f64>,
    /// One-sided lower bound of the worsening.
    pub lower: Option<f64>,
    /// One-sided upper bound of the worsening.
    pub upper: Option<f64>,
    /// Probability, from 0 to 1, that the worsening is below `lower`, at most.
    pub lower_rate: Option<f64>,
    /// Probability, from 0 to 1, that the worsening is above `upper`, at most.
    pub upper_rate: Option<f64>,
    /// Tolerated worsening, in the metric's unit.
    pub margin: Option<f64>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
    /// What is told of trainings that diverged or crashed, where that alone did not decide.
    #[serde(skip)]
    pub(super) diverged: Option<String>,
    /// What was taken as true without being measured, such as "assuming SD = 0.01".
    pub assumption: Option<String>,
    /// What this look could show and a further one would, in a sentence; none without a noise estimate.
    pub outlook: Option<String>,
    /// What further seeds could change.
    #[serde(skip)]
    pub(super) further: Further,
}

/// What further seeds could change about a verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Further {
    /// Nothing.
    Never,
    /// Something, but how likely cannot be told.
    Open,
    /// What follows from the estimate and its error.
    Likely(Basis),
}

impl MetricVerdict {
    /// A metric of which nothing is known yet.
    pub(super) fn blank(name: &str, metric: Metric) -> Self {
        Self {
            name: name.to_owned(),
            direction: metric.direction,
            scale: metric.scale,
            gated: metric.gate,
            base: None,
            head: None,
            base_seeds: 0,
            head_seeds: 0,
            worsening: None,
            lower: None,
            upper: None,
            lower_rate: None,
            upper_rate: None,
            margin: None,
            verdict: Verdict::Inconclusive,
            reason: String::new(),
            diverged: None,
            assumption: None,
            outlook: None,
            further: Further::Never,
        }
    }

    /// The same numbers with what was found instead of bounds.
    pub(super) fn found(self, finding: EarlyVerdict) -> Self {
        let EarlyVerdict { verdict, reason, open } = finding;
        let further = if open { Further::Open } else { Further::Never };
        Self { verdict, reason, further, ..self }.telling()
    }

    /// With what diverged at the end of the reason.
    pub(super) fn telling(mut self) -> Self {
        if let Some(diverged) = &self.diverged {
            self.reason = format!("{}; {diverged}", self.reason);
        }
        self
    }

    /// Whether neither a regression nor its absence was shown.
    pub fn is_undecided(&self) -> bool {
        self.verdict == Verdict::Inconclusive
    }
}
