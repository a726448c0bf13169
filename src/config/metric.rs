//! One declared metric: which way is better, how much worse is tolerated, and what is known of its noise.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Pattern, Percent};

/// A metric that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "UncheckedMetric")]
#[schemars(with = "UncheckedMetric")]
pub struct Metric {
    /// Which way is better.
    pub direction: Direction,
    /// How values are compared.
    pub scale: Scale,
    /// Tolerated worsening as a fraction of the base's mean.
    pub relative: f64,
    /// Tolerated worsening in the metric's own unit.
    pub absolute: f64,
    /// Whether it counts for the verdict; else it is only shown.
    pub gate: bool,
    /// Declared standard deviation of one training from seed to seed: in the metric's unit, or of its
    /// logarithm (about the relative deviation) with `scale: log`.
    pub sd: Option<f64>,
    /// Whether the same code always gives the same value: compared exactly.
    pub deterministic: bool,
    /// Smallest step between two values, in the metric's unit: 1 / test-set size for accuracy.
    pub resolution: Option<f64>,
    /// Worsening, in the metric's unit, that blocks even where one training a side is all there is.
    pub floor: Option<f64>,
}

impl Metric {
    /// A gated metric on a linear scale of which only the margin is declared.
    pub const fn new(direction: Direction, relative: f64, absolute: f64) -> Self {
        Self {
            direction,
            scale: Scale::Linear,
            relative,
            absolute,
            gate: true,
            sd: None,
            deterministic: false,
            resolution: None,
            floor: None,
        }
    }
}

/// Which way a metric is better.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better, such as accuracy.
    Higher,
    /// Less is better, such as loss.
    Lower,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// By their difference.
    #[default]
    Linear,
    /// By their ratio, for values above zero whose noise grows with them, such as throughput, time and memory.
    Log,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Metric")]
struct UncheckedMetric {
    /// Which way is better.
    direction: Direction,
    /// How values are compared.
    #[serde(default)]
    scale: Scale,
    /// Tolerated worsening, as a percentage of base's mean.
    relative: Option<Percent>,
    /// Tolerated worsening, in the metric's own unit; of both, the larger counts. Not with `scale: log`.
    #[schemars(range(min = 0.0))]
    absolute: Option<f64>,
    /// Whether it counts for the verdict; else it is only shown.
    #[schemars(extend("default" = true))]
    gate: Option<bool>,
    /// Known standard deviation from seed to seed, taken as true, which lets one training a side decide: in the
    /// metric's own unit, or with `scale: log` of its logarithm (about the relative deviation).
    #[schemars(extend("exclusiveMinimum" = 0))]
    sd: Option<f64>,
    /// Whether the same code always gives the same value: one training a side, compared exactly; the margin may be
    /// zero.
    #[serde(default)]
    deterministic: bool,
    /// Smallest step between two values, in the metric's own unit (for accuracy, 1 / size of the test set);
    /// without the key, as printed.
    #[schemars(extend("exclusiveMinimum" = 0))]
    resolution: Option<f64>,
    /// Worsening, in the metric's own unit, that regresses even with one training a side and no known noise.
    #[schemars(extend("exclusiveMinimum" = 0))]
    floor: Option<f64>,
    /// Regular expression with one group, which finds the value on lines of the log, for commits that do not report;
    /// the last match counts, unless the training reports the metric itself.
    pattern: Option<Pattern>,
}

/// A metric, and where its value is found if trainings do not report it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "UncheckedMetric")]
pub(super) struct Declared {
    pub(super) metric: Metric,
    pub(super) pattern: Option<Pattern>,
}

impl TryFrom<UncheckedMetric> for Declared {
    type Error = String;

    fn try_from(mut file: UncheckedMetric) -> Result<Self, String> {
        let pattern = file.pattern.take();
        Ok(Self { metric: file.try_into()?, pattern })
    }
}

impl TryFrom<UncheckedMetric> for Metric {
    type Error = String;

    fn try_from(file: UncheckedMetric) -> Result<Self, String> {
        let absolute = file.absolute.unwrap_or(0.0);
        if !absolute.is_finite() || absolute < 0.0 {
            return Err(format!("absolute: read {absolute}; allowed: a number from 0"));
        }
        if let (Scale::Log, Some(absolute)) = (file.scale, file.absolute) {
            return Err(format!(
                "absolute: read {absolute} beside scale: log; allowed with it: relative, such as 5%"
            ));
        }
        let metric = Self {
            direction: file.direction,
            scale: file.scale,
            relative: file.relative.map_or(0.0, Percent::fraction),
            absolute,
            gate: file.gate.unwrap_or(true),
            sd: above_zero("sd", file.sd)?,
            deterministic: file.deterministic,
            resolution: above_zero("resolution", file.resolution)?,
            floor: above_zero("floor", file.floor)?,
        };
        metric.contradiction().map_or(Ok(metric), Err)
    }
}

impl Metric {
    /// What is wrong with the keys taken together.
    fn contradiction(&self) -> Option<String> {
        let Self { relative, absolute, deterministic, sd, floor, .. } = *self;
        if let (true, Some(sd)) = (deterministic, sd) {
            return Some(format!("sd: read {sd} beside deterministic: true; allowed: one of them"));
        }
        if let Some(floor) = floor.filter(|floor| *floor <= absolute) {
            return Some(format!(
                "floor: read {floor}; allowed: a number above absolute ({absolute}), which is tolerated"
            ));
        }
        // With a margin of zero, a pass would mean "proved better": no change could pass.
        (relative == 0.0 && absolute == 0.0 && !deterministic).then(|| {
            "no margin: set relative (such as 1%) or absolute (such as 0.002) above zero".to_owned()
        })
    }
}

fn above_zero(key: &str, value: Option<f64>) -> Result<Option<f64>, String> {
    match value.filter(|value| !value.is_finite() || *value <= 0.0) {
        None => Ok(value),
        Some(wrong) => Err(format!("{key}: read {wrong}; allowed: a number above 0")),
    }
}
