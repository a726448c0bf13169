use std::path::PathBuf;

use super::*;
use crate::machine::Machine;

const CONFIG: &str = "entrypoint: x
metrics: {loss: {direction: lower, absolute: 1}, seen: {direction: lower, absolute: 1, gate: false}}
";

fn config(more: &str) -> Config {
    Config::parse(&format!("{CONFIG}{more}"), "x").unwrap()
}

/// Trainings of those seeds; `loss` is NaN for a divergence.
fn trainings(role: Role, seeds: &[u64], loss: impl Fn(u64) -> f64) -> Vec<Observation> {
    let training = |seed: &u64| Observation {
        data: BTreeMap::new(),
        seen: crate::trace::Seen::default(),
        role,
        seed: *seed,
        readings: BTreeMap::from([("loss".to_owned(), loss(*seed)), ("seen".to_owned(), 9.0)]),
        span: (0, 1),
        seconds: 1.0,
        log: PathBuf::new(),
        machine: Machine::default(),
        retried: None,
        reused: None,
        again: false,
    };
    seeds.iter().map(training).collect()
}

/// Something like noise, of about one standard deviation.
fn noise(seed: u64) -> f64 {
    [0.0, 1.1, -0.9, 0.4, -1.3, 0.8, 0.2, -0.5, 1.4][usize::try_from(seed % 9).unwrap()]
}

/// All looks, with a head that is worse by `worse`; returns the seeds a side of each.
fn look(looks: &mut Looks<'_>, worse: f64) -> Vec<usize> {
    let mut seen = Vec::new();
    while let Some(seeds) = looks.next() {
        let mut both = trainings(Role::Base, seeds, noise);
        both.extend(trainings(Role::Head, seeds, |seed| noise(seed) + worse));
        looks.take(both);
        seen.push(looks.seen());
    }
    seen
}

#[test]
fn what_is_clear_ends_at_the_first_look() {
    let config = config("");
    for (worse, verdict) in [(30.0, Verdict::Regressed), (-30.0, Verdict::Pass)] {
        let mut looks = Looks::new(&config, BTreeMap::new());
        assert_eq!(look(&mut looks, worse), [3]);
        assert!(looks.state().ends_with(verdict.word()), "{}", looks.state());
        assert_eq!(looks.finish().verdict, verdict);
    }
}

#[test]
fn what_is_not_goes_on_as_long_as_it_may_help() {
    let config = config("");
    let mut looks = Looks::new(&config, BTreeMap::new());
    let seen = look(&mut looks, 1.0);
    assert_eq!(seen, [3, 6]);
    assert_eq!(
        looks.state(),
        "after 6 seeds a side: inconclusive; 9 seeds a side would not decide it either"
    );
    let comparison = looks.finish();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    assert_eq!(comparison.stopped.unwrap(), "9 seeds a side would not decide it either");
    assert_eq!(comparison.observations.len(), 12);
    let outlook = comparison.metrics[0].outlook.as_ref().unwrap();
    assert!(outlook.contains("too much to decide"), "{outlook}");
    // Shown only: it neither blocks nor keeps the looks going.
    assert_eq!(comparison.metrics[1].verdict, Verdict::Pass);
}

#[test]
fn a_head_that_diverges_once_is_trained_once_more() {
    let config = config("seeds: {values: [11, 12, 13]}");
    let seeds = config.seeds.values();
    let diverging = |seed| if seed == 12 { f64::NAN } else { 0.0 };
    let start = || {
        let mut looks = Looks::new(&config, BTreeMap::new());
        let mut both = trainings(Role::Base, seeds, noise);
        both.extend(trainings(Role::Head, seeds, diverging));
        looks.take(both);
        looks
    };
    assert_eq!(start().reruns(), [12]);
    for (again, verdict) in [(f64::NAN, Verdict::Regressed), (0.0, Verdict::Inconclusive)] {
        let mut looks = start();
        looks.take_again(trainings(Role::Head, &looks.reruns(), |_| again));
        assert_eq!(looks.reruns(), [0_u64; 0]);
        assert_eq!(looks.finish().verdict, verdict);
    }
}

#[test]
fn history_lets_one_training_pass() {
    let config = config("seeds: {min: 1, max: 1}");
    let prior = Prior { values: (0..9).map(|seed| noise(seed) / 10.0).collect() };
    for (priors, verdict) in [
        (BTreeMap::new(), Verdict::Inconclusive),
        (BTreeMap::from([("loss".to_owned(), prior)]), Verdict::Pass),
    ] {
        let mut looks = Looks::new(&config, priors);
        looks.take(
            [Role::Base, Role::Head]
                .into_iter()
                .flat_map(|role| trainings(role, config.seeds.values(), |_| 0.0))
                .collect(),
        );
        assert_eq!(looks.finish().verdict, verdict);
    }
}

#[test]
fn a_training_that_did_not_report_is_missing() {
    let config = config("");
    let mut looks = Looks::new(&config, BTreeMap::new());
    let seeds = looks.next().unwrap();
    let mut both = trainings(Role::Base, seeds, noise);
    both.extend(trainings(Role::Head, &seeds[1..], noise));
    looks.take(both);
    assert!(looks.next().is_none(), "more seeds do not bring it back");
    assert_eq!(looks.metrics[0].reason, "missing in 1 of 3 trainings of head");
}
