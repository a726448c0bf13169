use proptest::prelude::*;

use super::*;
use crate::config::{Direction, Metric};

const HIGHER: Metric = Metric { direction: Direction::Higher, relative: 0.0, absolute: 0.01 };
const LOWER: Metric = Metric { direction: Direction::Lower, relative: 0.02, absolute: 0.0 };

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

fn judged(metric: Metric, base: &[Option<f64>], head: &[Option<f64>]) -> MetricVerdict {
    judge("m", metric, base, head, None, Levels::new(1, 1))
}

fn word(metric: Metric, base: &[f64], head: &[f64]) -> Verdict {
    judged(metric, &some(base), &some(head)).verdict
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
fn missing_readings_never_pass() {
    let full = some(&[0.9, 0.9, 0.9]);
    let holed = [Some(0.9), None, Some(0.9)];
    assert_eq!(judged(HIGHER, &full, &holed).reason, "missing in 1 of 3 trainings of head");
    assert_eq!(judged(HIGHER, &holed, &full).verdict, Verdict::Inconclusive);
    assert_eq!(judged(HIGHER, &[], &[]).verdict, Verdict::Inconclusive);
}

#[test]
fn divergence_is_a_result_and_a_broken_base_is_not() {
    let nan = f64::NAN;
    let full = [0.9, 0.91, 0.9];
    assert_eq!(word(HIGHER, &full, &[nan, nan, 0.9]), Verdict::Regressed);
    assert_eq!(word(HIGHER, &full, &[nan, 0.9, 0.9]), Verdict::Inconclusive);
    assert_eq!(word(HIGHER, &[0.9, f64::INFINITY, 0.9], &full), Verdict::Inconclusive);
    assert_eq!(word(HIGHER, &[nan; 3], &[nan; 3]), Verdict::Inconclusive);
}

#[test]
fn constant_values_are_compared_exactly_from_three_on() {
    assert_eq!(word(HIGHER, &[0.9; 3], &[0.9; 3]), Verdict::Pass);
    assert_eq!(word(HIGHER, &[0.9; 3], &[0.8; 3]), Verdict::Regressed);
    assert_eq!(word(HIGHER, &[0.9; 2], &[0.8; 2]), Verdict::Inconclusive);
    assert_eq!(word(HIGHER, &[0.9], &[0.9]), Verdict::Inconclusive);
}

#[test]
fn the_margin_is_the_larger_of_the_two_and_can_be_frozen() {
    let both = Metric { direction: Direction::Higher, relative: 0.1, absolute: 0.002 };
    let values = some(&[0.5, 0.51, 0.49]);
    assert!((judged(both, &values, &values).margin.unwrap() - 0.05).abs() < 1e-12);
    let frozen = judge("m", both, &values, &values, Some(0.3), Levels::new(1, 1));
    assert_eq!(frozen.margin, Some(0.3));
}

#[test]
fn overall_is_the_worst_and_nothing_is_no_pass() {
    let metric =
        |verdict| MetricVerdict { verdict, ..judged(HIGHER, &some(&[0.9; 3]), &some(&[0.9; 3])) };
    assert_eq!(
        overall(&[
            metric(Verdict::Pass),
            metric(Verdict::Inconclusive),
            metric(Verdict::Regressed)
        ]),
        Verdict::Regressed
    );
    assert_eq!(
        overall(&[metric(Verdict::Pass), metric(Verdict::Inconclusive)]),
        Verdict::Inconclusive
    );
    assert_eq!(overall(&[metric(Verdict::Pass), metric(Verdict::Pass)]), Verdict::Pass);
    assert_eq!(overall(&[]), Verdict::Inconclusive);
}

fn readings() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-10.0..10.0_f64, 2..9)
}

proptest! {
    /// Looking at the negated metric with the direction turned is the same question.
    #[test]
    fn direction_is_only_a_sign(base in readings(), head in readings()) {
        let negated = |values: &[f64]| values.iter().map(|value| -value).collect::<Vec<_>>();
        let lower = Metric { direction: Direction::Lower, ..HIGHER };
        prop_assert_eq!(word(HIGHER, &base, &head), word(lower, &negated(&base), &negated(&head)));
    }

    #[test]
    fn order_of_seeds_does_not_matter(base in readings(), mut head in readings()) {
        let before = word(HIGHER, &base, &head);
        head.reverse();
        prop_assert_eq!(before, word(HIGHER, &base, &head));
    }

    /// Values and margin in another unit.
    #[test]
    fn units_do_not_matter(base in readings(), head in readings(), unit in 0.01..100.0_f64) {
        let scaled = |values: &[f64]| values.iter().map(|value| value * unit).collect::<Vec<_>>();
        let metric = Metric { absolute: HIGHER.absolute * unit, ..HIGHER };
        prop_assert_eq!(word(HIGHER, &base, &head), word(metric, &scaled(&base), &scaled(&head)));
    }

    #[test]
    fn no_pass_where_head_is_worse_than_the_margin_on_average(base in readings(), head in readings()) {
        let verdict = judged(HIGHER, &some(&base), &some(&head));
        if verdict.worsening > verdict.margin {
            prop_assert_ne!(verdict.verdict, Verdict::Pass);
        } else {
            prop_assert_ne!(verdict.verdict, Verdict::Regressed);
        }
    }
}
