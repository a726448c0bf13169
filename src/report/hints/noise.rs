//! Whether the seeds differ too much for the margin.

use crate::{
    experiment::measure::Role,
    output::{MOST_NAMED, named, number},
    report::{Report, order::worst_first},
    verdict::{MetricVerdict, Verdict},
};

/// Below this many margins a handful of seeds decides, and it is not the noise that is in the way.
const LOUD: f64 = 0.5;

/// The undecided metrics whose seeds differ by a good part of the margin.
pub(super) fn noise(report: &Report) -> Option<String> {
    let undecided = worst_first(&report.metrics)
        .into_iter()
        .filter(|metric| metric.gated && metric.verdict == Verdict::Inconclusive);
    let loud: Vec<(&MetricVerdict, f64, f64)> = undecided
        .filter_map(|metric| {
            let (sd, margin) = (spread(report, &metric.name)?, metric.margin?);
            (sd > 0.0 && sd >= LOUD * margin).then_some((metric, sd, margin))
        })
        .collect();
    let told: Vec<String> =
        loud.iter().map(|&(metric, sd, margin)| told(metric, sd, margin)).collect();
    let advice = if loud.iter().take(MOST_NAMED).any(|(_, sd, margin)| margin < sd) {
        "a margin below one SD is seldom decided; widen it or make the training steadier"
    } else {
        "more seeds would tell"
    };
    (!told.is_empty()).then(|| format!("{}: {advice}", named(&told, ", ")))
}

fn told(metric: &MetricVerdict, sd: f64, margin: f64) -> String {
    let name = &metric.name;
    if margin > 0.0 {
        let ratio = number((sd / margin * 10.0).round() / 10.0);
        return format!("seeds of {name} differ by about {ratio} margins (SD {})", number(sd));
    }
    format!("seeds of {name} differ (SD {}) and no worsening is allowed", number(sd))
}

/// SD of a metric's readings about the mean of their side; none if a reading is missing.
fn spread(report: &Report, metric: &str) -> Option<f64> {
    let (base, head) = (side(report, Role::Base, metric)?, side(report, Role::Head, metric)?);
    let freedom = (base.len() + head.len()).checked_sub(2).filter(|freedom| *freedom > 0)?;
    Some(((squares(&base) + squares(&head)) / exact(freedom)).sqrt())
}

fn side(report: &Report, role: Role, metric: &str) -> Option<Vec<f64>> {
    let side = report.observations.iter().filter(|seen| seen.role == role);
    let finite =
        side.filter(|seen| seen.readings.get(metric).is_none_or(|value| value.is_finite()));
    let whole = finite.filter(|seen| seen.crashed.is_none());
    whole.map(|seen| seen.readings.get(metric).copied()).collect()
}

/// Squared distances from the mean, summed up.
fn squares(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / exact(values.len().max(1));
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

#[expect(clippy::cast_precision_loss, reason = "a count of trainings")]
fn exact(count: usize) -> f64 {
    count as f64
}
