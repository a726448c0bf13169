//! Each outcome, by scripted worlds.

use super::*;
use crate::statistics::Sample;

/// A step from 0 to 10 at 13 of 20 commits, but for the given answers.
fn but(special: impl Fn(Measure) -> Option<Answer>) -> impl Fn(Measure) -> Answer {
    move |measure| special(measure).unwrap_or_else(|| step_at(13, 10.0, 1)(measure))
}

fn terms() -> Terms {
    Terms { batch: 4, ..Terms::new(21) }
}

fn single(commit: usize) -> CommitSpan {
    CommitSpan { from: commit, to: commit }
}

#[test]
fn the_culprit_with_its_levels() {
    let BisectOutcome::Culprit(claim) = outcome(&terms(), but(|_| None)) else { panic!() };
    assert_eq!(claim.commits, single(13));
    assert!(claim.probability > 0.999);
    assert!(claim.levels.low.abs() < 1.0 && (claim.levels.high - 10.0).abs() < 1.0);
    assert!((0.5..2.0).contains(&claim.levels.deviation), "{:?}", claim.levels);
    assert!((5.0..20.0).contains(&claim.levels.separation()));
}

#[test]
fn the_confirmation_counts_for_the_probability() {
    let surer = (0..20).filter(|seed| {
        let (_, steps) = bisect(&terms(), step_at(13, 3.0, *seed));
        let claimed = steps.iter().rev().find_map(|step| {
            let Step::ConfirmCulprit { claim, .. } = step else { return None };
            Some(claim.probability)
        });
        match (claimed, steps.last()) {
            (Some(before), Some(Step::Done(BisectOutcome::Culprit(claim)))) => {
                claim.probability > before
            }
            _ => false,
        }
    });
    assert!(surer.count() >= 15);
}

#[test]
fn a_neighbour_of_the_end_and_the_end_itself() {
    for culprit in [1, 20] {
        let BisectOutcome::Culprit(claim) = outcome(&terms(), step_at(culprit, 10.0, 2)) else {
            panic!("{culprit}")
        };
        assert_eq!(claim.commits, single(culprit));
    }
    let alone = outcome(&Terms::new(2), step_at(1, 10.0, 2));
    assert!(matches!(alone, BisectOutcome::Culprit(claim) if claim.commits == single(1)));
}

#[test]
fn one_of_a_skipped_run() {
    let world = but(|measure| (11..14).contains(&measure.commit).then_some(Answer::Skip));
    let BisectOutcome::OneOf(claim) = outcome(&terms(), world) else { panic!() };
    assert_eq!(claim.commits, CommitSpan { from: 11, to: 14 });
}

#[test]
fn a_culprit_that_cannot_be_read_again() {
    let last = |measure: Measure| measure.purpose == Purpose::Culprit && measure.commit == 13;
    let world = but(|measure| last(measure).then_some(Answer::Skip));
    let outcome = outcome(&terms(), world);
    let BisectOutcome::OneOf(claim) = outcome else { panic!("{outcome:?}") };
    assert_eq!(claim.commits, CommitSpan { from: 13, to: 14 });
}

#[test]
fn all_skipped() {
    let world = but(|measure| (1..20).contains(&measure.commit).then_some(Answer::Skip));
    let BisectOutcome::AllSkipped(claim) = outcome(&terms(), world) else { panic!() };
    assert_eq!(claim.commits, CommitSpan { from: 1, to: 20 });
}

#[test]
fn an_end_that_cannot_be_read() {
    for (commit, end) in [(0, End::Good), (20, End::Bad)] {
        let world = but(|measure| (measure.commit == commit).then_some(Answer::Skip));
        assert_eq!(
            outcome(&terms(), world),
            BisectOutcome::EndSkipped { end, reason: SkipReason::Run }
        );
    }
}

#[test]
fn not_reproduced() {
    let BisectOutcome::NotReproduced(levels) = outcome(&terms(), step_at(30, 10.0, 3)) else {
        panic!()
    };
    assert!(levels.low.abs() < 1.0 && levels.high.abs() < 1.0);
    // One commit is not worse than itself.
    assert!(matches!(outcome(&Terms::new(1), but(|_| None)), BisectOutcome::NotReproduced(_)));
    assert!(matches!(outcome(&Terms::new(0), but(|_| None)), BisectOutcome::NotReproduced(_)));
}

#[test]
fn the_margin_is_asked_of_the_ends() {
    let of = |margin| outcome(&Terms { margin, ..terms() }, step_at(13, 10.0, 1));
    assert!(matches!(of(5.0), BisectOutcome::Culprit(_)));
    assert!(matches!(of(15.0), BisectOutcome::NotReproduced(_)));
}

