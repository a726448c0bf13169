//! A bisect goes on from its readings.

use super::*;

#[test]
fn replay_gives_the_same_steps() {
    for seed in 0..20 {
        let terms = Terms { batch: 4, ..Terms::new(101) };
        let (evidence, steps) = bisect(&terms, step_at(61, 3.0, seed));
        let mut again = Evidence::default();
        for step in &steps {
            assert_eq!(next(&again, &terms), *step);
            let round = again.round();
            // As they come in: the last first.
            for measure in wanted(step).into_iter().rev() {
                assert!(again.read(measure, round, evidence.value(&measure).unwrap()));
            }
        }
        assert_eq!(again, evidence);
    }
}

/// Killed at every reading: what was read stays, nothing is asked for twice, and the answer is right.
#[test]
fn killed_in_a_round() {
    let terms = Terms { batch: 6, ..Terms::new(101) };
    let world = step_at(61, 5.0, 1);
    let mut evidence = Evidence::default();
    let mut restarts = 0;
    let outcome = loop {
        let step = next(&evidence, &terms);
        let round = evidence.round();
        if let Step::Done(outcome) = step {
            break outcome;
        }
        // The second of them, only.
        let wanted = wanted(&step);
        let measure = *wanted.get(1).unwrap_or(&wanted[0]);
        let Answer::Value(value) = world(measure) else { unreachable!() };
        assert!(evidence.read(measure, round, value));
        restarts += 1;
    };
    assert_eq!(evidence.spent(), restarts);
    assert!(
        matches!(outcome, BisectOutcome::Culprit(claim) if claim.commits.to == 61),
        "{outcome:?}"
    );
}

#[test]
fn the_first_reading_stays() {
    let mut evidence = Evidence::default();
    let measure = Measure { commit: 0, purpose: Purpose::Ends, repeat: 0 };
    assert!(evidence.read(measure, 0, 1.0));
    assert!(!evidence.read(measure, 3, 2.0));
    evidence.skip(4, SkipReason::Image);
    evidence.skip(4, SkipReason::Run);
    assert_eq!(evidence.readings().collect::<Vec<_>>(), [(measure, 1.0)]);
    assert_eq!((evidence.round(), evidence.spent()), (1, 1));
    assert_eq!(evidence.skipped(4), Some(SkipReason::Image));
}

#[test]
fn known_readings_narrow_the_search_and_cost_nothing() {
    let terms = Terms { batch: 1, ..Terms::new(101) };
    let world = step_at(61, 10.0, 1);
    let mut evidence = Evidence::default();
    for commit in [55, 58, 62, 65] {
        let measure = Measure { commit, purpose: Purpose::Known, repeat: 0 };
        let Answer::Value(value) = world(measure) else { unreachable!() };
        evidence.read(measure, 0, value);
    }
    assert_eq!((evidence.round(), evidence.spent()), (0, 0));
    let first_search = loop {
        let step = next(&evidence, &terms);
        let Step::ConfirmEnds { wanted } = step else { break step };
        for measure in wanted {
            let Answer::Value(value) = world(measure) else { unreachable!() };
            evidence.read(measure, 0, value);
        }
    };
    let Step::Search { wanted, progress } = first_search else { panic!("{first_search:?}") };
    assert!((59..62).contains(&wanted[0].commit), "{wanted:?}");
    assert!(progress.posterior[59..=62].iter().sum::<f64>() > 0.99);
    assert!(progress.expected > 0.0);
}

#[test]
fn the_prior_draws_the_first_batch() {
    let mut terms = Terms { batch: 3, ..Terms::new(101) };
    terms.prior[30..40].fill(1_000.0);
    let (_, steps) = bisect(&terms, step_at(61, 10.0, 1));
    let first = steps.iter().find(|step| matches!(step, Step::Search { .. })).unwrap();
    assert!(wanted(first).iter().all(|measure| (30..40).contains(&measure.commit)), "{first:?}");
    let Some(Step::Done(BisectOutcome::Culprit(claim))) = steps.last() else { panic!() };
    assert_eq!(claim.commits.to, 61, "a prior is no verdict");
}

#[test]
fn a_reading_that_is_missing_or_cancelled_is_planned_anew() {
    let terms = Terms { batch: 2, ..Terms::new(101) };
    let world = step_at(61, 10.0, 1);
    let mut calls = Cell::new(0);
    let mut evidence = Evidence::default();
    loop {
        let step = next(&evidence, &terms);
        if matches!(step, Step::Done(_)) {
            break;
        }
        let round = evidence.round();
        for measure in wanted(&step) {
            *calls.get_mut() += 1;
            // Every third fails.
            if calls.get() % 3 != 0
                && let Answer::Value(value) = world(measure)
            {
                evidence.read(measure, round, value);
            }
        }
    }
    let Step::Done(BisectOutcome::Culprit(claim)) = next(&evidence, &terms) else { panic!() };
    assert_eq!(claim.commits.to, 61);
}
