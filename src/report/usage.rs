//! What the trainings used up.

use schemars::JsonSchema;
use serde::Serialize;

/// Machine time of all trainings, those that failed or were repeated included.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Usage {
    /// Minutes times the GPUs that each training had.
    pub gpu_minutes: f64,
    /// Minutes of trainings, whatever they ran on.
    pub training_minutes: f64,
    /// Minutes of trainings that were not needed, since their readings were known.
    pub saved_minutes: f64,
    /// By the prices in the config, if there are any.
    pub cost: Option<Cost>,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Cost {
    /// In the currency's unit.
    pub amount: f64,
    /// Such as USD.
    pub currency: String,
}
