//! The decision: readings of base and head, and the declared margins, to pass / regressed /
//! inconclusive.  Pure.
//!
//! Worsening is how much worse head is than base.  With its one-sided bounds L and U and the
//! margin m: regressed if L > m, pass if U <= m, else inconclusive.  The probability of blocking a
//! change that is no worse than its margins, and that of passing a metric that is worse than its
//! margin, keep to [`crate::config::ErrorRates`] over all planned looks.
//!
//! ```text
//! readings -> sift (what is missing or not finite) -> evidence (an estimate and its error)
//!          -> look (levels of all metrics) -> verdicts -> outlook (what a further look could show)
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod evidence;
mod look;
mod metric;
mod outlook;
mod reading;
mod repeat;
mod ruler;
mod sift;
mod weigh;

pub use look::{Look, judge_all};
pub use metric::MetricVerdict;
pub use outlook::{chance, outlook, worth_another_look};
pub use reading::{Measured, Prior, Reading};
pub use repeat::{EarlierValues, repeats};

/// What is said of a metric, or of the whole change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Shown not to be worse than the margin allows.
    Pass,
    /// Shown to be worse than the margin allows.
    Regressed,
    /// Neither was shown.
    Inconclusive,
}

impl Verdict {
    /// The word in outputs, reports and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Regressed => "regressed",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The verdict of that word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Pass, Self::Regressed, Self::Inconclusive]
            .into_iter()
            .find(|verdict| verdict.word() == word)
    }

    /// The exit code of `compare` (2 is an error).
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Regressed => 1,
            Self::Inconclusive => 3,
        }
    }
}

/// Of the metrics that count: regressed if any is; else inconclusive if any is, or if there is none;
/// else pass.
pub fn overall(metrics: &[MetricVerdict]) -> Verdict {
    let gated = || metrics.iter().filter(|metric| metric.gated);
    let any = |verdict| gated().any(|metric| metric.verdict == verdict);
    if any(Verdict::Regressed) {
        Verdict::Regressed
    } else if gated().next().is_none() || any(Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else {
        Verdict::Pass
    }
}

#[cfg(test)]
mod tests;
