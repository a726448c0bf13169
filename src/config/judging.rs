//! How the verdict is reached: what is compared, what is paired, and how often it may be wrong.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Percent;

/// Which trainings of base and head are compared with each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pairing {
    /// The mean of all with the mean of all.
    #[default]
    None,
    /// Those of the same seed: where the seed explains much of the noise in both.
    Seed,
    /// Those of the same seed, run one after the other on the same node: for throughput. Needs `isolation: shared`.
    Node,
}

/// What a head that lacks commits of base is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CompareWith {
    /// Base is the tip of the target branch, and head is trained as merged into it.
    #[default]
    Tip,
    /// Base is the commit where head branched off, if that was once the tip; head is trained as it is.
    MergeBase,
}

/// How often the verdict may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "UncheckedErrorRates")]
#[schemars(with = "UncheckedErrorRates")]
pub struct ErrorRates {
    /// Probability, from 0 to 1, of blocking a change of which no metric is worse than its margin: over
    /// all gated metrics and all looks.
    pub block: f64,
    /// Probability, from 0 to 1, of passing a metric that is worse than its margin, over all looks.
    pub pass: f64,
}

/// A verdict that is wrong more often than this is none.
const HIGHEST: f64 = 0.2;

impl Default for ErrorRates {
    fn default() -> Self {
        Self { block: 0.05, pass: 0.05 }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ErrorRates")]
struct UncheckedErrorRates {
    /// How often a change may be blocked that is no worse than its margins: above 0%, up to 20%.
    #[schemars(extend("default" = "5%"))]
    block: Option<Percent>,
    /// How often a metric may pass that is worse than its margin: above 0%, up to 20%.
    #[schemars(extend("default" = "5%"))]
    pass: Option<Percent>,
}

impl TryFrom<UncheckedErrorRates> for ErrorRates {
    type Error = String;

    fn try_from(file: UncheckedErrorRates) -> Result<Self, String> {
        let usual = Self::default();
        Ok(Self {
            block: rate("block", file.block, usual.block)?,
            pass: rate("pass", file.pass, usual.pass)?,
        })
    }
}

fn rate(key: &str, percent: Option<Percent>, usual: f64) -> Result<f64, String> {
    let rate = percent.map_or(usual, Percent::fraction);
    if rate > 0.0 && rate <= HIGHEST {
        return Ok(rate);
    }
    Err(format!("{key}: read {}%; allowed: a percentage above 0% and up to 20%", rate * 100.0))
}
