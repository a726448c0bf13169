//! One look at all metrics: the levels at which their bounds are taken, and the verdicts.

use super::{
    Measured, MetricVerdict,
    weigh::{Weighed, weigh},
};
use crate::{
    config::{ErrorRates, Pairing},
    statistics::{holm, nominal_level},
};

/// One of the looks that were planned before the first training.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Seeds a side at each planned look.
    pub plan: &'a [usize],
    /// Which of them this is, from 0.
    pub index: usize,
    /// How often the verdict may be wrong, over all looks.
    pub rates: ErrorRates,
    /// What is paired.
    pub pairing: Pairing,
}

/// Error rates of one look at one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ErrorLevels {
    /// Of blocking what is no worse than its margin.
    pub(super) block: f64,
    /// Of passing what is worse than its margin.
    pub(super) pass: f64,
}

impl Look<'_> {
    /// The level of blocking where `metrics` share the error.
    fn block(&self, metrics: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a handful of metrics")]
        let metrics = metrics.max(1) as f64;
        nominal_level(self.rates.block / metrics, self.plan)
    }

    fn is_last(&self) -> bool {
        self.index + 1 >= self.plan.len()
    }

    /// Any gated metric blocks, so they share the error: in equal parts at interim looks, and by Holm
    /// at the last one.  What is only shown takes no share, and is held to an equal part.
    fn block_levels(&self, metrics: &[Weighed]) -> Vec<f64> {
        let gated: Vec<usize> = (0..metrics.len()).filter(|i| metrics[*i].is_gated()).collect();
        let mut levels = vec![self.block(gated.len()); metrics.len()];
        if self.is_last() && gated.len() > 1 {
            let p_values: Vec<f64> = gated.iter().map(|i| metrics[*i].p_value()).collect();
            for (i, level) in gated.into_iter().zip(holm(&p_values, |count| self.block(count))) {
                levels[i] = level;
            }
        }
        levels
    }
}

/// Judges all metrics at a look.  `before` are the verdicts of the look before, in the same order, or
/// nothing: what was decided stays decided.
///
/// Each metric must pass for all to pass, so that error is not shared: Berger, "Multiparameter
/// hypothesis testing and acceptance sampling", Technometrics 24 (1982).
pub fn judge_all(
    look: &Look<'_>,
    measured: &[Measured<'_>],
    before: &[MetricVerdict],
) -> Vec<MetricVerdict> {
    let level = look.block(measured.iter().filter(|one| one.metric.gate).count());
    let weighed: Vec<Weighed> = measured
        .iter()
        .enumerate()
        .map(|(index, metric)| match before.get(index) {
            Some(decided) if !decided.is_undecided() => Weighed::Settled(Box::new(decided.clone())),
            _ => weigh(look, metric, level),
        })
        .collect();
    let levels = look.block_levels(&weighed);
    let pass = nominal_level(look.rates.pass, look.plan);
    weighed
        .into_iter()
        .zip(levels)
        .map(|(metric, block)| metric.judge(ErrorLevels { block, pass }))
        .collect()
}

impl Weighed {
    fn is_gated(&self) -> bool {
        match self {
            Self::Settled(verdict) => verdict.gated,
            Self::Open(scales) => scales.is_gated(),
        }
    }

    /// One for what needs no test, or was tested at an earlier look: that relaxes nothing.
    fn p_value(&self) -> f64 {
        match self {
            Self::Settled(_) => 1.0,
            Self::Open(scales) => scales.p_value(),
        }
    }

    fn judge(self, levels: ErrorLevels) -> MetricVerdict {
        match self {
            Self::Settled(verdict) => *verdict,
            Self::Open(scales) => scales.judge(levels),
        }
    }
}
