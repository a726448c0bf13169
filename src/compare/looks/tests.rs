use std::collections::BTreeMap;

use super::*;
use crate::{
    compare::{anchor::Anchor, past::kept},
    experiment::data::DataVersions,
};

const CONFIG: &str = "entrypoint: x
metrics: {loss: {direction: lower, absolute: 1}, seen: {direction: lower, absolute: 1, gate: false}}
";

fn config(more: &str) -> Config {
    Config::parse(&format!("{CONFIG}{more}"), "x").unwrap()
}

/// Trainings of those seeds; `loss` is NaN for a divergence.
fn trainings(role: Role, seeds: &[u64], loss: impl Fn(u64) -> f64) -> Vec<Observation> {
    let training = |seed: &u64| {
        let readings = [("loss".to_owned(), loss(*seed)), ("seen".to_owned(), 9.0)];
        Observation::invented(role, *seed, readings.into())
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
        looks.add(both);
        looks.take();
        looks.judge();
        seen.push(looks.seen());
    }
    seen
}

#[test]
fn what_is_clear_ends_at_the_first_look() {
    let config = config("");
    for (worse, verdict) in [(30.0, Verdict::Regressed), (-30.0, Verdict::Pass)] {
        let mut looks = Looks::new(&config, KnownBase::default());
        assert_eq!(look(&mut looks, worse), [3]);
        assert!(looks.state().ends_with(verdict.word()), "{}", looks.state());
        assert_eq!(looks.finish().verdict, verdict);
    }
}

#[test]
fn what_is_not_goes_on_as_long_as_it_may_help() {
    let config = config("");
    let mut looks = Looks::new(&config, KnownBase::default());
    let seen = look(&mut looks, 1.0);
    assert_eq!(seen, [3, 5, 7]);
    assert_eq!(
        looks.state(),
        "after 7 seeds a side: inconclusive; 9 seeds a side would not decide it either"
    );
    let comparison = looks.finish();
    assert_eq!(comparison.verdict, Verdict::Inconclusive);
    assert_eq!(comparison.stopped.unwrap(), "9 seeds a side would not decide it either");
    assert_eq!(comparison.observations.len(), 14);
    let outlook = comparison.metrics[0].outlook.as_ref().unwrap();
    assert!(outlook.contains("too much to decide"), "{outlook}");
    // Shown only: it neither blocks nor keeps the looks going.
    assert_eq!(comparison.metrics[1].verdict, Verdict::Pass);
}

#[test]
fn other_seeds_are_trained_in_place_of_those_that_diverge() {
    let config = config("seeds: {values: [11, 12, 1]}");
    let seeds = config.seeds.values();
    let diverging = |which: &'static [u64]| {
        move |seed| if which.contains(&seed) { f64::NAN } else { noise(seed) / 10.0 }
    };
    let start = |base: &'static [u64], head: &'static [u64]| {
        let mut looks = Looks::new(&config, KnownBase::default());
        let mut both = trainings(Role::Base, seeds, diverging(base));
        both.extend(trainings(Role::Head, seeds, diverging(head)));
        looks.add(both);
        looks.take();
        looks
    };
    assert_eq!(start(&[], &[]).spare(), [0_u64; 0]);
    assert_eq!(start(&[], &[12]).spare(), [2]);
    assert_eq!(start(&[11], &[12]).spare(), [2], "as many as on the side that lost more");
    let all: &[u64] = &[11, 12, 1, 2, 3, 4];
    assert_eq!(start(&[], all).spare(), [2, 3, 4]);
    for (head, verdict) in [(all, Verdict::Regressed), (&[12], Verdict::Pass)] {
        let mut looks = start(&[], head);
        let spares = looks.spare();
        let mut both = trainings(Role::Base, &spares, diverging(&[]));
        both.extend(trainings(Role::Head, &spares, diverging(head)));
        looks.take_spare(both);
        looks.judge();
        let comparison = looks.finish();
        assert_eq!(comparison.verdict, verdict, "{:?}", comparison.metrics[0]);
        let spare = comparison.observations.iter().filter(|one| one.spare).count();
        assert_eq!(spare, 2 * spares.len());
    }
}

#[test]
fn a_crash_is_replaced_and_counted() {
    let config = config("seeds: {values: [1, 2, 3]}");
    let mut looks = Looks::new(&config, KnownBase::default());
    let mut both = trainings(Role::Base, config.seeds.values(), noise);
    both.extend(trainings(Role::Head, config.seeds.values(), noise));
    both[4].crashed = Some("failed with exit code 1".into());
    both[4].readings.clear();
    looks.add(both);
    looks.take();
    assert_eq!(looks.spare(), [4]);
    // Where there is no money for it, what there is is judged.
    looks.judge();
    let told = "crashed in 1 of 3 trainings of head and 0 of 3 of base";
    assert!(looks.metrics[0].reason.contains(told), "{}", looks.metrics[0].reason);
}

#[test]
fn a_known_base_gives_all_at_the_first_look() {
    let config = config("");
    let observations = trainings(Role::Base, config.seeds.values(), noise);
    let mut looks = Looks::new(&config, KnownBase { observations, ..KnownBase::default() });
    let seeds = looks.next().unwrap();
    looks.add(trainings(Role::Head, seeds, |seed| noise(seed) + 0.01));
    looks.take();
    looks.judge();
    let metric = &looks.metrics[0];
    assert_eq!((metric.base_seeds, metric.head_seeds), (9, 3));
}

