//! What is known of the noise: one training a side, a floor, a declared deviation, history, pairs; and
//! what further seeds would show.

use super::*;

fn with_history(
    look: &Look<'_>,
    metric: Metric,
    base: &[f64],
    head: &[f64],
    past: &[f64],
) -> MetricVerdict {
    let prior = Prior { values: past.to_vec() };
    let measured = Measured { prior: Some(&prior), ..measured(metric, base, head) };
    judge_all(look, &[measured], &[]).remove(0)
}

/// Ten readings with mean 0.9 and a deviation of 0.002.
const PAST: [f64; 10] = [0.898, 0.902, 0.901, 0.899, 0.9, 0.903, 0.897, 0.9, 0.9021, 0.8979];

#[test]
fn one_training_a_side_never_passes() {
    for head in [0.9, 0.5, 0.99] {
        let judged = judged(HIGHER, &[0.9], &[head]);
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.worsening.is_some() && judged.upper.is_none() && judged.outlook.is_none());
    }
}

#[test]
fn one_training_a_side_blocks_above_the_floor_only() {
    let floored = Metric { floor: Some(0.1), ..HIGHER };
    assert_eq!(word(floored, &[0.9], &[0.79]), Verdict::Regressed);
    assert_eq!(word(floored, &[0.9], &[0.81]), Verdict::Inconclusive);
    assert_eq!(word(floored, &[0.9], &[0.99]), Verdict::Inconclusive);
    // With noise to go by, the floor says nothing.
    assert_eq!(word(floored, &[0.9, 0.5, 0.7], &[0.7, 0.4, 0.6]), Verdict::Inconclusive);
    let tolerant = Metric { relative: 0.5, ..floored };
    assert_eq!(word(tolerant, &[0.9], &[0.7]), Verdict::Inconclusive);
}

#[test]
fn a_declared_deviation_decides_with_one_training() {
    let declared = Metric { sd: Some(0.002), ..HIGHER };
    let judged = judged(declared, &[0.9], &[0.9]);
    assert_eq!(judged.verdict, Verdict::Pass);
    assert_eq!(judged.assumption.as_deref(), Some("assuming SD = 0.002"));
    let half_width = 1.644_854 * 0.002 * 2.0_f64.sqrt();
    assert!((judged.upper.unwrap() - half_width).abs() < 1e-8);
    assert_eq!(word(declared, &[0.9], &[0.88]), Verdict::Regressed);
    assert_eq!(word(declared, &[0.9], &[0.889]), Verdict::Inconclusive);
    let noisy = super::judged(declared, &[0.9, 0.95, 0.85], &[0.95, 0.9, 0.85]);
    assert_eq!(noisy.assumption.as_deref(), Some("assuming SD = 0.002, though more was measured"));
}

#[test]
fn history_may_pass_and_only_makes_suspect() {
    let judge = |head| with_history(&ONCE, HIGHER, &[0.9], &[head], &PAST);
    let same = judge(0.9);
    assert_eq!(same.verdict, Verdict::Pass);
    assert_eq!(
        same.assumption.as_deref(),
        Some("assuming that head is as noisy as base was in its last 11 trainings")
    );
    let worse = judge(0.8);
    assert_eq!(worse.verdict, Verdict::Inconclusive);
    assert!(worse.reason.contains("more seeds must confirm it"), "{}", worse.reason);
    assert!(worse.lower > worse.margin);
    assert!(worth_another_look(&of_three(0), &[worse]));
}

/// Eight at least, the last twenty, finite ones.
#[test]
fn history_is_long_recent_and_finite() {
    let judge = |past: &[f64]| with_history(&ONCE, HIGHER, &[0.9], &[0.9], past).verdict;
    assert_eq!(judge(&PAST[..8]), Verdict::Pass);
    assert_eq!(judge(&PAST[..7]), Verdict::Inconclusive);
    let mut broken = PAST[..8].to_vec();
    broken[0] = f64::NAN;
    assert_eq!(judge(&broken), Verdict::Inconclusive);
    let wild: Vec<f64> = (0..10).map(f64::from).collect();
    assert_eq!(judge(&[&wild[..], &PAST, &PAST].concat()), Verdict::Pass);
    assert_eq!(judge(&[&PAST[..], &PAST, &wild].concat()), Verdict::Inconclusive);
}

