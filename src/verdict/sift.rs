//! What is missing or diverged, in the order of checks that keeps degenerate data from passing.

use super::{Measured, Reading, Verdict};
use crate::{
    config::{Pairing, Scale},
    statistics::Share,
};

/// Finite values of both sides, in the metric's unit.
#[derive(Debug)]
pub(super) struct FiniteValues {
    pub(super) base: Vec<f64>,
    pub(super) head: Vec<f64>,
    /// Base and head of each seed that has both.
    pub(super) pairs: Vec<(f64, f64)>,
    /// Seeds of which a value is missing.
    pub(super) dropped: usize,
    /// Trainings that diverged or crashed.
    pub(super) lost: Lost,
}

/// Trainings that diverged or crashed, but not so often in head that this alone is a regression.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Lost {
    /// How many, in words, if any.
    pub(super) told: Option<String>,
    /// By how much head's share is above base's, from 0 to 1.
    pub(super) excess: f64,
}

/// A verdict for which no bounds are needed, or possible.
#[derive(Debug, PartialEq)]
pub(super) struct EarlyVerdict {
    pub(super) verdict: Verdict,
    pub(super) reason: String,
    /// Whether further seeds could change it.
    pub(super) open: bool,
}

impl EarlyVerdict {
    /// Nothing can be said, and more seeds do not help.
    pub(super) fn hopeless(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Inconclusive, reason: reason.into(), open: false }
    }

    /// Nothing can be said yet.
    pub(super) fn open(reason: impl Into<String>) -> Self {
        Self { open: true, ..Self::hopeless(reason) }
    }

    /// Worse, without any estimate.
    pub(super) fn regressed(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Regressed, ..Self::hopeless(reason) }
    }

    /// Not worse, without any estimate.
    pub(super) fn pass(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Pass, ..Self::hopeless(reason) }
    }
}

/// The values to compare, or what is found where they cannot be compared.  `level` is that of blocking.
pub(super) fn sift(
    measured: &Measured<'_>,
    pairing: Pairing,
    level: f64,
) -> Result<FiniteValues, EarlyVerdict> {
    let finite = |reading: &Reading| reading.value().filter(|value| value.is_finite());
    let seeds = measured.base.iter().zip(&measured.head);
    let pairs: Vec<(f64, f64)> =
        seeds.filter_map(|(base, head)| finite(base).zip(finite(head))).collect();
    let dropped = missing(measured, pairing)?;
    let lost = lost(measured, level)?;
    let (base, head): (Vec<f64>, Vec<f64>) = match pairing {
        Pairing::None => (
            measured.base.iter().filter_map(finite).collect(),
            measured.head.iter().filter_map(finite).collect(),
        ),
        Pairing::Seed | Pairing::Node => pairs.iter().copied().unzip(),
    };
    if measured.metric.scale == Scale::Log {
        above_zero("base", &base)?;
        above_zero("head", &head)?;
    }
    if base.is_empty() || head.is_empty() {
        let told = lost.told.unwrap_or_default();
        return Err(EarlyVerdict::open(format!("{told}, which may be chance; add seeds")));
    }
    Ok(FiniteValues { base, head, pairs, dropped, lost })
}

/// What did not report is no evidence of anything; only pairing may go on without it.  Yields the number
/// of pairs that lack a half.
fn missing(measured: &Measured<'_>, pairing: Pairing) -> Result<usize, EarlyVerdict> {
    let is_missing = |one: &Reading| *one == Reading::Missing;
    let count = |side: &[Reading]| side.iter().filter(|one| is_missing(one)).count();
    let (base, head) = (count(&measured.base), count(&measured.head));
    let (of_base, of_head) = (measured.base.len(), measured.head.len());
    if base == of_base && head == of_head {
        return Err(EarlyVerdict::hopeless("no training reported it"));
    }
    let both = measured.base.iter().zip(&measured.head);
    let complete = both.filter(|(base, head)| !is_missing(base) && !is_missing(head)).count();
    let paired = pairing != Pairing::None && complete > 0;
    if head > 0 && !paired || of_head == 0 {
        return Err(EarlyVerdict::hopeless(format!(
            "missing in {head} of {of_head} trainings of head"
        )));
    }
    if 2 * base >= of_base {
        return Err(EarlyVerdict::hopeless(format!(
            "base is broken: missing in {base} of {of_base} trainings"
        )));
    }
    if base > 0 && !paired {
        return Err(EarlyVerdict::hopeless(format!(
            "missing in {base} of {of_base} trainings of base"
        )));
    }
    Ok(if paired { of_base.max(of_head) - complete } else { 0 })
}

/// A training that diverged or crashed is a result.  Head has regressed if it does so more often than
/// base, by more than chance; else it is told, and what is finite is judged.
fn lost(measured: &Measured<'_>, level: f64) -> Result<Lost, EarlyVerdict> {
    let (base, head) = (share(&measured.base), share(&measured.head));
    if base.hits + head.hits == 0 {
        return Ok(Lost::default());
    }
    if 2 * base.hits >= base.of {
        let Share { hits, of } = base;
        let reason = format!("base is broken: {} in {hits} of {of} trainings", word(measured));
        return Err(if hits == of {
            EarlyVerdict::hopeless(reason)
        } else {
            EarlyVerdict::open(reason)
        });
    }
    let earlier = measured.prior.map(|prior| prior.values.as_slice()).unwrap_or_default();
    let before = Share { hits: diverging(earlier.iter().copied()), of: earlier.len() as u64 };
    let known = Share { hits: base.hits + before.hits, of: base.of + before.of };
    let told = format!(
        "{} in {} of {} trainings of head and {} of {} of base",
        word(measured),
        head.hits,
        head.of,
        known.hits,
        known.of
    );
    if head.hits > 0 && head.p_above(known) <= level {
        return Err(EarlyVerdict::regressed(format!("diverged: {told}")));
    }
    Ok(Lost { told: Some(told), excess: (head.part() - known.part()).max(0.0) })
}

/// Of a side's trainings that ended with a value or in a crash, those without a finite one.
fn share(side: &[Reading]) -> Share {
    let values: Vec<f64> = side.iter().filter_map(|reading| reading.value()).collect();
    Share { hits: diverging(values.iter().copied()), of: values.len() as u64 }
}

fn diverging(values: impl Iterator<Item = f64>) -> u64 {
    values.filter(|value| !value.is_finite()).count() as u64
}

fn word(measured: &Measured<'_>) -> &'static str {
    let any = |kind: fn(&Reading) -> bool| measured.base.iter().chain(&measured.head).any(kind);
    let crashed = any(|reading| *reading == Reading::Crashed);
    let not_finite = any(|reading| matches!(reading, Reading::Value(value) if !value.is_finite()));
    match (crashed, not_finite) {
        (true, true) => "crashed or not finite",
        (true, false) => "crashed",
        (false, _) => "not finite",
    }
}

fn above_zero(side: &str, values: &[f64]) -> Result<(), EarlyVerdict> {
    match values.iter().find(|value| **value <= 0.0) {
        None => Ok(()),
        Some(value) => Err(EarlyVerdict::hopeless(format!(
            "{side} has {value}, but scale: log compares values above zero; declare scale: linear"
        ))),
    }
}
