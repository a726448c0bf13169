//! What must not depend on names, units, order and signs.

use proptest::prelude::*;

use super::*;

type Sides = (Vec<f64>, Vec<f64>);

/// Both sides of as many seeds, of readings with few digits: sums of them are exact.
fn sides() -> impl Strategy<Value = Sides> {
    let reading = (-640..640_i32).prop_map(|reading| f64::from(reading) / 64.0);
    prop::collection::vec((reading.clone(), reading), 1..9)
        .prop_map(|pairs| pairs.into_iter().unzip())
}

fn look() -> impl Strategy<Value = Look<'static>> {
    let pairing = prop_oneof![Just(Pairing::None), Just(Pairing::Seed), Just(Pairing::Node)];
    (pairing, 0..3_usize).prop_map(|(pairing, index)| Look { pairing, ..of_three(index) })
}

const UNIT: Metric = Metric::new(Direction::Higher, 0.0, 1.0);

fn map(values: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().copied().map(f).collect()
}

/// Readings that are now and then missing or not finite.
fn degenerate() -> impl Strategy<Value = Vec<Reading>> {
    let reading = prop_oneof![
        6 => (-10.0..10.0_f64).prop_map(Reading::Value),
        1 => Just(Reading::Missing),
        1 => Just(Reading::Value(f64::NAN)),
        1 => Just(Reading::Crashed),
    ];
    prop::collection::vec(reading, 0..9)
}

proptest! {
    /// Looking at the negated metric with the direction turned is the same question.
    #[test]
    fn direction_is_only_a_sign((base, head) in sides(), look in look()) {
        let lower = Metric { direction: Direction::Lower, ..UNIT };
        let turned = judged_at(&look, lower, &map(&base, |v| -v), &map(&head, |v| -v));
        prop_assert_eq!(judged_at(&look, UNIT, &base, &head).verdict, turned.verdict);
    }

    #[test]
    fn swapped_sides_with_the_direction_turned_are_the_same((base, head) in sides(), look in look()) {
        let lower = Metric { direction: Direction::Lower, ..UNIT };
        let (one, other) =
            (judged_at(&look, UNIT, &base, &head), judged_at(&look, lower, &head, &base));
        prop_assert_eq!(one.verdict, other.verdict);
        prop_assert_eq!(one.lower.is_some(), other.lower.is_some());
    }

    #[test]
    fn where_zero_is_does_not_matter((base, head) in sides(), shift in -512..512_i32, look in look()) {
        let shift = f64::from(shift);
        let shifted = judged_at(&look, UNIT, &map(&base, |v| v + shift), &map(&head, |v| v + shift));
        prop_assert_eq!(judged_at(&look, UNIT, &base, &head).verdict, shifted.verdict);
    }

    /// Values and margin in another unit.
    #[test]
    fn units_do_not_matter((base, head) in sides(), unit in 0.01..100.0_f64, look in look()) {
        let metric = Metric { absolute: unit, ..UNIT };
        let scaled = judged_at(&look, metric, &map(&base, |v| v * unit), &map(&head, |v| v * unit));
        prop_assert_eq!(judged_at(&look, UNIT, &base, &head).verdict, scaled.verdict);
    }

    /// On a log scale, neither the unit of the values nor which side is which.
    #[test]
    fn ratios_know_no_unit((base, head) in sides(), unit in 0.01..100.0_f64, look in look()) {
        let log = Metric { scale: Scale::Log, ..Metric::new(Direction::Lower, 0.2, 0.0) };
        let (base, head) = (map(&base, |v| (v / 10.0).exp()), map(&head, |v| (v / 10.0).exp()));
        let verdict = judged_at(&look, log, &base, &head).verdict;
        let scaled = judged_at(&look, log, &map(&base, |v| v * unit), &map(&head, |v| v * unit));
        prop_assert_eq!(verdict, scaled.verdict);
        let higher = Metric { direction: Direction::Higher, ..log };
        prop_assert_eq!(verdict, judged_at(&look, higher, &head, &base).verdict);
    }

    /// Paired: of pairs.  Not paired: of each side by itself.
    #[test]
    fn order_of_seeds_does_not_matter((base, head) in sides(), turn in 0..9_usize, look in look()) {
        let verdict = judged_at(&look, UNIT, &base, &head).verdict;
        let turned = |values: &[f64]| {
            let mut turned = values.to_vec();
            turned.rotate_left(turn % values.len());
            turned
        };
        prop_assert_eq!(verdict, judged_at(&look, UNIT, &turned(&base), &turned(&head)).verdict);
        if look.pairing == Pairing::None {
            prop_assert_eq!(verdict, judged_at(&look, UNIT, &base, &turned(&head)).verdict);
        }
    }

    /// Whatever else is judged beside it, a metric is never blocked that alone would not be.
    #[test]
    fn more_metrics_block_no_more(all in prop::collection::vec(sides(), 1..5), look in look()) {
        let measured: Vec<_> = all.iter().map(|(b, h)| measured(UNIT, b, h)).collect();
        let together = judge_all(&look, &measured, &[]);
        for (metric, (base, head)) in together.iter().zip(&all) {
            let alone = judged_at(&look, UNIT, base, head);
            prop_assert!(metric.verdict != Verdict::Regressed || alone.verdict == Verdict::Regressed);
            prop_assert_eq!(metric.verdict == Verdict::Pass, alone.verdict == Verdict::Pass);
        }
    }

    #[test]
    fn no_pass_where_head_is_worse_than_the_margin_on_average((base, head) in sides(), look in look()) {
        let verdict = judged_at(&look, UNIT, &base, &head);
        if verdict.worsening > verdict.margin {
            prop_assert_ne!(verdict.verdict, Verdict::Pass);
        } else {
            prop_assert_ne!(verdict.verdict, Verdict::Regressed);
        }
    }

    /// No data panics, and what is missing or a single training never passes.
    #[test]
    fn degenerate_data_never_passes(
        base in degenerate(), head in degenerate(), look in look(), log in any::<bool>(),
        past in prop::collection::vec(-10.0..10.0_f64, 0..12),
    ) {
        let scale = if log { Scale::Log } else { Scale::Linear };
        let metric = Metric { scale, ..Metric::new(Direction::Lower, 0.1, 0.0) };
        let missing = |side: &[Reading]| side.contains(&Reading::Missing);
        let finite = |side: &[Reading]| {
            side.iter().filter(|one| one.value().is_some_and(f64::is_finite)).count()
        };
        let few = finite(&base).min(finite(&head));
        let never = missing(&base) || missing(&head) || few == 0 || few < 2 && past.len() < 5;
        let prior = Prior { values: past };
        let measured = Measured { name: "m", metric, base, head, prior: Some(&prior) };
        let verdict = judge_all(&look, &[measured], &[]).remove(0);
        prop_assert!(!never || verdict.verdict != Verdict::Pass, "{:?}", verdict);
        let _ = (outlook(&look, &verdict), chance(&look, &verdict));
    }
}
