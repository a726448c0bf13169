//! One declared metric: which way is better, and how much worse is tolerated.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Percent;

/// A metric that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "UncheckedMetric")]
#[schemars(with = "UncheckedMetric")]
pub struct Metric {
    /// Which way is better.
    pub direction: Direction,
    /// Tolerated worsening as a fraction of the base's mean.
    pub relative: f64,
    /// Tolerated worsening in the metric's own unit.
    pub absolute: f64,
}

/// Which way a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better, such as accuracy.
    Higher,
    /// Less is better, such as loss.
    Lower,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Metric")]
struct UncheckedMetric {
    /// Which way is better.
    direction: Direction,
    /// Tolerated worsening, as a percentage of the base's mean.
    relative: Option<Percent>,
    /// Tolerated worsening, in the metric's own unit.
    #[schemars(range(min = 0.0))]
    absolute: Option<f64>,
}

impl TryFrom<UncheckedMetric> for Metric {
    type Error = String;

    fn try_from(file: UncheckedMetric) -> Result<Self, String> {
        let UncheckedMetric { direction, relative, absolute } = file;
        let relative = relative.map_or(0.0, Percent::fraction);
        let absolute = absolute.unwrap_or(0.0);
        if !absolute.is_finite() || absolute < 0.0 {
            return Err(format!("absolute: read {absolute}; allowed: a number from 0"));
        }
        // With a margin of zero, a pass would mean "proved better": no change could pass.
        if relative == 0.0 && absolute == 0.0 {
            return Err(
                "no margin: set relative (such as 1%) or absolute (such as 0.002) above zero"
                    .into(),
            );
        }
        Ok(Self { direction, relative, absolute })
    }
}
