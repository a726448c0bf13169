//! Two shares of few cases.

use schemars::JsonSchema;
use serde::Serialize;
use statrs::function::factorial::ln_binomial;

/// Cases that something happened to, of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Share {
    /// To how many it happened.
    pub hits: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// To which of some cases it happened.
    pub fn of(cases: impl Iterator<Item = bool>) -> Self {
        cases.fold(Self::default(), |Self { hits, of }, hit| Self {
            hits: hits + u64::from(hit),
            of: of + 1,
        })
    }

    /// Of both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { hits: self.hits + other.hits, of: self.of + other.of }
    }

    /// From 0 to 1; 0 of none is 0.
    pub fn part(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand trainings")]
        let (hits, of) = (self.hits as f64, self.of.max(1) as f64);
        hits / of
    }

    /// One-sided p-value of "it happens no more often here than there": Fisher's exact test, "The logic of
    /// inductive inference", Journal of the Royal Statistical Society 98 (1935).
    pub fn p_above(self, there: Self) -> f64 {
        let (hits, of) = (self.hits + there.hits, self.of + there.of);
        let probability = |here: u64| {
            let ways = ln_binomial(self.of, here) + ln_binomial(there.of, hits - here);
            (ways - ln_binomial(of, hits)).exp()
        };
        (self.hits..=hits.min(self.of)).map(probability).sum::<f64>().min(1.0)
    }
}
