use super::*;
use crate::config::{Direction, ErrorRates, Metric, Pairing, Scale};

mod degenerate;
mod everything;
mod families;
mod noise;
mod properties;
mod repeat;

const HIGHER: Metric = Metric::new(Direction::Higher, 0.0, 0.01);
const LOWER: Metric = Metric::new(Direction::Lower, 0.02, 0.0);

/// The only look, nothing paired.
const ONCE: Look<'static> = Look {
    plan: &[3],
    index: 0,
    rates: ErrorRates { block: 0.05, pass: 0.05 },
    pairing: Pairing::None,
};

const PAIRED: Look<'static> = Look { pairing: Pairing::Seed, ..ONCE };

/// The look of that index of three.
fn of_three(index: usize) -> Look<'static> {
    Look { plan: &[3, 6, 9], index, ..ONCE }
}

/// NaN stands for a divergence, `MISSING` for nothing.
fn readings(values: &[f64]) -> Vec<Reading> {
    let reading = |value: &f64| {
        if value.to_bits() == MISSING.to_bits() { Reading::Missing } else { Reading::Value(*value) }
    };
    values.iter().map(reading).collect()
}

const MISSING: f64 = -1e300;

fn measured(metric: Metric, base: &[f64], head: &[f64]) -> Measured<'static> {
    Measured { name: "m", metric, base: readings(base), head: readings(head), prior: None }
}

fn judged_at(look: &Look<'_>, metric: Metric, base: &[f64], head: &[f64]) -> MetricVerdict {
    judge_all(look, &[measured(metric, base, head)], &[]).remove(0)
}

fn judged(metric: Metric, base: &[f64], head: &[f64]) -> MetricVerdict {
    judged_at(&ONCE, metric, base, head)
}

fn word(metric: Metric, base: &[f64], head: &[f64]) -> Verdict {
    judged(metric, base, head).verdict
}

#[test]
fn clear_cases_are_decided_and_noisy_ones_are_not() {
    let base = [0.950, 0.951, 0.949];
    assert_eq!(word(HIGHER, &base, &[0.900, 0.901, 0.899]), Verdict::Regressed);
    assert_eq!(word(HIGHER, &base, &[0.949, 0.951, 0.950]), Verdict::Pass);
    assert_eq!(word(HIGHER, &base, &[0.990, 0.991, 0.989]), Verdict::Pass);
    assert_eq!(word(HIGHER, &base, &[0.99, 0.90, 0.94]), Verdict::Inconclusive);
    assert_eq!(word(LOWER, &[1.0, 1.001, 0.999], &[1.2, 1.21, 1.19]), Verdict::Regressed);
}

#[test]
fn the_margin_is_the_larger_of_the_two() {
    let both = Metric::new(Direction::Higher, 0.1, 0.002);
    let margin = |base: &[f64]| judged(both, base, &[0.45, 0.55, 0.4]).margin.unwrap();
    assert!((margin(&[0.5, 0.51, 0.49]) - 0.05).abs() < 1e-12);
    assert!((margin(&[0.01, 0.011, 0.009]) - 0.002).abs() < 1e-12);
}

/// A margin that is a share of a noisy mean is as uncertain as that: head against 1.5 times base.
#[test]
fn a_relative_margin_has_the_error_of_the_mean() {
    let (base, head) = ([8.0, 10.0, 12.0], [15.0, 17.0, 19.0]);
    let judged = judged(Metric::new(Direction::Lower, 0.5, 0.0), &base, &head);
    let times = |side: &[f64], factor: f64| crate::statistics::Sample::of(side).times(factor);
    let welch = crate::statistics::Difference::welch(&times(&head, 1.0), &times(&base, 1.5));
    assert!((judged.margin.unwrap() - 5.0).abs() < 1e-9);
    assert!((judged.upper.unwrap() - (welch.upper(0.05) + 5.0)).abs() < 1e-9, "{judged:?}");
    assert!((judged.lower.unwrap() - (welch.lower(0.05) + 5.0)).abs() < 1e-9, "{judged:?}");
}

#[test]
fn what_was_decided_stays_decided() {
    let base = [0.950, 0.951, 0.949];
    let before = judge_all(&of_three(0), &[measured(HIGHER, &base, &base)], &[]);
    assert_eq!(before[0].verdict, Verdict::Pass);
    let broken = measured(HIGHER, &base, &[f64::NAN; 3]);
    assert_eq!(judge_all(&of_three(1), &[broken], &before), before);
}

/// A ratio of 1.06 against a tolerated 5 %, either way round, and 1.04.
#[test]
fn ratios_are_exact_on_a_log_scale() {
    let log = |direction| Metric { scale: Scale::Log, ..Metric::new(direction, 0.05, 0.0) };
    let base = [100.0, 100.1, 99.9];
    let times = |factor: f64| base.map(|value| value * factor);
    let slower = judged(log(Direction::Lower), &base, &times(1.06));
    assert_eq!(slower.verdict, Verdict::Regressed);
    assert!((slower.margin.unwrap() - 5.0).abs() < 1e-3, "{slower:?}");
    assert!((slower.worsening.unwrap() - 6.0).abs() < 1e-3, "{slower:?}");
    assert_eq!(word(log(Direction::Lower), &base, &times(1.04)), Verdict::Pass);
    assert_eq!(word(log(Direction::Higher), &base, &times(1.0 / 1.06)), Verdict::Regressed);
    assert_eq!(word(log(Direction::Higher), &base, &times(1.0 / 1.04)), Verdict::Pass);
    // Of 100, less by 5 % is 95.24, not 95.
    let higher = judged(log(Direction::Higher), &base, &times(0.999));
    assert!((higher.margin.unwrap() - 100.0 * (1.0 - 1.0 / 1.05)).abs() < 1e-3, "{higher:?}");
    assert!(higher.lower <= higher.worsening && higher.worsening <= higher.upper);
}

#[test]
fn overall_is_the_worst_that_counts_and_nothing_is_no_pass() {
    let metric =
        |verdict, gated| MetricVerdict { gated, verdict, ..judged(HIGHER, &[0.9; 3], &[0.9; 3]) };
    let (pass, open, worse) = (Verdict::Pass, Verdict::Inconclusive, Verdict::Regressed);
    let cases: [(&[(Verdict, bool)], Verdict); 7] = [
        (&[(pass, true), (open, true), (worse, true)], worse),
        (&[(pass, true), (open, true)], open),
        (&[(pass, true), (pass, true)], pass),
        (&[(pass, true), (worse, false), (open, false)], pass),
        (&[(open, true), (worse, false)], open),
        (&[(pass, false)], open),
        (&[], open),
    ];
    for (metrics, expected) in cases {
        let metrics: Vec<_> =
            metrics.iter().map(|(verdict, gated)| metric(*verdict, *gated)).collect();
        assert_eq!(overall(&metrics), expected);
    }
}
