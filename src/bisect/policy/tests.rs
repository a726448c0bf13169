#![expect(clippy::cast_precision_loss, reason = "small counts")]

use std::cell::Cell;

use proptest::prelude::*;

use super::*;

mod outcomes;
mod parts;
mod resume;

/// A number like a normal deviate that depends on its key only: twelve uniform ones, summed.
fn noise(key: u64) -> f64 {
    let mut state = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let sum: f64 = (0..12)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            f64::from(u32::try_from(state >> 40).unwrap()) / f64::from(1 << 24)
        })
        .sum();
    sum - 6.0
}

/// The noise of a reading, in the world `seed`.
fn of(seed: u64, measure: Measure) -> f64 {
    let key = (measure.commit * 10_000 + measure.repeat * 10 + measure.purpose as usize) as u64;
    noise(key.wrapping_mul(7919) ^ seed.wrapping_mul(0x0123_4567_89ab_cdef))
}

/// What a world answers.
enum Answer {
    Value(f64),
    Skip,
}

/// Bisects to the end; all steps, the last of which is done.
fn bisect(terms: &Terms, world: impl Fn(Measure) -> Answer) -> (Evidence, Vec<Step>) {
    let (mut evidence, mut steps) = (Evidence::default(), Vec::new());
    loop {
        let step = next(&evidence, terms);
        let round = evidence.round();
        for measure in wanted(&step) {
            match world(measure) {
                Answer::Value(value) => {
                    assert!(
                        evidence.read(measure, round, value),
                        "{measure:?} was asked for twice"
                    );
                }
                Answer::Skip => evidence.skip(measure.commit, SkipReason::Run),
            }
        }
        steps.push(step);
        assert!(steps.len() < 1_000, "it does not end");
        if let Some(Step::Done(_)) = steps.last() {
            return (evidence, steps);
        }
    }
}

fn wanted(step: &Step) -> Vec<Measure> {
    match step {
        Step::ConfirmEnds { wanted }
        | Step::Search { wanted, .. }
        | Step::ConfirmSeveral { wanted, .. }
        | Step::ConfirmCulprit { wanted, .. } => {
            assert!(!wanted.is_empty());
            wanted.clone()
        }
        Step::Done(_) => Vec::new(),
    }
}

fn outcome(terms: &Terms, world: impl Fn(Measure) -> Answer) -> BisectOutcome {
    match bisect(terms, world).1.pop() {
        Some(Step::Done(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

/// Levels 0 and `step` with noise of one.
fn step_at(culprit: usize, step: f64, seed: u64) -> impl Fn(Measure) -> Answer {
    move |measure| {
        let level = if measure.commit < culprit { 0.0 } else { step };
        Answer::Value(level + of(seed, measure))
    }
}

#[test]
fn named_culprits_are_right() {
    let (named, right) = (Cell::new(0), Cell::new(0));
    for seed in 0..150 {
        let culprit = 1 + usize::try_from(seed).unwrap() * 37 % 64;
        if let BisectOutcome::Culprit(claim) = outcome(&Terms::new(65), step_at(culprit, 2.5, seed))
        {
            named.set(named.get() + 1);
            right.set(
                right.get() + i32::from(claim.commits == CommitSpan { from: culprit, to: culprit }),
            );
        }
    }
    assert!(named.get() >= 135, "{} of 150 named", named.get());
    assert!(right.get() >= named.get() - 3, "{} of {} right", right.get(), named.get());
}

proptest! {
    /// After the ends a search takes no more rounds than a section into k + 1 parts, and two.
    #[test]
    fn without_noise_it_sections(last in 1_usize..3_000, k in 1_usize..20, at in 0..10_000_usize) {
        let culprit = 1 + at % last;
        let terms = Terms { batch: k, ..Terms::new(last + 1) };
        let world = |measure: Measure| {
            Answer::Value(if measure.commit < culprit { 0.7 } else { 0.8 })
        };
        let (_, steps) = bisect(&terms, world);
        let rounds = steps.iter().filter(|step| matches!(step, Step::Search { .. })).count();
        let bound = ((last as f64).ln() / ((k + 1) as f64).ln() - 1e-9).ceil() + 2.0;
        prop_assert!(rounds as f64 <= bound, "{rounds} rounds, {bound} allowed");
        let Some(Step::Done(BisectOutcome::Culprit(claim))) = steps.last() else {
            return Err(TestCaseError::fail(format!("{:?}", steps.last())));
        };
        prop_assert_eq!(claim.commits, CommitSpan { from: culprit, to: culprit });
    }

    #[test]
    fn the_budget_is_kept(last in 1_usize..200, budget in 0_usize..90, k in 0_usize..30, step in 0.0..4.0_f64, seed: u64) {
        let terms = Terms { batch: k, budget, ..Terms::new(last + 1) };
        let (evidence, _) = bisect(&terms, step_at(last / 2 + 1, step, seed));
        prop_assert!(evidence.spent() <= budget);
    }
}
