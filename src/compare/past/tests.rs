use std::collections::BTreeMap;

use super::*;
use crate::{experiment::history::Schema, git::CommitSha};

const KEY: &str = "0123456789abcdef";

/// One run, which read `accuracy` of these seeds.
fn record(at: u64, readings: &[(u64, f64)]) -> Record {
    let reading = |(seed, value): &(u64, f64)| history::RecordedReading {
        seed: *seed,
        metrics: [("accuracy".to_owned(), *value)].into(),
        data: BTreeMap::new(),
        seconds: 1.0,
        machine: None,
    };
    Record {
        schema: Schema,
        key: KEY.into(),
        commit: CommitSha::parse(&"a".repeat(40)).unwrap(),
        subject: "a change".into(),
        at,
        run: format!("r{at}"),
        role: Role::Base,
        readings: readings.iter().map(reading).collect(),
        image: None,
        experiment: None,
        search: None,
    }
}

fn config(reuse: &str) -> Config {
    let text = format!(
        "entrypoint: x\nmetrics: {{accuracy: {{direction: higher, absolute: 0.1}}}}\n\
         history: {{directory: h, reuse: {reuse}}}"
    );
    Config::parse(&text, "test").unwrap()
}

/// Seeds and values of what stands for trainings, of what is earlier, and the seed that is done again.
type Told = (Vec<(u64, f64)>, Vec<(u64, f64)>, Option<u64>);

fn told(past: &Past, config: &Config) -> Told {
    let known = past.of_base(config, KEY, past.known(config, KEY));
    let values = |seed, of: &crate::experiment::metrics::Readings| (seed, of["accuracy"]);
    (
        known.observations.iter().map(|one| values(one.seed, &one.readings)).collect(),
        known.earlier.iter().map(|one| values(one.seed, &one.metrics)).collect(),
        known.anchor.map(|anchor| anchor.seed),
    )
}

/// Some time ago, in milliseconds since 1970.
fn ago(milliseconds: u64) -> u64 {
    now() - milliseconds
}

#[test]
fn what_a_bisect_read_is_no_base() {
    for (role, known) in [(Role::Base, 1), (Role::Head, 1), (Role::Bisect, 0)] {
        let record = Record { role, ..record(u64::MAX, &[(1, 0.9)]) };
        let (observations, earlier, _) =
            told(&Past::new(vec![record], Vec::new()), &config("true"));
        assert_eq!((observations.len(), earlier.len()), (known, known), "{role:?}");
    }
}

/// The same number stored five times is known once, and the last time counts.
#[test]
fn what_is_earlier_has_one_reading_for_each_seed() {
    let mut records: Vec<Record> = (1..=5).map(|at| record(at, &[(7, 0.9)])).collect();
    records.extend([record(6, &[(8, 0.8)]), record(7, &[(7, 0.95)]), record(2, &[(9, 0.7)])]);
    let (known, earlier, _) = told(&Past::new(records, Vec::new()), &config("false"));
    assert_eq!((known, earlier), (Vec::new(), vec![(9, 0.7), (8, 0.8), (7, 0.95)]));
}

#[test]
fn the_first_seed_that_is_known_is_the_anchor() {
    let past = |readings: &[(u64, f64)]| Past::new(vec![record(ago(1), readings)], Vec::new());
    let some = past(&[(9, 0.9), (3, 0.91), (2, 0.92)]);
    assert_eq!(told(&some, &config("true")).2, Some(2));
    assert_eq!(told(&some, &config("unchecked")).2, None);
    assert_eq!(told(&some, &config("unchecked")).0.len(), 3);
    // Nothing of a first look of three.
    let late = past(&[(9, 0.9), (4, 0.91)]);
    assert_eq!(told(&late, &config("true")).0, []);
    assert_eq!(told(&late, &config("unchecked")).0.len(), 2);
}

/// A run found that seed 1 gives something else now, and trained two more of the first look.
#[test]
fn what_was_before_the_last_change_is_forgotten_for_good() {
    let past = || {
        let before = record(ago(30), &[(1, 0.95), (2, 0.951), (3, 0.949), (4, 0.95), (5, 0.952)]);
        let repeated = record(ago(20), &[(1, 0.95)]);
        let after = record(ago(10), &[(1, 0.7), (2, 0.701), (3, 0.699)]);
        Past::new(vec![after, repeated, before], Vec::new())
    };
    let (known, earlier, anchor) = told(&past(), &config("true"));
    assert_eq!(known, [(1, 0.7), (2, 0.701), (3, 0.699)]);
    assert_eq!((earlier.len(), anchor), (3, Some(1)));
    let (known, earlier, _) = told(&past(), &config("unchecked"));
    assert_eq!((known.len(), earlier.len()), (5, 5));
}
