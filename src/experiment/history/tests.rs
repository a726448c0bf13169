use std::{collections::BTreeMap, fs, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    experiment::{data::DataVersions, measure::Role},
    git::CommitSha,
};

fn sha(digit: char) -> CommitSha {
    CommitSha::parse(&digit.to_string().repeat(40)).unwrap()
}

fn reading(seed: u64, value: f64) -> RecordedReading {
    let metrics = BTreeMap::from([("loss".to_owned(), value)]);
    RecordedReading { seed, metrics, data: DataVersions::new(), seconds: 1.5, machine: None }
}

fn record(key: &str, commit: char, at: u64, readings: &[(u64, f64)]) -> Record {
    Record {
        schema: Schema,
        key: key.into(),
        commit: sha(commit),
        subject: "a change".into(),
        at,
        run: "r1".into(),
        role: Role::Base,
        readings: readings.iter().map(|(seed, value)| reading(*seed, *value)).collect(),
        image: None,
        experiment: None,
        search: None,
    }
}

const KEY: &str = "0123456789abcdef";

#[test]
fn the_form_is_what_other_programs_may_rely_on() {
    let mut record = record(KEY, 'a', 1_700_000_000_123, &[(1, 0.5)]);
    record.readings[0].metrics.extend([
        ("nan".to_owned(), f64::NAN),
        ("up".to_owned(), f64::INFINITY),
        ("down".to_owned(), f64::NEG_INFINITY),
    ]);
    let json: serde_json::Value = serde_json::from_slice(&record.encode().unwrap()).unwrap();
    let expected = serde_json::json!({
        "schema": 1, "key": KEY, "commit": "a".repeat(40), "subject": "a change",
        "at": 1_700_000_000_123_u64, "run": "r1", "role": "base", "image": null, "experiment": null,
        "readings": [{
            "seed": 1, "seconds": 1.5, "machine": null,
            "metrics": {"loss": 0.5, "nan": "NaN", "up": "Infinity", "down": "-Infinity"},
        }],
    });
    assert_eq!(json, expected);
    let name = place::names(&record).next().unwrap();
    assert_eq!(name, "1700000000123-r1-base.json");
    assert_eq!(place::time(&name), Some(record.at));
}

