use proptest::prelude::*;
use statrs::{
    distribution::{ContinuousCDF, Normal},
    function::gamma::ln_gamma,
};

use super::*;

const G1: [f64; 10] = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
const G2: [f64; 10] = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * b.abs()
}

#[track_caller]
fn assert_close(a: f64, b: f64, tolerance: f64) {
    assert!(close(a, b, tolerance), "{a} is not {b} to {tolerance}");
}

/// Two-sided, of the t statistic of a difference from zero.
fn p_value(difference: &Difference) -> f64 {
    2.0 * tail((difference.estimate / difference.standard_error).abs(), difference.freedom)
}

/// Student's sleep data, as R's `t.test(extra ~ group, data = sleep)` and scipy answer.
#[test]
fn welch_agrees_with_r() {
    let d = Difference::welch(&Sample::of(&G1), &Sample::of(&G2));
    assert_close(d.estimate / d.standard_error, -1.860_813_467_486_85, 1e-9);
    assert_close(d.freedom, 17.776_473_516_178_5, 1e-9);
    assert_close(p_value(&d), 0.079_394_140_187_358_3, 1e-9);
    assert_close(d.lower(0.025), -3.365_483_2, 1e-7);
    assert_close(d.upper(0.025), 0.205_483_2, 1e-6);
}

/// The same data as pairs: `t.test(..., paired = TRUE)`.
#[test]
fn pairs_agree_with_r() {
    let pairs =
        |a: [f64; 10], b: [f64; 10]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let d = Difference::paired(&Sample::of(&pairs(G1, G2)));
    assert_close(d.estimate / d.standard_error, -4.062_127_683_382, 1e-9);
    assert_close(d.freedom, 9.0, 1e-12);
    assert_close(p_value(&d), 0.002_832_890_197_38, 1e-9);
    assert_close(d.lower(0.025), -2.459_885_8, 1e-7);
    assert_close(d.upper(0.025), -0.700_114_2, 1e-6);
    let turned = Difference::paired(&Sample::of(&pairs(G2, G1)));
    assert_close(turned.lower(0.05), 1.58 - 0.713_005_3, 1e-6);
    assert_close(turned.upper(0.05), 1.58 + 0.713_005_3, 1e-6);
}

/// One value against ten is the prediction interval: mean + t(.95, 9) s sqrt(1 + 1/10).
#[test]
fn one_value_against_history_is_a_prediction() {
    let history = Sample::of(&G1);
    let d = Difference::against_history(&Sample::of(&[2.0]), &history, 1.0);
    assert_close(d.freedom, 9.0, 1e-12);
    assert_close(d.standard_error, (history.variance * 1.1).sqrt(), 1e-12);
    // t(.95, 9) of the tables.
    assert_close(d.upper(0.05), d.estimate + 1.833_113 * d.standard_error, 1e-6);
}

#[test]
fn a_known_deviation_needs_no_t() {
    let d = Difference::known(&Sample::of(&[3.0]), &Sample::of(&[1.0]), 0.5, 1.0);
    assert_close(d.standard_error, 0.5 * 2.0_f64.sqrt(), 1e-12);
    assert_close(d.lower(0.05), 2.0 - 1.644_853_626_951_47 * d.standard_error, 1e-9);
    assert_close(d.p_above(2.0), 0.5, 1e-9);
}

/// `StRD` of NIST, `NumAcc1` to `NumAcc4`: certified means and standard deviations.
#[test]
fn variance_keeps_its_digits() {
    let steps = |start: f64, low: f64, high: f64| {
        let tail = (0..500).flat_map(move |_| [low, high]);
        std::iter::once(start).chain(tail).collect::<Vec<_>>()
    };
    let cases = [
        (vec![10_000_001.0, 10_000_003.0, 10_000_002.0], 10_000_002.0, 1.0),
        (steps(1.2, 1.1, 1.3), 1.2, 0.1),
        (steps(1_000_000.2, 1_000_000.1, 1_000_000.3), 1_000_000.2, 0.1),
        (steps(10_000_000.2, 10_000_000.1, 10_000_000.3), 10_000_000.2, 0.1),
    ];
    for (values, mean, deviation) in cases {
        let sample = Sample::of(&values);
        assert_close(sample.mean, mean, 1e-12);
        assert_close(sample.variance.sqrt(), deviation, 1e-7);
    }
}

#[test]
fn without_variance_the_bounds_are_the_estimate() {
    let d = Difference::welch(&Sample::of(&[0.9; 3]), &Sample::of(&[0.8; 3]));
    assert_close(d.lower(0.05), 0.1, 1e-12);
    assert_close(d.upper(0.05), 0.1, 1e-12);
    assert!(d.p_above(0.05) < 0.5 && d.p_above(0.2) > 0.5);
}

