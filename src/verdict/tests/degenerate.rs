//! The order of stats.md: missing, broken base, diverged head, deterministic, resolution, constant.

use super::*;

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
    let diverged = judge(&[MISSING, 0.96, 0.94, 0.95], &[NAN, NAN, 0.95, 0.95]);
    assert_eq!(diverged.verdict, Verdict::Regressed);
}

#[test]
fn divergence_is_a_result_and_a_broken_base_is_not() {
    assert_eq!(word(HIGHER, &FULL, &[NAN, NAN, 0.9]), Verdict::Regressed);
    assert_eq!(word(LOWER, &FULL, &[f64::NEG_INFINITY; 3]), Verdict::Regressed);
    assert_eq!(word(HIGHER, &FULL, &[NAN, 0.9, 0.9]), Verdict::Inconclusive);
    assert_eq!(word(HIGHER, &[0.9, f64::INFINITY, 0.9], &FULL), Verdict::Inconclusive);
    assert_eq!(word(HIGHER, &[NAN; 3], &[NAN; 3]), Verdict::Inconclusive);
    let diverged = judged(HIGHER, &FULL, &[NAN, NAN, 0.9]);
    assert!((diverged.base.unwrap() - 0.903_333).abs() < 1e-6 && diverged.head.is_none());
}

#[test]
fn a_single_divergence_is_trained_once_more() {
    let judge = |reading: Reading| {
        let head = vec![Reading::Value(0.9), reading, Reading::Value(0.9)];
        let measured = Measured { head, ..measured(HIGHER, &FULL, &FULL) };
        judge_all(&of_three(0), &[measured], &[]).remove(0)
    };
    let first = NAN;
    let once = judge(Reading::Value(first));
    assert_eq!((once.verdict, once.rerun), (Verdict::Inconclusive, vec![1]));
    let again = |again| judge(Reading::Rerun { first, again });
    let twice = again(Some(f64::INFINITY));
    assert_eq!((twice.verdict, twice.rerun.len()), (Verdict::Regressed, 0));
    assert_eq!(twice.reason, "diverged: not finite in one training of head, twice");
    for (metric, reason) in [
        (again(Some(0.9)), "finite when that seed was trained again"),
        (again(None), "missing when that seed was trained again"),
    ] {
        assert_eq!((metric.verdict, metric.rerun.len()), (Verdict::Inconclusive, 0));
        assert!(metric.reason.ends_with(reason), "{}", metric.reason);
        // Another seed may diverge as well.
        assert!(worth_another_look(&of_three(0), &[metric]));
    }
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

/// Three equal accuracies of a test set of 100 samples are not three exact ones.
#[test]
fn a_resolution_stands_for_the_noise_that_it_hides() {
    let coarse = Metric { resolution: Some(0.01), ..HIGHER };
    let judged = judged(coarse, &[0.9; 3], &[0.9; 3]);
    let error = 0.01 / 12.0_f64.sqrt() * (2.0 / 3.0_f64).sqrt();
    // t(.95, 4) of the tables.
    assert!((judged.upper.unwrap() - 2.131_847 * error).abs() < 1e-7, "{judged:?}");
    assert_eq!(word(coarse, &[0.9; 3], &[0.89; 3]), Verdict::Inconclusive);
    assert_eq!(word(HIGHER, &[0.9; 3], &[0.895; 3]), Verdict::Pass);
    let paired = judged_at(&PAIRED, coarse, &[0.9; 3], &[0.9; 3]);
    // t(.95, 2); each difference has the rounding of two values.
    assert!((paired.upper.unwrap() - 2.919_986 * error).abs() < 1e-7, "{paired:?}");
}

#[test]
fn constant_values_are_compared_exactly_from_three_on() {
    let same = judged(HIGHER, &[0.9; 3], &[0.9; 3]);
    assert_eq!(
        (same.verdict, &*same.reason),
        (Verdict::Pass, "within the margin (no variance seen)")
    );
    assert_eq!(word(HIGHER, &[0.9; 3], &[0.8; 3]), Verdict::Regressed);
    assert_eq!(word(HIGHER, &[0.9; 2], &[0.8; 2]), Verdict::Inconclusive);
    assert_eq!(word(HIGHER, &[0.9; 2], &[0.9; 2]), Verdict::Inconclusive);
    let rounding = [0.9, 0.9 + 1e-15, 0.9 - 1e-15];
    assert!(judged(HIGHER, &rounding, &rounding).reason.contains("no variance seen"));
    // Errors of a model that makes none: the relative margin is zero, and so is the difference.
    assert_eq!(word(LOWER, &[0.0; 3], &[0.0; 3]), Verdict::Pass);
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
}
