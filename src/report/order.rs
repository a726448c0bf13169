//! What is read first: the worst.

use crate::{
    config::Direction,
    verdict::{MetricVerdict, Verdict},
};

/// Gated before ungated; regressed, inconclusive, pass; within each by worsening in margins, and
/// before all what could not even be measured.
pub(super) fn worst_first(metrics: &[MetricVerdict]) -> Vec<&MetricVerdict> {
    let mut sorted: Vec<&MetricVerdict> = metrics.iter().collect();
    sorted.sort_by(|a, b| {
        let rank = |metric: &MetricVerdict| (!metric.gated, urgency(metric.verdict));
        rank(a).cmp(&rank(b)).then(margins(b).total_cmp(&margins(a)))
    });
    sorted
}

fn urgency(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Regressed => 0,
        Verdict::Inconclusive => 1,
        Verdict::Pass => 2,
    }
}

/// The worsening in margins; infinite if nobody knows.
pub(super) fn margins(metric: &MetricVerdict) -> f64 {
    match metric.worsening.zip(metric.margin) {
        Some((0.0, _)) => 0.0,
        Some((worsening, margin)) if (worsening / margin).is_finite() => worsening / margin,
        Some((worsening, _)) if worsening < 0.0 => f64::NEG_INFINITY,
        Some(_) | None => f64::INFINITY,
    }
}

/// Head's mean that is just tolerated.
pub(super) fn limit(metric: &MetricVerdict) -> Option<f64> {
    let (base, margin) = metric.base.zip(metric.margin)?;
    Some(match metric.direction {
        Direction::Higher => base - margin,
        Direction::Lower => base + margin,
    })
}
