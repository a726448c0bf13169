//! The whole of the verdict with every combination of keys: it never panics, and no bound is infinite.
//! `PROPTEST_CASES=100000 cargo test --lib verdict::tests::everything` tries more than a run of the tests does.

use proptest::prelude::*;

use super::*;

/// Readings in which ties, constants, extremes and gaps are frequent.
fn reading() -> impl Strategy<Value = Reading> {
    prop_oneof![
        6 => (-40..40_i32).prop_map(|value| Reading::Value(f64::from(value) / 100.0)),
        4 => prop::sample::select(vec![0.0, 0.9, 0.91, 1e-300, 1e12]).prop_map(Reading::Value),
        2 => (-1e3..1e3_f64).prop_map(Reading::Value),
        1 => prop::sample::select(vec![f64::MAX, f64::MIN, f64::NAN, f64::INFINITY])
            .prop_map(Reading::Value),
        // Their squares are at the ends of what numbers can be.
        1 => prop::sample::select(vec![1e150, 1e154, -1e153, 1e-155, 5e-324])
            .prop_map(Reading::Value),
        1 => Just(Reading::Missing),
        1 => Just(Reading::Crashed),
    ]
}

fn side() -> impl Strategy<Value = Vec<Reading>> {
    prop_oneof![
        3 => prop::collection::vec(reading(), 0..12),
        1 => (reading(), 0..12_usize).prop_map(|(one, count)| vec![one; count]),
    ]
}

fn key(values: Vec<f64>) -> impl Strategy<Value = Option<f64>> {
    prop::option::of(prop::sample::select(values))
}

prop_compose! {
    fn metric()(
        higher in any::<bool>(), log in any::<bool>(), gate in any::<bool>(),
        deterministic in prop::bool::weighted(0.2),
        relative in prop::sample::select(vec![0.0, 1e-9, 0.01, 0.5, 3.0]),
        absolute in prop::sample::select(vec![0.0, 1e-300, 0.01, 1.0, 1e300]),
        sd in key(vec![5e-324, 1e-9, 0.01, 1.0, 1e308]),
        resolution in key(vec![5e-324, 1e-6, 0.01, 1.0, 1e308]),
        floor in key(vec![5e-324, 0.02, 2.0, 1e308]),
    ) -> Metric {
        let direction = if higher { Direction::Higher } else { Direction::Lower };
        let scale = if log { Scale::Log } else { Scale::Linear };
        Metric { direction, scale, relative, absolute, gate, sd, deterministic, resolution, floor }
    }
}

fn past_reading() -> impl Strategy<Value = f64> {
    prop_oneof![9 => (-9..9_i32).prop_map(|value| f64::from(value) / 10.0), 1 => Just(f64::NAN)]
}

type One = (Metric, Vec<Reading>, Vec<Reading>, Vec<f64>);

fn one() -> impl Strategy<Value = One> {
    let past = prop::collection::vec(past_reading(), 0..14);
    (metric(), side(), side(), past)
}

fn plan() -> impl Strategy<Value = Vec<usize>> {
    prop::sample::select(vec![vec![1], vec![3], vec![1, 4, 7, 9], vec![3, 5, 7, 9], vec![3, 6]])
}

/// Some thousands in every run of the tests; more by `PROPTEST_CASES`.
fn cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.max(3000), ..usual }
}

/// Seeds of which earlier trainings are known, with their values.
fn earlier() -> impl Strategy<Value = EarlierValues> {
    let value = reading().prop_map(|reading| reading.value().unwrap_or(f64::NAN));
    prop::collection::btree_map(0..4_u64, prop::collection::vec(value, 0..5), 0..4)
}

/// A pass is within the margin and a regression beyond it, by the bounds that are told.  A ratio's limits have no
/// unit.
fn keeps_its_word(metric: &Metric, told: &MetricVerdict) -> bool {
    let Some(((lower, upper), margin)) = told.lower.zip(told.upper).zip(told.margin) else {
        return true;
    };
    let size = [told.base, told.head]
        .into_iter()
        .flatten()
        .fold(margin, |most, mean| most.max(mean.abs()));
    let room = margin / 500.0 + metric.resolution.unwrap_or(0.0) / 50.0 + 1e-9 * size;
    match told.verdict {
        _ if metric.scale == Scale::Log => true,
        Verdict::Pass => upper <= margin + room,
        Verdict::Regressed => lower >= margin - room,
        Verdict::Inconclusive => true,
    }
}

proptest! {
    #![proptest_config(cases())]

    /// A training that gives what it always gave is never said to have changed.
    #[test]
    fn every_repeat_is_judged(
        metric in metric(), metrics in 1..30_usize, earlier in earlier(),
        again in prop_oneof![reading(), Just(Reading::Crashed)], seed in 0..5_u64,
    ) {
        let value = again.value().unwrap_or(f64::NAN);
        let _ = repeats(metric, metrics, &earlier, (seed, value));
        let one = EarlierValues::from([(seed, vec![value; 2])]);
        let counts = value.is_finite() && (metric.scale == Scale::Linear || value > 0.0);
        prop_assert!(!counts || repeats(metric, metrics, &one, (seed, value)));
    }

    #[test]
    fn every_combination_of_keys_is_judged(
        all in prop::collection::vec(one(), 1..4), plan in plan(),
        pairing in prop::sample::select(vec![Pairing::None, Pairing::Seed, Pairing::Node]),
        block in prop::sample::select(vec![0.001, 0.05, 0.2]),
        pass in prop::sample::select(vec![0.001, 0.05, 0.2]),
        is_known in any::<bool>(),
    ) {
        let rates = ErrorRates { block, pass };
        let priors: Vec<Prior> =
            all.iter().map(|(_, _, _, past)| Prior { values: past.clone() }).collect();
        let mut before = Vec::new();
        for index in 0..plan.len() {
            let look = Look { plan: &plan, index, rates, pairing };
            let upto = |side: &[Reading]| side.iter().copied().take(plan[index]).collect();
            // The history may know all of base from the first look on.
            let of_base = |side: &[Reading]| if is_known { side.to_vec() } else { upto(side) };
            let measured: Vec<Measured<'_>> = all
                .iter()
                .zip(&priors)
                .map(|((metric, base, head, _), prior)| Measured {
                    name: "m",
                    metric: *metric,
                    base: of_base(base),
                    head: upto(head),
                    prior: Some(prior),
                })
                .collect();
            before = judge_all(&look, &measured, &before);
            for (metric, (declared, ..)) in before.iter().zip(&all) {
                prop_assert!(keeps_its_word(declared, metric), "{:?}: {:?}", declared, metric);
                let bounds = [metric.lower, metric.upper, metric.margin, metric.worsening];
                prop_assert!(bounds.into_iter().flatten().all(f64::is_finite), "{:?}", metric);
                prop_assert_eq!(metric.lower.is_some(), metric.upper.is_some(), "{:?}", metric);
                let told = outlook(&look, metric).unwrap_or_default();
                prop_assert!(!told.contains("NaN") && !told.contains("inf"), "{}", told);
                let chance = chance(&look, metric).unwrap_or(0.0);
                prop_assert!((0.0..=1.0).contains(&chance), "{}", chance);
            }
            let _ = (overall(&before), worth_another_look(&look, &before));
        }
    }
}
