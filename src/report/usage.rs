//! What the trainings used up.

use schemars::JsonSchema;
use serde::Serialize;

use crate::output::number;
use crate::{
    config::{Config, Quantity},
    experiment::measure::Spent,
};

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
    /// What trainings used up, and by the prices of their config what that costs; `saved` seconds of
    /// trainings were not needed.
    pub(crate) fn of(spent: &Spent, saved: f64, config: Option<&Config>) -> Self {
        let priced = config.and_then(|config| Some((config, config.prices.as_ref()?)));
        let cost = priced.map(|(config, prices)| {
            let declared = config.training.cpu.as_ref().map(Quantity::value);
            let cpus = declared.unwrap_or_else(|| config.cluster.cpus_each());
            let cpus = cpus * f64::from(config.training.gang());
            let cpu = spent.seconds / 3600.0 * cpus * prices.cpu_hour;
            let gpu = spent.gpu_hours() * prices.gpu_hour;
            Cost { amount: cpu + gpu, currency: prices.currency.clone() }
        });
        Self {
            gpu_minutes: spent.gpu_seconds / 60.0,
            training_minutes: spent.seconds / 60.0,
            saved_minutes: saved / 60.0,
            cost,
        }
    }

    /// `12.5 GPU-minutes`, `1.20 USD`, `8 minutes saved by reuse`: what there is to tell.
    pub(crate) fn told(&self) -> Vec<String> {
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
