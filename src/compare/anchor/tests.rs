use super::*;
use crate::experiment::data::DataVersions;

/// Accuracy counts, seconds do not.
fn config() -> Config {
    let metric = "{direction: higher, absolute: 0.01}";
    let shown = "{direction: lower, relative: 5%, gate: false}";
    let text = format!("entrypoint: x\nmetrics: {{accuracy: {metric}, seconds: {shown}}}");
    Config::parse(&text, "x").unwrap()
}

fn reading(seed: u64, accuracy: f64) -> RecordedReading {
    RecordedReading {
        seed,
        metrics: BTreeMap::from([("accuracy".to_owned(), accuracy)]),
        data: DataVersions::new(),
        seconds: 1.0,
        machine: None,
    }
}

fn on(machine: &[(&str, &str)], reading: RecordedReading) -> RecordedReading {
    let facts = machine.iter().map(|(name, fact)| ((*name).to_owned(), (*fact).to_owned()));
    RecordedReading { machine: Some(facts.collect()), ..reading }
}

/// A day each after 2026-11-03.
fn dated(past: &[RecordedReading]) -> Vec<Dated<'_>> {
    let at = |day: usize| 1_793_700_000_000 + 86_400_000 * day as u64;
    past.iter().enumerate().map(|(day, reading)| (at(day), reading)).collect()
}

fn refuted(past: &[RecordedReading], again: &RecordedReading) -> Option<String> {
    Anchor::new(again.seed, &dated(past)).refuted(&config(), again)
}

/// Three seeds, of which the first was read twice.
fn fixed() -> Vec<RecordedReading> {
    vec![reading(2, 0.97), reading(3, 0.93), reading(1, 0.95), reading(1, 0.95)]
}

#[test]
fn what_repeats_holds() {
    assert_eq!(refuted(&fixed(), &reading(1, 0.95)), None);
    assert_eq!(refuted(&fixed(), &reading(7, 0.2)), None, "it was never read");
    let mut slower = reading(1, 0.95);
    slower.metrics.insert("seconds".to_owned(), 900.0);
    assert_eq!(refuted(&fixed(), &slower), None, "what does not count may move");
}

#[test]
fn what_does_not_is_told_with_the_day_and_what_differs() {
    let old = [("driver", "535.1"), ("gpu", "A10G"), ("node", "worker-1"), ("python", "3.11.9")];
    let mut past = fixed();
    past[3] = on(&old, reading(1, 0.95));
    let new = [("driver", "550.2"), ("gpu", "A10G"), ("node", "worker-7"), ("cpu", "Xeon")];
    let changed = refuted(&past, &on(&new, reading(1, 0.9))).unwrap();
    let expected = "environment or data changed since 2026-11-06: accuracy of seed 1 was 0.95 and is now \
                    0.9; driver was 535.1 and is 550.2, node was worker-1 and is worker-7";
    assert_eq!(changed, expected);
    let changed = refuted(&past, &on(&old, reading(1, 0.9))).unwrap();
    assert!(changed.ends_with("; nothing that is recorded of its machine differs"), "{changed}");
}

#[test]
fn a_metric_that_is_gone_or_not_finite_does_not_repeat() {
    let missing = RecordedReading { metrics: BTreeMap::new(), ..reading(1, 0.0) };
    let changed = refuted(&fixed(), &missing).unwrap();
    assert!(changed.contains("accuracy of seed 1 was 0.95 and is now missing"), "{changed}");
    assert!(refuted(&fixed(), &reading(1, f64::NAN)).unwrap().contains("is now NaN"));
    // The old ones that were not finite are none.
    assert_eq!(refuted(&[reading(1, f64::NAN)], &reading(1, 0.5)), None);
}

#[test]
fn noise_of_its_own_is_no_change() {
    let noisy: Vec<RecordedReading> =
        [0.950, 0.953, 0.948, 0.951].into_iter().map(|value| reading(1, value)).collect();
    assert_eq!(refuted(&noisy, &reading(1, 0.955)), None);
    assert!(refuted(&noisy, &reading(1, 0.93)).is_some());
}

#[test]
fn other_data_are_no_repeats() {
    let told = |version: &str, reading| RecordedReading {
        data: DataVersions::from([("train".to_owned(), version.to_owned())]),
        ..reading
    };
    let past: Vec<RecordedReading> = fixed().into_iter().map(|one| told("v1", one)).collect();
    assert_eq!(refuted(&past, &told("v2", reading(1, 0.5))), None);
    assert!(refuted(&past, &told("v1", reading(1, 0.5))).is_some());
}

#[test]
fn steady_is_what_came_since_the_last_change() {
    let mut past = fixed();
    past.extend([reading(1, 0.7), reading(2, 0.71), reading(1, 0.7)]);
    let length = |past: &[RecordedReading]| steady(&config(), &dated(past)).len();
    assert_eq!(length(&past[..4]), 4);
    assert_eq!(length(&past), 3);
    assert_eq!(length(&[]), 0);
    let many: Vec<RecordedReading> = (0..500).map(|_| reading(1, 0.95)).collect();
    assert_eq!(length(&many), MOST);
}
