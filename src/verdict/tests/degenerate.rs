//! The order of stats.md: missing, broken base, diverged head, deterministic, resolution, constant.

use super::*;
use crate::statistics::{Difference, Sample};

const NAN: f64 = f64::NAN;
const FULL: [f64; 3] = [0.9, 0.91, 0.9];

#[test]
fn missing_never_passes() {
    let holed = [0.9, MISSING, 0.9];
    assert_eq!(judged(HIGHER, &FULL, &holed).reason, "missing in 1 of 3 trainings of head");
    assert_eq!(judged(HIGHER, &holed, &FULL).reason, "missing in 1 of 3 trainings of base");
    assert_eq!(
        judged(HIGHER, &[MISSING, MISSING, 0.9], &FULL).reason,
        "base is broken: missing in 2 of 3 trainings"
    );
    assert_eq!(judged(HIGHER, &[MISSING; 3], &[MISSING; 3]).reason, "no training reported it");
    for verdict in [
        word(HIGHER, &FULL, &holed),
        word(HIGHER, &holed, &FULL),
        word(HIGHER, &[], &[]),
        word(HIGHER, &[MISSING; 3], &FULL),
        // Missing comes first: what is missing may be why the rest looks as it does.
        word(HIGHER, &FULL, &[NAN, NAN, MISSING]),
    ] {
        assert_eq!(verdict, Verdict::Inconclusive);
    }
}

/// A pair without its other half is left out and told; it can block, and never pass.
#[test]
fn an_incomplete_pair_is_dropped() {
    let base = [0.95, 0.96, 0.94, 0.95];
    let judge = |base: &[f64], head: &[f64]| judged_at(&PAIRED, HIGHER, base, head);
    let worse = judge(&base, &[0.85, MISSING, 0.8401, 0.8499]);
    assert_eq!(worse.verdict, Verdict::Regressed);
    assert_eq!(
        worse.reason,
        "worse than the margin allows; 1 of 4 pairs left out, since a value is missing"
    );
    let same = judge(&base, &[0.95, MISSING, 0.9401, 0.9499]);
    assert_eq!(same.verdict, Verdict::Inconclusive);
    assert!(same.reason.contains("what is missing cannot pass"), "{}", same.reason);
    let base_broken = judge(&[MISSING, MISSING, 0.94, 0.95], &base);
    assert_eq!(base_broken.reason, "base is broken: missing in 2 of 4 trainings");
    // A divergence is not dropped with the base's half of its pair.
    let diverged = judge(&[MISSING, 0.96, 0.94, 0.95], &[NAN; 4]);
    assert_eq!(diverged.verdict, Verdict::Regressed);
}

/// Fisher's exact test: 3 of 3 against 0 of 3 has p = .05, and 6 of 6 against 0 of 6 has .001.
#[test]
fn a_head_that_diverges_more_often_than_base_has_regressed() {
    let judge = |base: &[f64], head: &[f64]| judged_at(&of_three(0), HIGHER, base, head);
    let six = [0.9, 0.91, 0.9, 0.92, 0.9, 0.91];
    let all = judge(&six, &[NAN; 6]);
    assert_eq!(all.verdict, Verdict::Regressed);
    assert_eq!(all.reason, "diverged: not finite in 6 of 6 trainings of head and 0 of 6 of base");
    assert!((all.base.unwrap() - 0.906_667).abs() < 1e-6 && all.head.is_none());
    assert_eq!(judge(&six, &[f64::NEG_INFINITY; 6]).verdict, Verdict::Regressed);
    let three = judge(&FULL, &[NAN; 3]);
    assert_eq!(three.verdict, Verdict::Inconclusive, "p = .05 at an interim look: {three:?}");
    assert!(three.reason.contains("may be chance"), "{}", three.reason);
    assert!(worth_another_look(&of_three(0), &[three]));
    // What base does as well is no worse.
    let both = judge(&[NAN, NAN, 0.9, 0.9, 0.91, 0.9, 0.9], &[NAN, NAN, NAN, 0.9, 0.9, 0.91, 0.9]);
    assert!(both.verdict != Verdict::Regressed, "{both:?}");
    for broken in [[NAN; 3], [f64::INFINITY; 3]] {
        let judged = judge(&broken, &FULL);
        assert_eq!(judged.reason, "base is broken: not finite in 3 of 3 trainings");
        assert!(!worth_another_look(&of_three(0), &[judged]));
    }
}

