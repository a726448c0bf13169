//! What is missing or not finite, in the order of checks that keeps degenerate data from passing.

use super::{Measured, Reading, Verdict};
use crate::config::{Pairing, Scale};

/// Finite values of both sides, in the metric's unit.
#[derive(Debug)]
pub(super) struct Values {
    pub(super) base: Vec<f64>,
    pub(super) head: Vec<f64>,
    /// Pairs that were left out since one of the two was missing.
    pub(super) dropped: usize,
}

/// A verdict for which no bounds are needed, or possible.
#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    pub(super) reason: String,
    /// Whether further seeds could change it.
    pub(super) open: bool,
    /// Seeds of head, by their place, of which one more training would tell whether it diverges again.
    pub(super) rerun: Vec<usize>,
}

impl Finding {
    /// Nothing can be said, and more seeds do not help.
    pub(super) fn hopeless(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { verdict: Verdict::Inconclusive, reason, open: false, rerun: Vec::new() }
    }

    /// Nothing can be said yet.
    pub(super) fn open(reason: impl Into<String>) -> Self {
        Self { open: true, ..Self::hopeless(reason) }
    }

    /// Worse, without any estimate.
    pub(super) fn regressed(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Regressed, ..Self::hopeless(reason) }
    }
}

/// The values to compare, or what is found where they cannot be compared.
pub(super) fn sift(measured: &Measured<'_>, pairing: Pairing) -> Result<Values, Finding> {
    let seeds = measured.base.len().max(measured.head.len());
    let at = |side: &[Reading], seed: usize| side.get(seed).and_then(|reading| reading.value());
    let (base, head): (Vec<f64>, Vec<f64>) = (0..seeds)
        .filter_map(|seed| at(&measured.base, seed).zip(at(&measured.head, seed)))
        .unzip();
    missing(measured, base.len(), pairing)?;
    let broken = not_finite(&measured.base).len();
    if broken > 0 {
        let of = measured.base.len();
        return Err(Finding::hopeless(format!(
            "base is broken: not finite in {broken} of {of} trainings"
        )));
    }
    diverged(&measured.head)?;
    if measured.metric.scale == Scale::Log {
        above_zero("base", &base)?;
        above_zero("head", &head)?;
    }
    let dropped = seeds - base.len();
    Ok(Values { base, head, dropped })
}

/// The places of values that are not finite.
fn not_finite(side: &[Reading]) -> Vec<usize> {
    let wrong = |reading: &Reading| reading.value().is_some_and(|value| !value.is_finite());
    side.iter().enumerate().filter(|(_, reading)| wrong(reading)).map(|(seed, _)| seed).collect()
}

/// What did not report is no evidence of anything; only pairing may go on without it.
fn missing(measured: &Measured<'_>, complete: usize, pairing: Pairing) -> Result<(), Finding> {
    let count = |side: &[Reading]| side.iter().filter(|one| one.value().is_none()).count();
    let (base, head) = (count(&measured.base), count(&measured.head));
    let (of_base, of_head) = (measured.base.len(), measured.head.len());
    if base == of_base && head == of_head {
        return Err(Finding::hopeless("no training reported it"));
    }
    let paired = pairing != Pairing::None && complete > 0;
    if head > 0 && !paired {
        return Err(Finding::hopeless(format!("missing in {head} of {of_head} trainings of head")));
    }
    if 2 * base >= of_base {
        return Err(Finding::hopeless(format!(
            "base is broken: missing in {base} of {of_base} trainings"
        )));
    }
    if base > 0 && !paired {
        return Err(Finding::hopeless(format!("missing in {base} of {of_base} trainings of base")));
    }
    Ok(())
}

/// A head that is not finite is a result; once may be chance.
fn diverged(head: &[Reading]) -> Result<(), Finding> {
    let seeds = not_finite(head);
    let [seed] = seeds[..] else {
        let (several, of) = (seeds.len(), head.len());
        let reason = format!("diverged: not finite in {several} of {of} trainings of head");
        return if several == 0 { Ok(()) } else { Err(Finding::regressed(reason)) };
    };
    Err(match head[seed] {
        Reading::Rerun { again: Some(again), .. } if again.is_finite() => Finding::open(
            "not finite in one training of head, and finite when that seed was trained again",
        ),
        Reading::Rerun { again: Some(_), .. } => {
            Finding::regressed("diverged: not finite in one training of head, twice")
        }
        Reading::Rerun { again: None, .. } => Finding::open(
            "not finite in one training of head, and missing when that seed was trained again",
        ),
        Reading::Missing | Reading::Value(_) => Finding {
            rerun: vec![seed],
            ..Finding::open("not finite in one training of head, which may be chance")
        },
    })
}

fn above_zero(side: &str, values: &[f64]) -> Result<(), Finding> {
    match values.iter().find(|value| **value <= 0.0) {
        None => Ok(()),
        Some(value) => Err(Finding::hopeless(format!(
            "{side} has {value}, but scale: log compares values above zero; declare scale: linear"
        ))),
    }
}
