use std::{fs, path::PathBuf};

use super::*;
use crate::{
    bisect::{
        journal::{Noted, Skipped},
        policy::{Purpose, SkipReason},
    },
    git::CommitSha,
};

const KEY: &str = "0123456789abcdef";

fn sha() -> CommitSha {
    CommitSha::parse(&"a".repeat(40)).unwrap()
}

fn reading(repeat: usize) -> JournalEntry {
    JournalEntry::Reading(Noted {
        inside: None,
        commit: sha(),
        home: None,
        purpose: Purpose::Ends,
        repeat,
        round: 0,
        seed: 1,
        value: None,
        seconds: 1.0,
        gpus: 0.0,
        log: PathBuf::from("/elsewhere"),
        at: 5,
    })
}

fn record(at: u64, question: &str, fresh: u64, line: serde_json::Value) -> Record {
    Record {
        schema: Schema,
        key: KEY.into(),
        commit: sha(),
        subject: "a change".into(),
        at,
        run: "r".into(),
        role: Role::Bisect,
        readings: Vec::new(),
        image: None,
        experiment: None,
        search: Some(SearchPart { question: question.into(), fresh, line }),
    }
}

#[test]
fn a_question_finds_its_own_lines_of_the_last_fresh_start_and_nobody_elses() {
    let line = |entry: &JournalEntry| serde_json::to_value(entry).unwrap();
    let skip = JournalEntry::Skip(Skipped {
        commit: sha(),
        reason: SkipReason::Run,
        why: "it fails".into(),
    });
    let compared = Record { search: None, role: Role::Base, ..record(9, "", 0, true.into()) };
    let others = record(8, "other", 9, line(&reading(0)));
    // The newest first, as the history yields them.
    let records = vec![
        compared.clone(),
        others.clone(),
        record(7, "q", 2, line(&skip)),
        record(6, "q", 2, line(&reading(1))),
        record(6, "q", 2, serde_json::json!({"of a later version": 1})),
        record(5, "q", 0, line(&reading(2))),
    ];
    let (copy, rest) = split(records, "q");
    assert_eq!((copy.fresh, copy.entries), (2, vec![reading(1), skip]));
    assert_eq!(rest, [compared, others]);
}

#[tokio::test]
async fn what_cannot_be_appended_waits_for_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("history");
    // Nothing can be written below a file.
    fs::write(&root, "").unwrap();
    let history = History::directory(&root);
    let progress = Progress::silent();
    let (records, waiting) = unbounded_channel();
    let keeping = keep(&history, waiting, &progress);
    tokio::pin!(keeping);
    records.send(record(1, "q", 0, 1.into())).unwrap();
    // Tried, in vain: it waits for the next.
    let tried = tokio::time::timeout(Duration::from_secs(1), &mut keeping).await;
    assert!(tried.is_err());
    fs::remove_file(&root).unwrap();
    records.send(record(2, "q", 0, 2.into())).unwrap();
    drop(records);
    keeping.await;
    assert_eq!(history.read().await.unwrap().records.len(), 2);
}