/// At the first look history passes and Welch blocks; later it is Welch alone.
#[test]
fn history_counts_at_the_first_look() {
    let (base, head) = ([0.895, 0.905, 0.9], [0.896, 0.904, 0.9]);
    let past = |index, head: &[f64; 3]| with_history(&of_three(index), HIGHER, &base, head, &PAST);
    assert_eq!(past(0, &head).verdict, Verdict::Pass);
    assert_eq!(past(1, &head).verdict, Verdict::Inconclusive);
    assert_eq!(past(1, &head).assumption, None);
    assert_eq!(past(0, &[0.8, 0.802, 0.798]).verdict, Verdict::Regressed);
    let suspect = past(0, &[0.85, 0.89, 0.87]);
    assert_eq!(suspect.verdict, Verdict::Inconclusive);
    assert!(suspect.reason.contains("must confirm"), "{}", suspect.reason);
}

/// The same seeds move both sides: pairs see through that, means do not.
#[test]
fn pairs_see_through_common_noise() {
    let (base, head) = ([0.80, 0.95, 0.88], [0.801, 0.949, 0.8805]);
    assert_eq!(word(HIGHER, &base, &head), Verdict::Inconclusive);
    assert_eq!(judged_at(&PAIRED, HIGHER, &base, &head).verdict, Verdict::Pass);
    let worse = head.map(|value| value - 0.05);
    assert_eq!(judged_at(&PAIRED, HIGHER, &base, &worse).verdict, Verdict::Regressed);
}

/// Three seeds with SD 1 each, one unit of margin, seen half a unit above it.
fn near() -> MetricVerdict {
    let metric = Metric::new(Direction::Lower, 0.0, 1.0);
    judged_at(&of_three(0), metric, &[-1.0, 0.0, 1.0], &[0.5, 1.5, 2.5])
}

#[test]
fn the_outlook_tells_what_seeds_would_show() {
    let near = near();
    assert_eq!(near.verdict, Verdict::Inconclusive);
    assert_eq!(
        outlook(&of_three(0), &near).unwrap(),
        "3 seeds a side could show a worsening of about 4.2; 9 would show about 2.4; \
         about 66 seeds a side would decide"
    );
    let clear = judged(HIGHER, &[0.9, 0.901, 0.899], &[0.901, 0.9, 0.899]);
    assert_eq!(
        outlook(&ONCE, &clear).unwrap(),
        "3 seeds a side could show a worsening of about 0.012"
    );
}

#[test]
fn a_further_look_must_have_a_real_chance() {
    let metric = Metric::new(Direction::Lower, 0.0, 1.0);
    let at = |index: usize, worse: f64| {
        let seeds = 3 * (index + 1);
        let base: Vec<f64> = [-1.0, 0.0, 1.0].into_iter().cycle().take(seeds).collect();
        let head: Vec<f64> = base.iter().map(|value| value + worse).collect();
        let look = of_three(index);
        let metrics = judge_all(&look, &[super::measured(metric, &base, &head)], &[]);
        (chance(&look, &metrics[0]).unwrap(), worth_another_look(&look, &metrics))
    };
    // On the margin: from 3 seeds to 9 much may happen, from 6 to 9 little.
    assert!(at(0, 1.0).0 > 0.05 && at(0, 1.0).1, "{:?}", at(0, 1.0));
    assert!(at(1, 1.0).0 < 0.01 && !at(1, 1.0).1, "{:?}", at(1, 1.0));
    // Nearly decided.
    assert!(at(1, 1.9).0 > 0.2 && at(1, 1.9).1, "{:?}", at(1, 1.9));
    assert!(!at(2, 1.0).1, "no look is left");
}

#[test]
fn only_what_counts_and_can_change_is_worth_a_look() {
    let look = of_three(0);
    let shown = MetricVerdict { gated: false, ..near() };
    let missing = judged_at(&look, HIGHER, &[0.9; 3], &[0.9, MISSING, 0.9]);
    let single = judged_at(&look, HIGHER, &[0.9], &[0.9]);
    assert!(worth_another_look(&look, &[near()]));
    assert!(!worth_another_look(&look, &[shown]));
    assert!(!worth_another_look(&look, std::slice::from_ref(&missing)));
    assert!(worth_another_look(&look, &[missing, single]));
}
