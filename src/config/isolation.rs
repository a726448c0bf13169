//! Whom base's trainings are kept apart from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What base and head share on Kubernetes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Each side has a cluster of its own, and the declared workers are divided between them.
    #[default]
    Sides,
    /// One cluster for both. Head's code can change base's results, so all authors must be trusted.
    Shared,
}
