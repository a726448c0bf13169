//! On what a training ran: as far as it is known, and as the machine itself tells it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A machine, as a training saw it.  What is not known is null: a container without `nvidia-smi` has
/// no driver to tell of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct Machine {
    /// Name of the node that it ran on.
    pub node: Option<String>,
    /// Model of its GPUs.
    pub gpu: Option<String>,
    /// Number of GPUs that the training saw.
    pub gpus: u32,
    /// Version of the GPU driver.
    pub driver: Option<String>,
    /// Model of its CPU.
    pub cpu: Option<String>,
    /// Version of Python.
    pub python: Option<String>,
    /// Version of Ray.
    pub ray: Option<String>,
}
