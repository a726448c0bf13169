//! One metric's verdict, in the order of checks that keeps degenerate data from passing.

use schemars::JsonSchema;
use serde::Serialize;

use super::Verdict;
use crate::{
    config::{Direction, Metric},
    statistics::{Difference, Sample, nominal_level},
};

/// Probability of blocking a change that is no worse than the margin, over all metrics and looks.
const BLOCK_ERROR: f64 = 0.05;

/// Probability, for one metric over all looks, of passing a change that is worse than the margin.
const PASS_ERROR: f64 = 0.05;

/// Error rates of one look at one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    block: f64,
    pass: f64,
}

impl Levels {
    /// Shares the error of blocking among `metrics` (any of them blocks) and `looks`; that of
    /// passing among looks only (all metrics must pass).
    pub fn new(metrics: usize, looks: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a handful of metrics")]
        let metrics = metrics.max(1) as f64;
        Self {
            block: nominal_level(BLOCK_ERROR / metrics, looks),
            pass: nominal_level(PASS_ERROR, looks),
        }
    }
}

/// What was measured of one metric, and what it means.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MetricVerdict {
    /// Name, as declared.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
    /// Whether it counts for the verdict; else it is only shown.
    pub gated: bool,
    /// Mean over the base's seeds, in the metric's unit; null if it cannot be told.
    pub base: Option<f64>,
    /// Mean over the head's seeds, in the metric's unit; null if it cannot be told.
    pub head: Option<f64>,
    /// How much worse head is than base, in the metric's unit; negative is better.
    pub worsening: Option<f64>,
    /// One-sided lower bound of the worsening.
    pub lower: Option<f64>,
    /// One-sided upper bound of the worsening.
    pub upper: Option<f64>,
    /// Tolerated worsening, in the metric's unit.
    pub margin: Option<f64>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
    /// What this look could show and a further one would, in a sentence; none without a noise estimate.
    pub outlook: Option<String>,
}

impl MetricVerdict {
    fn undecided(name: &str, metric: Metric, reason: String) -> Self {
        Self {
            name: name.to_owned(),
            direction: metric.direction,
            gated: true,
            base: None,
            head: None,
            worsening: None,
            lower: None,
            upper: None,
            margin: None,
            verdict: Verdict::Inconclusive,
            reason,
            outlook: None,
        }
    }
}

/// Judges one metric from the readings of each seed (`None`: the training did not report it).
/// `margin` is the margin frozen at the first look; none at that look itself.
pub fn judge(
    name: &str,
    metric: Metric,
    base: &[Option<f64>],
    head: &[Option<f64>],
    margin: Option<f64>,
    levels: Levels,
) -> MetricVerdict {
    let undecided = |reason: String| MetricVerdict::undecided(name, metric, reason);
    for (side, readings) in [("base", base), ("head", head)] {
        let missing = readings.iter().filter(|reading| reading.is_none()).count();
        if missing > 0 || readings.is_empty() {
            return undecided(format!(
                "missing in {missing} of {} trainings of {side}",
                readings.len()
            ));
        }
    }
    let present =
        |readings: &[Option<f64>]| readings.iter().copied().flatten().collect::<Vec<f64>>();
    let (base, head) = (present(base), present(head));
    let broken = |values: &[f64]| values.iter().filter(|value| !value.is_finite()).count();
    if broken(&base) > 0 {
        return undecided(format!(
            "base is broken: not finite in {} of {} trainings",
            broken(&base),
            base.len()
        ));
    }
    match broken(&head) {
        0 => bounded(name, metric, &base, &head, margin, levels),
        1 => undecided("not finite in one training of head, which may be chance".to_owned()),
        several => MetricVerdict {
            base: Some(Sample::of(&base).mean),
            verdict: Verdict::Regressed,
            ..undecided(format!(
                "diverged: not finite in {several} of {} trainings of head",
                head.len()
            ))
        },
    }
}

/// The rule itself, for finite readings of all seeds.
fn bounded(
    name: &str,
    metric: Metric,
    base: &[f64],
    head: &[f64],
    margin: Option<f64>,
    levels: Levels,
) -> MetricVerdict {
    let (b, h) = (Sample::of(base), Sample::of(head));
    let margin = margin.unwrap_or_else(|| metric.absolute.max(metric.relative * b.mean.abs()));
    let measured = MetricVerdict {
        base: Some(b.mean),
        head: Some(h.mean),
        worsening: Some(match metric.direction {
            Direction::Higher => b.mean - h.mean,
            Direction::Lower => h.mean - b.mean,
        }),
        margin: Some(margin),
        ..MetricVerdict::undecided(name, metric, String::new())
    };
    if base.len() < 2 || head.len() < 2 {
        let reason = "one training a side shows no noise; add seeds".to_owned();
        return MetricVerdict { reason, ..measured };
    }
    let difference = match metric.direction {
        Direction::Higher => Difference::welch(&b, &h),
        Direction::Lower => Difference::welch(&h, &b),
    };
    if difference.standard_error == 0.0 && base.len().min(head.len()) < 3 {
        let reason = "no variance seen in fewer than three trainings; add seeds".to_owned();
        return MetricVerdict { reason, ..measured };
    }
    let (lower, upper) = (difference.lower(levels.block), difference.upper(levels.pass));
    let (verdict, reason) = decide(lower, upper, margin, difference.standard_error == 0.0);
    MetricVerdict {
        lower: Some(lower),
        upper: Some(upper),
        verdict,
        reason: reason.to_owned(),
        ..measured
    }
}

fn decide(lower: f64, upper: f64, margin: f64, constant: bool) -> (Verdict, &'static str) {
    match (lower > margin, upper <= margin) {
        (true, _) if constant => {
            (Verdict::Regressed, "worse than the margin allows (no variance seen)")
        }
        (true, _) => (Verdict::Regressed, "worse than the margin allows"),
        (_, true) if constant => (Verdict::Pass, "within the margin (no variance seen)"),
        (_, true) if upper < 0.0 => (Verdict::Pass, "better"),
        (_, true) => (Verdict::Pass, "within the margin"),
        (false, false) => (
            Verdict::Inconclusive,
            "the noise between seeds hides it; add seeds or widen the margin",
        ),
    }
}