/// Many looks at ends that do not differ start a search as seldom as one look would.
#[test]
fn looks_do_not_add_up() {
    let terms = Terms { error: 0.2, budget: 64, ..terms() };
    let searches = (0..200)
        .map(|seed| outcome(&terms, step_at(30, 10.0, seed)))
        .filter(|outcome| {
            !matches!(
                outcome,
                BisectOutcome::NotReproduced(_)
                    | BisectOutcome::Swapped(_)
                    | BisectOutcome::BudgetSpent { shown: false, .. }
            )
        })
        .count();
    assert!((10..50).contains(&searches), "{searches} of 200");
}

#[test]
fn steps_finer_than_the_resolution_are_not_shown() {
    let of = |resolution| {
        let world = |measure: Measure| Answer::Value(if measure.commit < 13 { 0.90 } else { 0.91 });
        outcome(&Terms { resolution, ..terms() }, world)
    };
    assert!(matches!(of(0.0), BisectOutcome::Culprit(_)));
    assert!(matches!(of(0.08), BisectOutcome::NotReproduced(_)));
}

#[test]
fn the_environment_moved() {
    let recorded = |count, mean| Some(Sample { count, mean, variance: 1.0 });
    let of = |recorded_good| outcome(&Terms { recorded_good, ..terms() }, step_at(30, 10.0, 3));
    for count in [1.0, 5.0] {
        let moved = of(recorded(count, -10.0));
        let BisectOutcome::EnvironmentDrift { recorded: was, fresh } = moved else {
            panic!("{moved:?}")
        };
        assert!((was + 10.0).abs() < 1e-9 && fresh.abs() < 1.0);
        for mean in [0.0, 10.0] {
            assert!(matches!(of(recorded(count, mean)), BisectOutcome::NotReproduced(_)), "{mean}");
        }
        let tolerant = Terms { recorded_good: recorded(count, -10.0), margin: 15.0, ..terms() };
        let tolerant = outcome(&tolerant, step_at(30, 10.0, 3));
        assert!(matches!(tolerant, BisectOutcome::NotReproduced(_)), "{tolerant:?}");
    }
}

#[test]
fn swapped() {
    let BisectOutcome::Swapped(levels) = outcome(&terms(), step_at(13, -10.0, 1)) else { panic!() };
    assert!(levels.low > levels.high + 5.0);
}

#[test]
fn two_culprits() {
    let world = |measure: Measure| {
        let steps = [5, 16].iter().filter(|culprit| measure.commit >= **culprit).count();
        Answer::Value(10.0 * steps as f64 + of(4, measure))
    };
    let BisectOutcome::MoreThanOneChange { claim, p_value, steps } = outcome(&terms(), world)
    else {
        panic!()
    };
    assert!(claim.commits == single(5) || claim.commits == single(16), "{claim:?}");
    assert!(p_value < 0.01);
    let steps = steps.unwrap();
    assert!(steps.first.from <= 5 && 5 <= steps.first.to, "{steps:?}");
    assert!(steps.last.from <= 16 && 16 <= steps.last.to, "{steps:?}");
    assert!((steps.levels[1] - 10.0).abs() < 2.0, "{steps:?}");
}

#[test]
fn a_slow_drift_has_no_culprit() {
    for seed in 0..20 {
        let world = |measure: Measure| Answer::Value(measure.commit as f64 + of(seed, measure));
        let (evidence, steps) = bisect(&terms(), world);
        let last = steps.last();
        let several = matches!(last, Some(Step::Done(BisectOutcome::MoreThanOneChange { .. })));
        assert!(
            several && evidence.spent() <= 60,
            "{seed}: {} readings, {last:?}",
            evidence.spent()
        );
    }
}

/// Of the trainings that the culprit made worse half fail altogether, and read the same.
#[test]
fn trainings_that_fail_by_half_are_not_a_second_change() {
    let several = Cell::new(0);
    let named = (0..200).filter(|seed| {
        let world = |measure: Measure| {
            let noise = of(*seed, measure);
            Answer::Value(match measure.commit {
                ..13 => 0.1 * noise,
                _ if noise > 0.0 => 8.0,
                _ => 5.0 + noise,
            })
        };
        let outcome = outcome(&terms(), world);
        let is_several = matches!(outcome, BisectOutcome::MoreThanOneChange { .. });
        several.set(several.get() + i32::from(is_several));
        matches!(outcome, BisectOutcome::Culprit(claim) if claim.commits == single(13))
    });
    let named = named.count();
    assert!(named >= 190 && several.get() <= 4, "{named} named, {} several", several.get());
}