#[test]
fn a_divergence_by_chance_is_told_and_the_rest_is_judged() {
    let steady = [0.9, 0.901, 0.899, 0.9];
    let once = judged(HIGHER, &steady, &[0.9, NAN, 0.899, 0.901]);
    assert_eq!(once.verdict, Verdict::Pass);
    assert_eq!(
        once.reason,
        "within the margin; not finite in 1 of 4 trainings of head and 0 of 4 of base"
    );
    assert_eq!((once.base_seeds, once.head_seeds), (4, 3));
    // What head alone lost may have been its worst.
    let whole = judged(HIGHER, &steady, &[0.9, 0.899, 0.901]);
    let deviation = Sample::of(&[0.9, 0.899, 0.901]).variance.sqrt();
    let shift = once.upper.unwrap() - whole.upper.unwrap();
    assert!((shift - 0.25 * 1.755 * deviation).abs() < 1e-9, "{shift}");
    let worse = judged(HIGHER, &[NAN, 0.901, 0.899, 0.9], &[0.8, 0.801, NAN, 0.8]);
    assert_eq!(worse.verdict, Verdict::Regressed);
    assert!(worse.reason.contains("1 of 4 trainings of head and 1 of 4 of base"), "{worse:?}");
}

/// Base's earlier trainings say how often it diverges.
#[test]
fn earlier_divergences_of_base_count() {
    let judge = |past: Vec<f64>| {
        let prior = Prior { values: past };
        let head = readings(&[NAN; 3]);
        let measured = Measured { head, prior: Some(&prior), ..measured(HIGHER, &FULL, &FULL) };
        judge_all(&of_three(0), &[measured], &[]).remove(0).verdict
    };
    assert_eq!(judge(vec![0.9; 9]), Verdict::Regressed);
    assert_eq!(judge([0.9, NAN, 0.9, NAN, 0.9, NAN, 0.9, 0.9].to_vec()), Verdict::Inconclusive);
}

#[test]
fn a_crash_says_as_much_as_a_divergence() {
    let head = vec![Reading::Crashed; 6];
    let six = [0.9, 0.91, 0.9, 0.92, 0.9, 0.91];
    let measured = Measured { head, ..measured(HIGHER, &six, &six) };
    let judged = judge_all(&of_three(0), &[measured], &[]).remove(0);
    assert_eq!(judged.verdict, Verdict::Regressed);
    assert_eq!(judged.reason, "diverged: crashed in 6 of 6 trainings of head and 0 of 6 of base");
}

/// At the margin is within it, whatever binary numbers make of it, also those of 32 bits.
#[test]
fn a_tie_is_within_the_margin() {
    let exact = Metric { deterministic: true, ..HIGHER };
    #[expect(clippy::cast_possible_truncation, reason = "that is what is tried")]
    let single = |value: f64| f64::from(value as f32);
    let coarse = Metric { resolution: Some(0.01), ..exact };
    for metric in [exact, coarse, Metric { sd: Some(1e-12), ..HIGHER }] {
        for (base, head, margin) in [(0.90, 0.88, 0.02), (0.91, 0.90, 0.01), (0.3, 0.1, 0.2)] {
            let metric = Metric { absolute: margin, ..metric };
            let tie = Metric { sd: None, deterministic: true, ..metric };
            assert_eq!(word(tie, &[base], &[head]), Verdict::Pass, "{base} {head}");
            assert_eq!(word(tie, &[single(base)], &[single(head)]), Verdict::Pass);
            assert_eq!(word(metric, &[base], &[head - 0.002]), Verdict::Regressed);
        }
    }
    let relative = Metric { deterministic: true, ..Metric::new(Direction::Lower, 0.1, 0.0) };
    assert_eq!(word(relative, &[0.7], &[0.77]), Verdict::Pass);
    assert_eq!(word(relative, &[0.7], &[0.771]), Verdict::Regressed);
    // Pairs that all differ by the margin, of seeds that vary.
    let base = [0.90, 0.93, 0.91];
    let head = base.map(|value| value - 0.01);
    assert_eq!(judged_at(&PAIRED, HIGHER, &base, &head).verdict, Verdict::Pass);
}

#[test]
fn declared_deterministic_is_compared_exactly() {
    let size = Metric { deterministic: true, ..Metric::new(Direction::Lower, 0.0, 0.0) };
    assert_eq!(word(size, &[100.0], &[100.0]), Verdict::Pass);
    assert_eq!(word(size, &[100.0], &[99.0]), Verdict::Pass);
    assert_eq!(word(size, &[100.0], &[100.000_001]), Verdict::Regressed);
    assert_eq!(word(Metric { absolute: 1.0, ..size }, &[100.0], &[101.0]), Verdict::Pass);
    let differs = judged(size, &[100.0, 100.1], &[100.0, 100.0]);
    assert_eq!(differs.verdict, Verdict::Inconclusive);
    assert!(differs.reason.contains("declared deterministic, but"), "{}", differs.reason);
    assert_eq!(word(size, &[100.0], &[NAN]), Verdict::Inconclusive);
}