/// A constant side has no share in the degrees of freedom, and tiny variances have the same as others.
#[test]
fn degrees_of_freedom_do_not_depend_on_the_unit() {
    let d = |unit: f64| {
        let head: Vec<f64> = G1.iter().map(|value| value * unit).collect();
        Difference::welch(&Sample::of(&head), &Sample::of(&[0.0; 3])).freedom
    };
    assert_close(d(1.0), 9.0, 1e-12);
    assert_close(d(1e-90), 9.0, 1e-12);
}

/// Pocock's nominal levels, one-sided .05 to .001, by an integration of somebody else's.
#[test]
fn levels_of_looks_are_pococks() {
    let exact = [
        (0.05, [0.03037, 0.02318, 0.01935, 0.01693]),
        (0.025, [0.01469, 0.01103, 0.00911, 0.00791]),
        (0.01, [0.00569, 0.00419, 0.00342, 0.00295]),
        (0.001, [0.000_539, 0.000_386, 0.000_309, 0.000_262]),
    ];
    for (error, levels) in exact {
        for (level, looks) in levels.into_iter().zip(2_u16..) {
            let plan: Vec<usize> = (1..=looks).map(|look| 3 * usize::from(look)).collect();
            let ours = nominal_level(error, &plan);
            // The last printed digit.
            assert!(
                (ours - level).abs() <= 0.6e-5 || close(ours, level, 2e-3),
                "{error} {looks}: {ours}"
            );
        }
    }
    assert_close(nominal_level(0.05, &[8]), 0.05, 1e-12);
    assert_close(nominal_level(0.06, &[]), 0.06, 1e-12);
}

/// Between one look's and the union bound; what is looked at twice at nearly the same data hardly costs.
#[test]
fn levels_are_exact_at_any_distances() {
    let level = |plan: &[usize]| nominal_level(0.05, plan);
    assert!(level(&[3, 5, 7, 9]) > level(&[3, 4, 5, 6, 7, 8, 9]));
    assert!(level(&[99, 100]) > 0.045 && level(&[99, 100]) < 0.05, "{}", level(&[99, 100]));
    assert!(level(&[1, 1000]) > 0.025 && level(&[1, 1000]) < 0.026, "{}", level(&[1, 1000]));
    // Whatever the unit.
    assert_close(level(&[3, 5, 7, 9]), level(&[30, 50, 70, 90]), 1e-9);
    println!("looks 3, 5, 7, 9 at .05: {}", level(&[3, 5, 7, 9]));
}

/// Fisher's tea: 4 of 4 right against 0 of 4 by chance is 1 in 70; 3 or more, 17 in 70.
#[test]
fn fisher_tastes_tea() {
    let share = |hits, of| Share { hits, of };
    assert_close(share(4, 4).p_above(share(0, 4)), 1.0 / 70.0, 1e-9);
    assert_close(share(3, 4).p_above(share(1, 4)), 17.0 / 70.0, 1e-9);
    assert_close(share(6, 6).p_above(share(0, 6)), 1.0 / 924.0, 1e-9);
    assert_close(share(0, 4).p_above(share(2, 4)), 1.0, 1e-9);
    assert_close(share(0, 0).p_above(share(0, 0)), 1.0, 1e-9);
}

/// Four tests of Holm's paper's kind, at .05: .01 and .005 fall, .03 fails at .025, and with it .04.
#[test]
fn holm_stops_at_the_first_that_fails() {
    let p = [0.01, 0.04, 0.03, 0.005];
    let levels = holm(&p, |tests| 0.05 / f64::from(u32::try_from(tests).unwrap()));
    let rejected: Vec<bool> = p.iter().zip(&levels).map(|(p, level)| p <= level).collect();
    assert_eq!(rejected, [true, false, false, true]);
    assert_close(levels[0], 0.05 / 3.0, 1e-12);
    assert_close(levels[1], 0.025, 1e-12);
}

/// P(T' > t) of the noncentral t distribution, as an integral over the estimated deviation: slow, and
/// independent of the formula under test.
fn noncentral_tail(t: f64, freedom: f64, parameter: f64) -> f64 {
    let normal = Normal::standard();
    let half = freedom / 2.0;
    // Density of s = sqrt(chi squared / freedom).
    let density = |s: f64| {
        let log = half.ln() * half - ln_gamma(half) + 2.0_f64.ln() + (freedom - 1.0) * s.ln();
        (log - half * s * s).exp()
    };
    let (steps, end) = (20_000, 12.0);
    let width = end / f64::from(steps);
    let middle = |step: i32| (f64::from(step) + 0.5) * width;
    (0..steps).map(middle).map(|s| density(s) * normal.sf(t * s - parameter) * width).sum()
}

/// R's help page of `power.t.test`, and Cohen, "Statistical Power Analysis" (1988), tables 2.4: what
/// is shown here is that the reference for the next test is one.
#[test]
fn the_integral_agrees_with_published_power() {
    let power = |n: f64, effect: f64, error: f64| {
        let freedom = 2.0 * (n - 1.0);
        noncentral_tail(quantile(error, freedom), freedom, effect * (n / 2.0).sqrt())
    };
    assert_close(power(20.0, 1.0, 0.025), 0.868_952_8, 1e-6);
    assert_close(power(22.021_10, 1.0, 0.025), 0.9, 1e-5);
    assert_close(power(17.847_13, 1.0, 0.05), 0.9, 1e-5);
    assert_close(power(64.0, 0.5, 0.025), 0.8015, 1e-4);
    let paired = noncentral_tail(quantile(0.025, 33.0), 33.0, 0.5 * 34.0_f64.sqrt());
    assert_close(paired, 0.8078, 1e-4);
}