#[test]
fn unknown_fields_are_skipped_and_unknown_schemas_are_told() {
    let record = record(KEY, 'a', 5, &[(1, 2.0)]);
    let mut json: serde_json::Value = serde_json::from_slice(&record.encode().unwrap()).unwrap();
    json["later"] = 1.into();
    json["readings"][0]["power"] = 2.into();
    json["readings"][0]["metrics"]["loss"] = 2.into();
    json.as_object_mut().unwrap().remove("image");
    assert_eq!(Record::decode(KEY, json.to_string().as_bytes()).unwrap(), record);
    // The rest of another schema is not looked at.
    let error = Record::decode(KEY, br#"{"schema": 2, "key": 7}"#).unwrap_err();
    assert!(format!("{error:#}").contains("schema 2"), "{error:#}");
    for broken in ["", "{}", "[1]", "\0", r#"{"schema": 1}"#, r#"{"schema": -1}"#] {
        assert!(Record::decode(KEY, broken.as_bytes()).is_err(), "{broken}");
    }
    assert!(Record::decode("fedcba98", json.to_string().as_bytes()).is_err());
}

#[test]
fn what_could_not_be_read_again_is_not_kept() {
    let fit = record(KEY, 'a', 5, &[(1, 2.0)]);
    let refused = |change: &dyn Fn(&mut Record)| {
        let mut record = fit.clone();
        change(&mut record);
        format!("{:#}", record.encode().unwrap_err())
    };
    assert!(refused(&|record| record.key = "../../x".into()).contains("`../../x` is not"));
    assert!(refused(&|record| record.key = "ABCDEF0123".into()).contains("lower-case"));
    assert!(refused(&|record| record.run = "a/b".into()).contains("`a/b` is not"));
    assert!(refused(&|record| record.run = String::new()).contains("1 to 100"));
    assert!(refused(&|record| record.subject = "x".repeat(2 << 20)).contains("bytes"));
}

#[test]
fn names_that_no_record_has_are_harmless() {
    let names = [
        "",
        ".json",
        "-.json",
        "x-r-base.json",
        "1-r-base",
        "1_r.json",
        "1-a/b.json",
        "1-\n.json",
        ".1-r-base.json",
        "1-\u{202e}.json",
        "99999999999999999999999-r-base.json",
    ];
    for name in names {
        assert_eq!(place::time(name), None, "{name}");
    }
    assert_eq!(place::time(&format!("1-{}.json", "a".repeat(300))), None);
}

#[test]
fn the_newest_files_are_read_and_the_rest_is_told() {
    let mut listing = listing::Listing::new();
    for at in 0..25_000 {
        listing.found(KEY, &format!("{at}-r-base.json"), 10, at);
    }
    listing.found(KEY, "7-r-base.json", 2 << 20, 0);
    let (files, warnings) = listing.newest();
    assert_eq!((files.len(), files[0].source, files[9_999].source), (10_000, 24_999, 15_000));
    let read = listing::decode(std::iter::empty::<(listing::ListedFile<()>, _)>(), warnings);
    assert_eq!(read.warnings.len(), 2);
    assert!(read.warnings[0].contains("larger than 1 MiB"), "{:?}", read.warnings);
    assert!(read.warnings[1].contains("15000 older"), "{:?}", read.warnings);

    let mut listing = listing::Listing::new();
    for at in 0..200 {
        listing.found(KEY, &format!("{at}-r-base.json"), 1 << 20, at);
    }
    assert_eq!(listing.newest().0.len(), 128);
}

#[test]
fn warnings_are_bounded_and_printable() {
    let mut listing = listing::Listing::new();
    for _ in 0..1000 {
        listing.found(KEY, "\u{1b}[31m\n::error::x", 1, ());
    }
    let (_, warnings) = listing.newest();
    let read = listing::decode(std::iter::empty::<(listing::ListedFile<()>, _)>(), warnings);
    assert_eq!(read.warnings.len(), 21);
    assert!(read.warnings[20].contains("980 more"), "{:?}", read.warnings);
    assert!(!read.warnings[0].contains(['\n', '\u{1b}']), "{:?}", read.warnings);
}

#[test]
fn known_readings_are_of_the_key_and_young_and_one_for_each_seed() {
    let records = [
        record(KEY, 'a', 9_000, &[(1, 1.0), (2, 2.0)]),
        record(KEY, 'b', 8_000, &[(2, 20.0), (3, 3.0)]),
        record(KEY, 'b', 4_999, &[(4, 4.0)]),
        record("fedcba98", 'a', 9_000, &[(5, 5.0)]),
        // Another machine's clock is ahead.
        record(KEY, 'c', 11_000, &[(6, 6.0)]),
    ];
    let known = known(&records, KEY, Duration::from_secs(5), 10_000);
    let expected = [(1, 1.0), (2, 2.0), (3, 3.0), (6, 6.0)];
    assert_eq!(known, expected.map(|(seed, value)| reading(seed, value)));
    let backwards = super::known(records.iter().rev(), KEY, Duration::from_secs(5), 10_000);
    assert_eq!(backwards, known);
}

#[test]
fn the_spread_is_pooled_within_keys() {
    // Sums of squares 2 and 8/3 + 2/3 + ... by hand: {1, 3}: mean 2, SS 2; {10, 11, 15}: mean 12, SS 14.
    let records = [
        record("aaaa0000", 'a', 1, &[(1, 1.0), (2, 3.0), (3, f64::NAN)]),
        record("aaaa1111", 'b', 2, &[(1, 10.0)]),
        record("aaaa1111", 'b', 3, &[(2, 11.0), (3, 15.0), (1, 10.0)]),
        record("aaaa2222", 'c', 4, &[(1, 1e9)]),
        record("bbbb0000", 'd', 5, &[(1, 0.0), (2, 1000.0)]),
        Record { role: Role::Bisect, ..record("aaaa0000", 'a', 6, &[(8, 1e6), (9, -1e6)]) },
    ];
    let spread_of = |prefix: &str| spread(&records, prefix, "loss");
    let pooled = spread_of("aaaa").unwrap();
    assert_eq!((pooled.n, pooled.freedom, pooled.mean), (5, 3, 8.0));
    assert!((pooled.sd - (16.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{pooled:?}");
    let one = spread_of("aaaa0000").unwrap();
    assert!((one.sd - 2.0_f64.sqrt()).abs() < 1e-12, "{one:?}");
    assert_eq!(spread_of("aaaa2222"), None);
    assert_eq!(spread_of("cccc"), None);
    assert_eq!(spread(&records, "", "accuracy"), None);
}

#[test]
fn seeds_agree_between_commits_as_far_as_they_move_together() {
    // Deviations (-1, 0, 1) and (-2, 0, 2); then (-2, 2) of the seeds 1 and 3, and (3, -3).
    let together = [
        record("aaaa0000", 'a', 1, &[(1, 1.0), (2, 2.0), (3, 3.0)]),
        record("bbbb0000", 'b', 2, &[(3, 14.0), (1, 10.0), (2, 12.0), (7, 99.0)]),
    ];
    let found = agreement(&together, "loss").unwrap();
    assert_eq!(found.freedom, 2);
    assert!((found.correlation - 1.0).abs() < 1e-12, "{found:?}");
    let apart = record("cccc0000", 'c', 3, &[(1, 6.0), (3, 0.0)]);
    let all = [together[0].clone(), together[1].clone(), apart];
    let found = agreement(&all, "loss").unwrap();
    // (4 - 12) / sqrt((2 + 8) * (8 + 18)).
    assert_eq!(found.freedom, 3);
    assert!((found.correlation + 8.0 / 260.0_f64.sqrt()).abs() < 1e-12, "{found:?}");
    let still = [1.0, 1.0].map(|value| record("dddd0000", 'd', 4, &[(1, value), (2, value)]));
    assert_eq!(agreement(&still, "loss"), None);
    assert_eq!(agreement(&together, "accuracy"), None);
}

#[test]
fn a_repeated_seed_does_not_make_noise_small() {
    let once = record(KEY, 'a', 1, &[(1, 1.0), (2, 3.0)]);
    let again: Vec<_> = (0..50).map(|at| Record { at, ..once.clone() }).collect();
    assert_eq!(spread(&again, KEY, "loss"), spread([&once], KEY, "loss"));
}

#[test]
fn the_trend_has_a_point_for_each_commit_in_order_of_time() {
    let records = [
        record("cccc0000", 'c', 30, &[(1, 7.0)]),
        record("aaaa0000", 'a', 25, &[(2, 3.0)]),
        record("bbbb0000", 'b', 20, &[(1, f64::INFINITY)]),
        record("aaaa0000", 'a', 10, &[(1, 1.0)]),
        record("dddd0000", 'd', 5, &[(1, 9.0)]),
    ];
    let point = |commit, at, mean, n| HistoryPoint { commit: sha(commit), at, mean, n };
    let (d, a, c) = (point('d', 5, 9.0, 1), point('a', 10, 2.0, 2), point('c', 30, 7.0, 1));
    assert_eq!(trend(&records, "loss", 10), [d, a.clone(), c.clone()]);
    assert_eq!(trend(&records, "loss", 2), [a, c]);
    assert_eq!(trend(&records, "accuracy", 2), []);
}

#[tokio::test]
async fn a_link_is_not_followed_and_a_pipe_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("history");
    let history = History::directory(&root);
    let record = record(KEY, 'a', 5, &[(1, 2.0)]);
    history.append(&record).await.unwrap();
    let name = place::names(&record).next().unwrap();
    let files = root.join(KEY);
    std::os::unix::fs::symlink(files.join(&name), files.join("6-r1-base.json")).unwrap();
    std::os::unix::fs::symlink(&files, root.join("fedcba98")).unwrap();
    let pipe = files.join("7-r1-base.json");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    fs::create_dir(files.join("8-r1-base.json")).unwrap();
    let read = history.read().await.unwrap();
    assert_eq!(read.records, std::slice::from_ref(&record));
    assert_eq!(read.warnings.len(), 3, "{:?}", read.warnings);
    // Nor is anything written through one.
    let through = Record { key: "fedcba98".into(), ..record };
    let error = history.append(&through).await.unwrap_err();
    assert!(format!("{error:#}").contains("symbolic link"), "{error:#}");
    assert_eq!(history.read().await.unwrap().records.len(), 1);
}

fn number() -> impl Strategy<Value = f64> {
    let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MIN_POSITIVE, 5e-324];
    prop_oneof![4 => any::<f64>(), 1 => proptest::sample::select(special.to_vec())]
}

fn a_reading() -> impl Strategy<Value = RecordedReading> {
    let metrics = proptest::collection::btree_map(".{0,8}", number(), 0..5);
    let text = proptest::collection::btree_map(".{0,8}", ".{0,8}", 0..3);
    let machine = proptest::option::of(text);
    (any::<u64>(), metrics, number(), machine).prop_map(|(seed, metrics, seconds, machine)| {
        RecordedReading { seed, metrics, data: DataVersions::new(), seconds, machine }
    })
}

fn a_record() -> impl Strategy<Value = Record> {
    let texts = (".*", proptest::option::of(".*"), proptest::option::of(".*"));
    let names = ("[0-9a-f]{8,128}", "[0-9a-f]{40}", "[A-Za-z0-9_-]{1,100}");
    let role = proptest::sample::select(vec![Role::Base, Role::Head, Role::Bisect]);
    let readings = proptest::collection::vec(a_reading(), 0..4);
    let part = proptest::option::of((".*", any::<u64>(), ".*"));
    let part = part.prop_map(|part| {
        let (question, fresh, line) = part?;
        Some(SearchPart { question, fresh, line: serde_json::json!({"reading": line}) })
    });
    (names, texts, any::<u64>(), role, (readings, part)).prop_map(
        |(names, texts, at, role, (readings, search))| {
            let ((key, commit, run), (subject, image, experiment)) = (names, texts);
            let commit = CommitSha::parse(&commit).unwrap();
            let schema = Schema;
            Record {
                schema,
                key,
                commit,
                subject,
                at,
                run,
                role,
                readings,
                image,
                experiment,
                search,
            }
        },
    )
}

/// Equal where numbers are equal bit by bit; every NaN is the same.
fn exactly(record: &Record) -> String {
    let numbers = |reading: &RecordedReading| -> Vec<u64> {
        let values = reading.metrics.values().chain([&reading.seconds]);
        values.map(|value| if value.is_nan() { 1 } else { value.to_bits() }).collect()
    };
    let numbers: Vec<_> = record.readings.iter().map(numbers).collect();
    format!("{record:?} {numbers:?}")
}

proptest! {
    #[test]
    fn a_record_is_read_as_it_was_written(record in a_record()) {
        let bytes = record.encode().unwrap();
        let read = Record::decode(&record.key, &bytes).unwrap();
        prop_assert_eq!(exactly(&read), exactly(&record));
        let name = place::names(&record).nth(1).unwrap();
        prop_assert_eq!(place::time(&name), Some(record.at));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), name in ".*") {
        drop(Record::decode(KEY, &bytes));
        place::time(&name);
    }
}