/// Equal accuracies of a test set of 100 samples are not exact ones.
#[test]
fn a_resolution_stands_for_the_noise_that_it_hides() {
    let coarse = Metric { resolution: Some(0.01), ..HIGHER };
    let head = [0.9, 0.9, 0.92];
    let judged = judged(coarse, &[0.9; 3], &head);
    let (floor, seen) = (0.01_f64.powi(2) / 12.0, Sample::of(&head).variance);
    let welch = Difference::welch(
        &Sample { count: 3.0, mean: -Sample::of(&head).mean, variance: seen },
        &Sample { count: 3.0, mean: -0.9, variance: floor },
    );
    assert!((judged.upper.unwrap() - welch.upper(0.05)).abs() < 1e-9, "{judged:?}");
    let (base, head) = ([0.9, 0.91, 0.92], [0.89, 0.9, 0.91]);
    let paired = judged_at(&PAIRED, coarse, &base, &head);
    // t(.95, 2); each difference has the rounding of two values.
    let error = (2.0 * floor / 3.0).sqrt();
    assert!((paired.upper.unwrap() - 0.01 - 2.919_986 * error).abs() < 1e-7, "{paired:?}");
}

#[test]
fn where_no_seed_moved_it_passes_at_once() {
    let same = [0.951, 0.842, 0.973];
    for look in [ONCE, PAIRED, of_three(0)] {
        let judged = judged_at(&look, HIGHER, &same, &same);
        assert_eq!(
            (judged.verdict, &*judged.reason),
            (Verdict::Pass, "no seed moved: each gave the same on both sides")
        );
    }
    assert_eq!(word(HIGHER, &same[..2], &same[..2]), Verdict::Inconclusive);
    // A base that is known to the end is compared by seed.
    let known = [0.951, 0.842, 0.973, 0.7, 0.99];
    assert_eq!(word(HIGHER, &known, &same), Verdict::Pass);
    let turned = [0.842, 0.951, 0.973];
    assert_eq!(word(HIGHER, &turned, &same), Verdict::Inconclusive);
    // Errors of a model that makes none: the relative margin is zero, and so is the difference.
    assert_eq!(word(LOWER, &[0.0; 3], &[0.0; 3]), Verdict::Pass);
}

#[test]
fn a_training_that_ignores_its_seed_is_one_draw() {
    for (base, head) in [(0.9, 0.8), (0.9, 0.99), (0.9, 0.895)] {
        let judged = judged(HIGHER, &[base; 3], &[head; 3]);
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.reason.contains("ignore REGRESSION_SEED"), "{}", judged.reason);
        assert!(!worth_another_look(&of_three(0), &[judged]));
    }
    let floored = Metric { floor: Some(0.05), ..HIGHER };
    assert_eq!(word(floored, &[0.9; 3], &[0.8; 3]), Verdict::Regressed);
    assert_eq!(word(floored, &[0.9; 3], &[0.86; 3]), Verdict::Inconclusive);
    let exact = Metric { deterministic: true, ..HIGHER };
    assert_eq!(word(exact, &[0.9; 3], &[0.8; 3]), Verdict::Regressed);
    assert_eq!(word(exact, &[0.9; 3], &[0.895; 3]), Verdict::Pass);
    // A declared deviation tells how far one draw may be from another, and three the same are one.
    let declared = Metric { sd: Some(0.003), ..HIGHER };
    let once = judged(declared, &[0.9], &[0.9]);
    let thrice = judged(declared, &[0.9; 3], &[0.900_1; 3]);
    let width = |judged: &MetricVerdict| judged.upper.unwrap() - judged.worsening.unwrap();
    assert!((width(&once) - width(&thrice)).abs() < 1e-12);
    let rounding = [0.9, 0.9 + 1e-15, 0.9 - 1e-15];
    assert!(judged(HIGHER, &rounding, &[0.9; 3]).reason.contains("no variance seen"));
}

#[test]
fn a_margin_of_zero_passes_nothing() {
    let judged = judged(LOWER, &[-1.0, 0.0, 1.0], &[-9.0, -9.1, -8.9]);
    assert_eq!(judged.verdict, Verdict::Inconclusive);
    assert!(judged.reason.contains("declare absolute"), "{}", judged.reason);
}

#[test]
fn a_log_scale_takes_values_above_zero_only() {
    let log = Metric { scale: Scale::Log, ..LOWER };
    let judged = judged(log, &[1.0, 1.1, 1.2], &[1.0, 0.0, 1.2]);
    assert_eq!(judged.verdict, Verdict::Inconclusive);
    assert!(judged.reason.starts_with("head has 0, but scale: log"), "{}", judged.reason);
}

#[test]
fn huge_values_decide_nothing() {
    let huge = [f64::MAX, f64::MAX, -f64::MAX];
    assert_eq!(word(HIGHER, &huge, &huge), Verdict::Inconclusive);
    // A base that is known, whose readings vary beyond all numbers.
    let (look, declared) = (Look { plan: &[2], ..ONCE }, Metric { sd: Some(1.0), ..HIGHER });
    let judged = judged_at(&look, declared, &[-f64::MAX, f64::MAX], &[0.0]);
    let told = outlook(&look, &judged).unwrap_or_default();
    assert!(!told.contains("NaN"), "{told}");
}
