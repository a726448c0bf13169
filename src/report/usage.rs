//! What the trainings used up.

use schemars::JsonSchema;
use serde::Serialize;

use super::number::number;

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

impl Usage {
    /// `12.5 GPU-minutes`, `1.20 USD`, `8 minutes saved by reuse`: what there is to tell.
    pub(super) fn told(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if self.gpu_minutes > 0.0 {
            parts.push(format!("{} GPU-minutes", number(self.gpu_minutes)));
        } else if self.training_minutes > 0.0 {
            parts.push(format!("{} minutes of training", number(self.training_minutes)));
        }
        if let Some(Cost { amount, currency }) = &self.cost {
            parts.push(format!("{amount:.2} {currency}"));
        }
        if self.saved_minutes > 0.0 {
            parts.push(format!("{} minutes saved by reuse", number(self.saved_minutes)));
        }
        parts
    }
}
