use std::collections::BTreeMap;

use super::*;
use crate::experiment::history::RecordedReading;

fn config() -> Config {
    let text = "entrypoint: x\nmetrics: {loss: {direction: lower, absolute: 1}}\n\
                history: {directory: h}";
    Config::parse(text, "x").unwrap()
}

fn training(role: Role, seed: u64, loss: f64) -> Observation {
    Observation::invented(role, seed, BTreeMap::from([("loss".to_owned(), loss)]))
}

/// Seeds 1 to 3, of which the first gave 0.1 twice.
fn known() -> KnownBase {
    let losses = [(1, 0.1), (2, 0.2), (3, 0.3)];
    let reading = |(seed, loss): (u64, f64)| kept(&config(), &training(Role::Base, seed, loss));
    let earlier: Vec<RecordedReading> = losses.into_iter().map(reading).collect();
    let twice = [&earlier[0], &earlier[0], &earlier[1], &earlier[2]].map(|reading| (0, reading));
    KnownBase {
        anchor: Some(Anchor::new(1, &twice)),
        observations: losses.map(|(seed, loss)| training(Role::Base, seed, loss)).into(),
        earlier,
    }
}

fn seeds(known: &KnownBase) -> Vec<u64> {
    known.observations.iter().map(|one| one.seed).collect()
}

#[test]
fn the_anchor_is_trained_again_and_the_rest_holds_if_it_repeats() {
    let mut known = known();
    assert_eq!([1, 2, 3].map(|seed| known.has(seed)), [false, true, true]);
    let told = known.told().unwrap();
    assert!(told.starts_with("3 trainings of the base are known"), "{told}");
    assert!(told.contains("seed 1 is trained again"), "{told}");
    let today = [training(Role::Head, 1, 9.0), training(Role::Base, 1, 0.1)];
    assert_eq!(known.renew(&config(), &today), None);
    assert_eq!((seeds(&known), known.earlier.len()), (vec![2, 3], 3), "today's counts for seed 1");
    assert_eq!(known.renew(&config(), &[training(Role::Base, 1, 5.0)]), None, "once is enough");
}

#[test]
fn nothing_holds_if_it_does_not() {
    let crashed = Observation {
        crashed: Some("failed with exit code 1".to_owned()),
        readings: BTreeMap::new(),
        ..training(Role::Base, 1, 0.0)
    };
    for again in [training(Role::Base, 1, 0.11), crashed] {
        let mut known = known();
        let why = known.renew(&config(), &[again]).unwrap();
        assert!(why.starts_with("environment or data changed since 1970-01-01: loss of"), "{why}");
        assert!(known.observations.is_empty() && known.earlier.is_empty());
        assert_eq!([1, 2, 3].map(|seed| known.has(seed)), [false; 3]);
    }
}

#[test]
fn without_an_anchor_nothing_is_asked() {
    let mut known = KnownBase { anchor: None, ..known() };
    assert!(known.has(1));
    assert_eq!(known.renew(&config(), &[training(Role::Head, 1, 9.0)]), None);
    assert_eq!(seeds(&known), [1, 2, 3]);
}

#[test]
fn a_base_with_an_anchor_is_never_whole() {
    let text = "entrypoint: x\nmetrics: {loss: {direction: lower, absolute: 1}}\n\
                seeds: {min: 3, max: 3}\nhistory: {directory: h, reuse: ";
    for (reuse, whole) in [("true", false), ("unchecked", true)] {
        let config = Config::parse(&format!("{text}{reuse}}}"), "x").unwrap();
        assert_eq!(known().is_whole(&config), whole, "{reuse}");
    }
}
