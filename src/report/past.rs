//! What is known of the past: the trend of the default branch, and the way since the last release.

use schemars::JsonSchema;
use serde::Serialize;

use crate::verdict::MetricVerdict;

/// One metric on the default branch, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Trend {
    /// The metric's name.
    pub metric: String,
    /// Its past, at most the last twenty commits.
    pub points: Vec<Point>,
}

/// What was read of one commit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Point {
    /// Short name of the commit.
    pub commit: String,
    /// Mean over its trainings, in the metric's unit.
    pub mean: f64,
    /// Number of trainings.
    pub count: usize,
}

/// Head against the last release: many small steps within the margin are a large one.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Drift {
    /// The release's tag.
    pub since: String,
    /// Each metric as judged against it; it does not decide.
    pub metrics: Vec<MetricVerdict>,
}
