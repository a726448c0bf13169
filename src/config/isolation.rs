//! Whom base's trainings are kept apart from.

use schemars::JsonSchema;
use serde::Deserialize;

/// What base and head share on Kubernetes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Nothing: each side has a cluster of its own, and they share the declared workers out.
    #[default]
    Sides,
    /// A cluster, where whoever opens a pull request is trusted: head's code can change what base gives.
    Shared,
}