/// Degrees of freedom, exact and by the formula, for power .8: at error .05, then at .01.
const SEPARATIONS: [(f64, [f64; 4]); 5] = [
    (1.0, [8.192, 8.586, 40.80, 42.82]),
    (2.0, [3.979, 4.044, 8.959, 9.143]),
    (4.0, [3.040, 3.052, 4.875, 4.910]),
    (8.0, [2.727, 2.730, 3.838, 3.845]),
    (16.0, [2.599, 2.599, 3.467, 3.468]),
];

#[test]
fn separation_is_what_the_table_says() {
    for (freedom, [exact_05, formula_05, exact_01, formula_01]) in SEPARATIONS {
        for (error, exact, formula) in [(0.05, exact_05, formula_05), (0.01, exact_01, formula_01)]
        {
            let ours = separation(error, 0.8, freedom);
            // The table's last digit.
            let printed = if formula > 10.0 { 0.006 } else { 0.000_6 };
            assert!((ours - formula).abs() <= printed, "{freedom} {error}: {ours} {formula}");
            let near = if freedom >= 4.0 { 0.008 } else { 0.021 };
            assert!(freedom < 2.0 || close(ours, exact, near), "{freedom} {error}: {ours}");
            if freedom >= 2.0 {
                let power = noncentral_tail(quantile(error, freedom), freedom, exact);
                assert!((power - 0.8).abs() < 2e-4, "{freedom} {error}: {power}");
            }
        }
    }
}

/// `power.t.test(delta = 1, sd = 1, power = .9)`: 22.02 seeds a side two-sided, 17.85 one-sided.
#[test]
fn seeds_needed_are_those_of_power_t_test() {
    let ten = Difference { estimate: 1.0, standard_error: (2.0 / 10.0_f64).sqrt(), freedom: 18.0 };
    let both = Growth { seeds: 10, fixed: 0.0 };
    assert_eq!(seeds_needed(1.0, &ten, both, 0.025, 0.9), Some(23));
    assert_eq!(seeds_needed(1.0, &ten, both, 0.05, 0.9), Some(18));
    assert_eq!(seeds_needed(0.0, &ten, both, 0.05, 0.9), None);
    assert_eq!(seeds_needed(100.0, &ten, both, 0.05, 0.9), Some(2));
    // Half of the uncertainty is of a side that stays as it is.
    let one = Growth { seeds: 10, fixed: 0.5 };
    assert_eq!(seeds_needed(0.5, &ten, one, 0.05, 0.9), None);
    assert_close(
        ten.with_seeds(one, 40).standard_error,
        ten.standard_error * 0.625_f64.sqrt(),
        1e-9,
    );
    assert_close(detectable(0.5, &ten, 0.05, 0.8) - 0.5, 2.58 * ten.standard_error, 0.01);
}

#[test]
fn what_has_no_distribution_decides_nothing() {
    assert!(quantile(0.05, 0.0).is_infinite() && quantile(0.05, f64::NAN).is_infinite());
    assert_close(tail(3.0, f64::NAN), 1.0, 1e-12);
    assert_close(tail(f64::NAN, 5.0), 1.0, 1e-12);
    let single = Difference::welch(&Sample::of(&[1.0]), &Sample::of(&[2.0, 3.0]));
    assert!(single.lower(0.05).is_infinite() && single.upper(0.05).is_infinite());
    assert!(Sample::of(&[]).mean.is_nan());
}

proptest! {
    #[test]
    fn holm_never_rejects_more_than_none(p in prop::collection::vec(0.0..0.2_f64, 1..8)) {
        let count = |n: usize| 0.05 / f64::from(u32::try_from(n).unwrap());
        let levels = holm(&p, count);
        for (p, level) in p.iter().zip(&levels) {
            prop_assert!(*level <= 0.05);
            // And never less than Bonferroni.
            prop_assert!(*p > count(levels.len()) || p <= level);
        }
    }

    #[test]
    fn separation_falls_with_degrees_of_freedom(freedom in 1.0..100.0_f64, error in 0.001..0.2_f64) {
        prop_assert!(separation(error, 0.8, freedom) > separation(error, 0.8, freedom + 1.0));
    }

    #[test]
    fn a_bound_and_its_p_value_agree(
        estimate in -5.0..5.0_f64, freedom in 1.0..30.0_f64, error in 0.001..0.2_f64,
    ) {
        let d = Difference { estimate, standard_error: 1.3, freedom };
        prop_assert!((d.p_above(d.lower(error)) - error).abs() < 1e-9);
    }
}
