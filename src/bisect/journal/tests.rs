use std::fs;

use super::*;

fn sha(digit: char) -> CommitSha {
    CommitSha::parse(&digit.to_string().repeat(40)).unwrap()
}

/// The search's reading of a commit with that repeat.
fn reading(commit: char, repeat: usize, value: f64) -> JournalEntry {
    JournalEntry::Reading(Noted {
        inside: None,
        commit: sha(commit),
        home: None,
        purpose: Purpose::Search,
        repeat,
        round: 0,
        seed: 1,
        value: Some(value),
        seconds: 1.0,
        gpus: 2.0,
        log: PathBuf::new(),
        at: 5,
    })
}

fn skip(commit: char) -> JournalEntry {
    JournalEntry::Skip(Skipped {
        commit: sha(commit),
        reason: SkipReason::Run,
        why: "it fails".into(),
    })
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("a.jsonl")
    }

    fn open(&self, fresh: u64, entries: &[JournalEntry]) -> Journal {
        Journal::open(&self.path(), Copy { fresh, entries: entries.to_vec() }).unwrap()
    }
}

#[test]
fn what_two_places_hold_is_joined_and_each_reading_is_there_once() {
    let (a, b) = (reading('a', 0, 1.0), reading('b', 0, 2.0));
    let place = Place::new();
    place.open(0, &[]).add(a.clone()).unwrap();
    // Of the same reading the one that is here counts; that of another home is another.
    let at_home = match reading('b', 0, 3.0) {
        JournalEntry::Reading(noted) => {
            JournalEntry::Reading(Noted { home: Some(sha('c')), ..noted })
        }
        JournalEntry::Skip(_) => unreachable!(),
    };
    let copy = [reading('a', 0, 9.0), b.clone(), at_home.clone(), skip('a'), skip('a'), b.clone()];
    let joined = [a, b, at_home, skip('a')];
    assert_eq!(place.open(0, &copy).entries(), joined);
    assert_eq!(place.open(0, &[]).entries(), joined, "it is written down");
}

#[test]
fn of_two_searches_the_one_begun_afresh_later_counts() {
    let (a, b) = (reading('a', 0, 1.0), reading('b', 0, 2.0));
    let place = Place::new();
    place.open(0, &[]).add(a.clone()).unwrap();
    let copy = Copy { fresh: 7, entries: vec![a.clone()] };
    let afresh = Journal::open_afresh(&place.path(), &copy, 5).unwrap();
    // By a clock that is behind.
    assert_eq!((afresh.fresh(), afresh.entries()), (8, vec![]));
    afresh.add(b.clone()).unwrap();
    drop(afresh);
    assert_eq!(place.open(7, std::slice::from_ref(&a)).entries(), [b]);
    let later = place.open(9, std::slice::from_ref(&a));
    assert_eq!((later.fresh(), later.entries()), (9, vec![a.clone()]));
    drop(later);
    assert_eq!(place.open(0, &[]).fresh(), 9);
}

#[test]
fn a_torn_line_is_dropped_and_a_broken_one_is_told() {
    let place = Place::new();
    place.open(0, &[]).add(skip('a')).unwrap();
    let whole = fs::read_to_string(place.path()).unwrap();
    fs::write(place.path(), format!("{whole}{{\"reading\":{{")).unwrap();
    assert_eq!(place.open(0, &[]).entries(), [skip('a')]);
    assert_eq!(fs::read_to_string(place.path()).unwrap(), whole);
    fs::write(place.path(), format!("{{}}\n{whole}")).unwrap();
    let error = Journal::open(&place.path(), Copy::default()).unwrap_err();
    assert!(format!("{error:#}").contains("--fresh"), "{error:#}");
    let afresh = Journal::open_afresh(&place.path(), &Copy::default(), 5).unwrap();
    assert_eq!((afresh.fresh(), afresh.entries()), (5, vec![]));
}

#[test]
fn one_search_at_a_time_holds_it() {
    let place = Place::new();
    let held = place.open(0, &[]);
    let error = Journal::open(&place.path(), Copy::default()).unwrap_err();
    assert!(error.to_string().contains("another bisect"), "{error}");
    assert!(try_hold(&place.path()).unwrap().is_none());
    drop(held);
    assert!(try_hold(&place.path()).unwrap().is_some());
}