#[test]
fn a_base_of_other_data_is_not_known() {
    let config = config("");
    let data = |version: &str| DataVersions::from([("train".to_owned(), version.to_owned())]);
    let told = |role, seeds: &[u64], version| {
        let tell = |one| Observation { data: data(version), ..one };
        trainings(role, seeds, noise).into_iter().map(tell).collect::<Vec<_>>()
    };
    let reading = |seed, version| history::RecordedReading {
        seed,
        metrics: BTreeMap::from([("loss".to_owned(), 0.0)]),
        data: data(version),
        seconds: 1.0,
        machine: None,
    };
    let mut observations = told(Role::Base, &[1, 2], "v1");
    observations.extend(told(Role::Base, &[3], "v2"));
    let earlier = vec![reading(20, "v1"), reading(21, "v2")];
    let mut looks =
        Looks::new(&config, KnownBase { observations, earlier, ..KnownBase::default() });
    assert!([1, 2, 3].iter().all(|seed| looks.has(Role::Base, *seed)));
    let why = looks.add(told(Role::Head, &[1, 2, 3], "v2")).unwrap();
    assert!(why.contains("2 earlier trainings"), "{why}");
    assert_eq!([1, 2, 3].map(|seed| looks.has(Role::Base, seed)), [false, false, true]);
    assert_eq!(looks.add(told(Role::Base, &[1, 2], "v2")), None);
    looks.take();
    assert_eq!(looks.prior("loss").values.len(), 1);
    assert_eq!(looks.readings(Role::Base, "loss").len(), 3);
    assert!(looks.finish().renewed.is_some());
}

#[test]
fn history_lets_one_training_pass() {
    let config = config("seeds: {min: 1, max: 1}");
    let reading = |seed| history::RecordedReading {
        seed,
        metrics: BTreeMap::from([("loss".to_owned(), noise(seed) / 10.0)]),
        data: DataVersions::new(),
        seconds: 1.0,
        machine: None,
    };
    let of = |seeds: std::ops::Range<u64>| seeds.map(reading).collect::<Vec<_>>();
    for (earlier, verdict) in [
        (Vec::new(), Verdict::Inconclusive),
        (of(2..11), Verdict::Pass),
        // The seed of today is not known twice.
        (of(1..9), Verdict::Inconclusive),
    ] {
        let mut looks = Looks::new(&config, KnownBase { earlier, ..KnownBase::default() });
        looks.add(
            [Role::Base, Role::Head]
                .into_iter()
                .flat_map(|role| trainings(role, config.seeds.values(), |_| 0.0))
                .collect(),
        );
        looks.take();
        looks.judge();
        assert_eq!(looks.finish().verdict, verdict);
    }
}

#[test]
fn a_training_that_did_not_report_is_missing() {
    let config = config("");
    let mut looks = Looks::new(&config, KnownBase::default());
    let seeds = looks.next().unwrap();
    let mut both = trainings(Role::Base, seeds, noise);
    both.extend(trainings(Role::Head, &seeds[1..], noise));
    looks.add(both);
    looks.take();
    looks.judge();
    assert!(looks.next().is_none(), "more seeds do not bring it back");
    assert_eq!(looks.metrics[0].reason, "missing in 1 of 3 trainings of head");
}

/// Head is as good as base is today, and base is worse than it was.
#[test]
fn a_base_that_drifted_is_trained_in_full() {
    let config = config("seeds: {min: 3, max: 3}");
    let seeds = config.seeds.values();
    let then: Vec<history::RecordedReading> =
        trainings(Role::Base, seeds, noise).iter().map(|one| kept(&config, one)).collect();
    let twice: Vec<(u64, &history::RecordedReading)> =
        [&then[0], &then[0], &then[1], &then[2]].map(|reading| (0, reading)).into();
    let look = |drift: f64| {
        let observations = trainings(Role::Base, seeds, noise);
        let anchor = Some(Anchor::new(seeds[0], &twice));
        let mut looks =
            Looks::new(&config, KnownBase { observations, earlier: then.clone(), anchor });
        assert_eq!(looks.unproven(), [Role::Head]);
        let today = |seed| noise(seed) + drift;
        let mut first = trainings(Role::Base, &seeds[..1], today);
        first.extend(trainings(Role::Head, seeds, today));
        let changed = looks.add(first).is_some();
        let missing: Vec<u64> =
            seeds.iter().copied().filter(|seed| !looks.has(Role::Base, *seed)).collect();
        looks.add(trainings(Role::Base, &missing, today));
        looks.take();
        looks.judge();
        (changed, missing, looks.finish())
    };
    let (changed, missing, comparison) = look(0.0);
    assert_eq!((changed, missing, comparison.verdict), (false, Vec::new(), Verdict::Pass));
    assert_eq!(comparison.observations.len(), 6, "the anchor counts in place of what it was");
    let (changed, missing, comparison) = look(30.0);
    assert_eq!((changed, missing), (true, seeds[1..].to_vec()));
    assert_eq!(comparison.verdict, Verdict::Pass);
    assert!(comparison.renewed.unwrap().starts_with("environment or data changed since"));
}