#[test]
fn where_fresh_readings_deny_a_claim_the_search_goes_on() {
    // A few unlucky readings of 12 look bad, until it is read again.
    let unlucky = but(|measure| {
        let first = measure.commit == 12 && measure.purpose == Purpose::Search;
        (first && measure.repeat < 4).then_some(Answer::Value(10.0 + of(5, measure)))
    });
    let (_, steps) = bisect(&terms(), unlucky);
    let confirms = |step: &Step, at| matches!(step, Step::ConfirmCulprit { claim, .. } if claim.commits == single(at));
    let denied = steps.iter().position(|step| confirms(step, 12)).unwrap();
    assert!(steps[denied..].iter().any(|step| matches!(step, Step::Search { .. })), "{steps:#?}");
    let Some(Step::Done(BisectOutcome::Culprit(claim))) = steps.last() else {
        panic!("{steps:#?}")
    };
    assert!(claim.commits == single(13) && claim.probability >= 0.95, "{claim:?}");
}

#[test]
fn nothing_is_named_that_fresh_readings_always_deny() {
    let world = but(|measure| {
        (measure.purpose == Purpose::Culprit).then_some(Answer::Value(of(5, measure)))
    });
    let outcome = outcome(&terms(), world);
    assert!(!matches!(outcome, BisectOutcome::Culprit(_) | BisectOutcome::OneOf(_)), "{outcome:?}");
}

/// Searches in worlds of their own: how many named the culprit 13 of 20, and how many another.
fn named(terms: &Terms, world: impl Fn(u64, Measure) -> Answer) -> (usize, usize) {
    let (mut right, mut wrong) = (0, 0);
    for seed in 0..100 {
        if let BisectOutcome::Culprit(claim) = outcome(terms, |measure| world(seed, measure)) {
            let is_right = claim.commits == single(13);
            right += usize::from(is_right);
            wrong += usize::from(!is_right);
        }
    }
    (right, wrong)
}

#[test]
fn small_steps_are_looked_at_again() {
    let (right, wrong) = named(&terms(), |seed, measure| step_at(13, 1.0, seed)(measure));
    assert!(right >= 75 && wrong <= 4, "{right} right, {wrong} wrong");
}

#[test]
fn a_commit_that_makes_a_share_of_trainings_diverge_is_found() {
    // A normal deviate is below these in 30, 60 and 100 % of cases.
    for (deviate, least) in [(-0.52, 65), (0.25, 90), (9.0, 98)] {
        let world = |seed: u64, measure: Measure| {
            let diverges = measure.commit >= 13 && of(seed ^ 0xff, measure) < deviate;
            Answer::Value(if diverges { f64::NAN } else { of(seed, measure) })
        };
        let (right, wrong) = named(&terms(), world);
        assert!(right >= least && wrong <= 4, "{deviate}: {right} right, {wrong} wrong");
    }
}

/// Readings of one commit share an offset of half their noise.
#[test]
fn commits_of_one_level_may_differ() {
    let world = |seed: u64, measure: Measure| {
        let level = if measure.commit < 13 { 0.0 } else { 2.0 };
        let offset = 0.5 * noise(seed.wrapping_mul(0x9e37_79b9) ^ (measure.commit as u64) << 40);
        Answer::Value(level + offset + of(seed, measure))
    };
    let (right, wrong) = named(&terms(), world);
    assert!(right >= 50 && wrong <= 6, "{right} right, {wrong} wrong");
}

#[test]
fn spent_at_each_stage() {
    let spent = |budget| {
        let of = outcome(&Terms { budget, ..terms() }, step_at(13, 10.0, 1));
        let BisectOutcome::BudgetSpent { credible, probability, shown } = of else {
            panic!("{of:?}")
        };
        assert_eq!(shown, budget > 3);
        assert!(probability >= 0.949, "{probability}");
        assert!(credible.from <= 13 && 13 <= credible.to);
        credible.to - credible.from
    };
    assert_eq!(spent(3), 18, "nothing is known: 95 % of 20");
    assert!(spent(10) < 18);
    assert_eq!(spent(20), 0, "found, not confirmed");
}

#[test]
fn a_training_that_diverges_is_worse() {
    // One in the search, at a commit after the culprit; all of them from the culprit on.
    let one = but(|measure| (measure.commit == 16).then_some(Answer::Value(f64::NAN)));
    let all = || but(|measure| (measure.commit >= 13).then_some(Answer::Value(f64::NAN)));
    let wide = Terms { margin: 50.0, ..terms() };
    for outcome in [outcome(&terms(), one), outcome(&terms(), all()), outcome(&wide, all())] {
        let BisectOutcome::Culprit(claim) = outcome else { panic!("{outcome:?}") };
        assert_eq!(claim.commits, single(13));
    }
    let good = but(|measure| (measure.commit == 0).then_some(Answer::Value(f64::NAN)));
    assert_eq!(outcome(&terms(), good), BisectOutcome::GoodDiverges);
}
