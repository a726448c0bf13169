//! Posterior, batch, residuals and attribution, each by itself.

use super::*;
use crate::statistics::tail;

fn evidence(readings: &[(usize, f64)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (repeat, &(commit, value)) in readings.iter().enumerate() {
        assert!(evidence.read(Measure { commit, purpose: Purpose::Search, repeat }, 0, value));
    }
    evidence
}

fn close(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

/// The formula of stats.md section 3 from scratch: two levels and a sum of squares for each culprit, for
/// commits of one level that differ by each part of the noise, beside steps of that size.
#[test]
fn posterior_agrees_with_the_formula() {
    let readings =
        [(0, 0.1), (0, -0.2), (0, 0.3), (9, 5.9), (9, 6.2), (9, 6.0), (4, 0.2), (6, 5.5), (5, 2.9)];
    let side = |culprit: usize, bad: bool, offset: f64| -> [f64; 4] {
        let of = |commit: usize| -> Vec<f64> {
            readings.iter().filter(|(at, _)| *at == commit).map(|(_, value)| *value).collect()
        };
        let cells = (0..=9).filter(|commit| (*commit >= culprit) == bad).map(of);
        let cells: Vec<Vec<f64>> = cells.filter(|cell| !cell.is_empty()).collect();
        let spread = |cell: &Vec<f64>| 1.0 + offset * cell.len() as f64;
        let weight: f64 = cells.iter().map(|cell| cell.len() as f64 / spread(cell)).sum();
        let sum: f64 = cells.iter().map(|cell| cell.iter().sum::<f64>() / spread(cell)).sum();
        let level = sum / weight;
        let squares = cells.iter().map(|cell| {
            let off = || cell.iter().map(|value| value - level);
            off().map(|off| off.powi(2)).sum::<f64>()
                - offset / spread(cell) * off().sum::<f64>().powi(2)
        });
        [weight, squares.sum(), cells.iter().map(|cell| spread(cell).ln()).sum(), level]
    };
    let likelihood = |culprit: usize| {
        let of = |part: f64, from: f64, to: f64| {
            let [left, right] = [false, true].map(|bad| side(culprit, bad, part * part));
            let squares = left[1] + right[1];
            let deviation = (squares / 7.0).sqrt();
            let error = deviation * (1.0 / left[0] + 1.0 / right[0]).sqrt();
            let above = |bound: f64| tail((bound * deviation - right[3] + left[3]) / error, 7.0);
            let weights = (left[0] * right[0]).ln() + left[2] + right[2];
            (-0.5 * weights - 3.5 * squares.ln()).exp() * (above(from) - above(to))
        };
        of(0.0, 0.0, 0.8) + of(0.125, 0.8, 1.3) + of(0.28, 1.3, 1.5) + of(0.5, 1.5, f64::INFINITY)
    };
    let sum: f64 = (1..=9).map(likelihood).sum();
    let expected: Vec<f64> =
        std::iter::once(0.0).chain((1..=9).map(|culprit| likelihood(culprit) / sum)).collect();
    let posterior = posterior(&evidence(&readings), &Terms::new(10));
    assert!(close(&posterior, &expected, 1e-9), "{posterior:?} {expected:?}");
    assert!(posterior[5] > 0.1 && posterior[6] > 0.1 && posterior[3] < 0.01);
}

#[test]
fn a_step_to_the_better_side_is_unlikely() {
    // Commit 2 is far from both ends.  With the good one it would make a step to the better side.
    let mut readings = vec![(0, 0.0), (0, 0.4), (2, 8.0), (2, 8.1)];
    readings.extend([1.4, 1.5, 1.6, 1.4, 1.5, 1.6].map(|value| (4, value)));
    let posterior = posterior(&evidence(&readings), &Terms::new(5));
    assert!(posterior[3] + posterior[4] < 0.15, "{posterior:?}");
}

#[test]
fn known_noise_sharpens() {
    let readings = [(0, 0.0), (4, 1.0), (2, 1.1)];
    let sharp = KnownNoise { deviation: 0.05, freedom: 20.0 };
    let terms = Terms { noise: Some(sharp), ..Terms::new(5) };
    let early = |terms: &Terms| posterior(&evidence(&readings), terms)[..3].iter().sum::<f64>();
    assert!(early(&terms) > 0.999, "{}", early(&terms));
    assert!(early(&Terms::new(5)) < 0.99, "{}", early(&Terms::new(5)));
}

#[test]
fn resolution_keeps_equal_readings_from_being_certain() {
    let readings = [(0, 0.90), (0, 0.90), (4, 0.91), (4, 0.91), (2, 0.90)];
    let likely = |resolution| {
        let terms = Terms { resolution, ..Terms::new(5) };
        posterior(&evidence(&readings), &terms)[3..].iter().sum::<f64>()
    };
    assert!(likely(0.0) > 0.999_999);
    assert!(likely(0.01) < 0.9999, "{}", likely(0.01));
}

#[test]
fn the_prior_is_what_is_known_without_both_ends() {
    let terms = Terms { prior: vec![9.0, 1.0, 0.0, f64::NAN, 3.0], ..Terms::new(5) };
    let sum = 4.002;
    let expected = [0.0, 1.0 / sum, 0.001 / sum, 0.001 / sum, 3.0 / sum];
    assert!(close(&posterior(&evidence(&[(4, 1.0), (2, 0.0)]), &terms), &expected, 1e-12));
    assert!(close(&posterior(&Evidence::default(), &terms), &expected, 1e-12));
}

#[test]
fn batches_are_quantiles() {
    let even = [0.0, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1];
    let batch = |posterior: &[f64], k, testable: &[bool]| batch(posterior, k, testable, 4.0);
    assert_eq!(batch(&even, 1, &[true; 11]), [5]);
    assert_eq!(batch(&even, 4, &[true; 11]), [2, 4, 6, 8]);
    let mut testable = [true; 11];
    testable[5] = false;
    testable[6] = false;
    assert_eq!(batch(&even, 1, &testable), [4]);
    // Around a culprit that is almost sure, replicates of it and its neighbour.
    let narrow = [0.0, 0.01, 0.02, 0.94, 0.02, 0.01];
    assert_eq!(batch(&narrow, 4, &[true; 6]), [2, 2, 3, 3]);
    assert!(batch(&even, 3, &[false; 11]).is_empty() && batch(&[], 3, &[]).is_empty());
}

/// Where one reading tells little, one of the outer commits tells nearly nothing.
#[test]
fn small_steps_are_sought_nearer_to_the_middle() {
    let even: Vec<f64> = (0..=100).map(|commit| if commit == 0 { 0.0 } else { 0.01 }).collect();
    let of = |separation| batch(&even, 4, &[true; 101], separation);
    assert_eq!(of(2.0), [20, 40, 60, 80]);
    assert_eq!(of(1.0), [35, 45, 55, 65]);
    assert_eq!(of(-3.0), of(1.0));
    assert_eq!(of(f64::NAN), of(2.0));
}

/// `scipy.stats.f.sf` for the means of four commits against two levels.
#[test]
fn residuals_agree_with_scipy() {
    let readings = [
        (0, [0.1, -0.2, 0.3].as_slice()),
        (3, &[0.4, 0.9]),
        (6, &[5.2, 5.9, 5.5]),
        (9, &[6.3, 6.6]),
    ];
    let readings: Vec<(usize, f64)> = readings
        .iter()
        .flat_map(|(commit, values)| values.iter().map(|value| (*commit, *value)))
        .collect();
    let fit = fit::Fit::of(&evidence(&readings), &Terms::new(10), |_| true);
    let p_value = residual::p_value(&fit, fit.split(CommitSpan { from: 4, to: 6 })).unwrap();
    assert!((p_value - 0.021_302_512_802_520_27).abs() < 1e-9, "{p_value}");
    let two = evidence(&[(0, 1.0), (0, 1.1), (9, 2.0)]);
    let fit = fit::Fit::of(&two, &Terms::new(10), |_| true);
    assert_eq!(residual::p_value(&fit, 1), None);
    assert_eq!(residual::two_steps(&fit), None);
}

#[test]
fn the_credible_run_is_the_smallest() {
    let posterior = [0.0, 0.3, 0.02, 0.5, 0.1, 0.08];
    assert_eq!(claim::credible(&posterior, 0.5), CommitSpan { from: 3, to: 3 });
    assert_eq!(claim::credible(&posterior, 0.66), CommitSpan { from: 1, to: 3 });
    assert_eq!(claim::credible(&posterior, 0.95), CommitSpan { from: 1, to: 5 });
    assert_eq!(claim::credible(&[], 0.95), CommitSpan { from: 1, to: 1 });
}

#[test]
fn only_what_can_change_the_answer_matters() {
    let posterior = [0.0, 0.004, 0.002, 0.99, 0.004];
    let matters: Vec<bool> = (0..6).map(|commit| !no_longer_matters(&posterior, commit)).collect();
    assert_eq!(matters, [false, false, true, false, false, false]);
}

/// Figures of stats.md section 3, less the readings of the ends.
#[test]
fn what_a_search_takes() {
    let figures = [
        (16, 1.0, 1, 82.0),
        (64, 2.0, 8, 36.0),
        (256, 2.0, 4, 34.0),
        (1024, 1.0, 16, 167.0),
        (1024, 4.0, 8, 31.0),
    ];
    for (last, separation, batch, figure) in figures {
        let expected = step::expected(&Terms { batch, ..Terms::new(last + 1) }, separation);
        assert!((expected / figure - 1.0).abs() < 0.25, "{last} {separation}: {expected} {figure}");
    }
}

#[test]
fn the_two_by_two_names_the_cause() {
    let cell = |level: f64| vec![level, level + 0.1, level - 0.1];
    let cause =
        |old, image, code, both| attribute(&[[cell(old), cell(image)], [cell(code), cell(both)]]);
    assert_eq!(cause(0.0, 0.0, 1.0, 1.0), Cause::Code);
    assert_eq!(cause(0.0, 1.0, 0.0, 1.0), Cause::Dependencies);
    assert_eq!(cause(0.0, 1.0, 1.0, 2.0), Cause::Both);
    assert_eq!(cause(0.0, 0.0, 0.0, 1.0), Cause::Both);
    assert_eq!(cause(0.0, 0.01, -0.01, 0.0), Cause::Undecided);
    let diverged = vec![f64::NAN; 3];
    assert_eq!(
        attribute(&[[cell(0.0), diverged.clone()], [cell(0.0), diverged.clone()]]),
        Cause::Dependencies
    );
    assert_eq!(attribute(&[[cell(0.0), vec![]], [cell(0.0), diverged]]), Cause::Undecided);
    let one = |level| vec![level];
    assert_eq!(attribute(&[[one(0.0), one(0.0)], [one(1.0), one(1.0)]]), Cause::Undecided);
}

/// Readings of a line of ten with both ends; some of them diverged.
fn readings() -> impl Strategy<Value = Vec<(usize, f64)>> {
    let value = prop_oneof![9 => -5.0..5.0_f64, 1 => Just(f64::NAN)];
    let ends = (-5.0..5.0_f64, -5.0..5.0_f64);
    (ends, prop::collection::vec((0..10_usize, value), 0..40)).prop_map(|((good, bad), mut all)| {
        all.extend([(0, good), (9, bad)]);
        all
    })
}

proptest! {
    #[test]
    fn posterior_sums_to_one(readings in readings()) {
        let posterior = posterior(&evidence(&readings), &Terms::new(10));
        prop_assert_eq!(posterior.len(), 10);
        prop_assert!(posterior[0] == 0.0);
        prop_assert!((posterior.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{:?}", posterior);
        prop_assert!(posterior.iter().all(|p| (0.0..=1.0).contains(p)));
    }

    #[test]
    fn posterior_does_not_know_units(readings in readings(), scale in 1e-3..1e3_f64, shift in -1e3..1e3_f64) {
        let finite: Vec<_> = readings.into_iter().filter(|(_, value)| value.is_finite()).collect();
        let mapped: Vec<_> = finite.iter().map(|(c, value)| (*c, value * scale + shift)).collect();
        let of = |readings: &[(usize, f64)]| posterior(&evidence(readings), &Terms::new(10));
        prop_assert!(close(&of(&finite), &of(&mapped), 1e-6));
    }

    #[test]
    fn posterior_does_not_know_an_order(readings in readings(), by in 0..40_usize) {
        let mut turned = readings.clone();
        turned.reverse();
        let by = by % turned.len();
        turned.rotate_left(by);
        let of = |readings: &[(usize, f64)]| posterior(&evidence(readings), &Terms::new(10));
        prop_assert!(close(&of(&readings), &of(&turned), 1e-9));
    }

    #[test]
    fn batches_have_k_testable_commits(readings in readings(), k in 0..30_usize, separation: f64, skips in prop::collection::vec(any::<bool>(), 10)) {
        let chosen = batch(&posterior(&evidence(&readings), &Terms::new(10)), k, &skips, separation);
        prop_assert!(chosen.iter().all(|commit| skips[*commit]));
        prop_assert!(chosen.is_sorted());
        prop_assert_eq!(chosen.len(), if skips.contains(&true) { k } else { 0 });
    }
}
