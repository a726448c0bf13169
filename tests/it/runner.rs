//! The runner's protocol, with real files and real processes, read by a port of the runner's parser.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use crate::world::runner_parser;

use std::{
    collections::BTreeMap,
    env, fs,
    process::Command,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use proptest::prelude::*;
use regression_action::{
    action::runner::{Level, Output, Runner, saved_state},
    progress::Progress,
};
use runner_parser::{HOSTILE, Parser};
use tempfile::TempDir;

const FILES: [&str; 3] = ["GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"];

/// A runner with its files, empty as each step finds them.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in FILES {
            fs::write(directory.path().join(name), "").unwrap();
        }
        Self(directory)
    }

    fn runner(&self) -> Runner {
        let variable =
            |name: &str| (name.to_owned(), self.0.path().join(name).display().to_string());
        Runner::from_pairs(FILES.map(variable))
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

/// Text with what would end a value, were the delimiter known.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just("\nverdict=pass\n".to_owned()),
        Just("a<<b\nc\nb".to_owned()),
        Just("\nghadelimiter_0\n".to_owned()),
        Just("\r\n".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn outputs_and_state_arrive_as_they_were_set(values in prop::collection::vec(text(), 0..5)) {
        let files = Files::new();
        let runner = files.runner();
        for value in &values {
            runner.output(Output::Reason, value).unwrap();
            runner.state("cluster", value).unwrap();
        }
        let expected = |name: &str| -> Vec<_> {
            values.iter().map(|value| (name.to_owned(), value.clone())).collect()
        };
        prop_assert_eq!(runner_parser::values(&files.text("GITHUB_OUTPUT")).unwrap(), expected("reason"));
        prop_assert_eq!(runner_parser::values(&files.text("GITHUB_STATE")).unwrap(), expected("cluster"));
    }
}

#[test]
fn summaries_are_added_up_to_what_github_takes() {
    let files = Files::new();
    let runner = files.runner();
    runner.summary("# one").unwrap();
    runner.summary("two\n").unwrap();
    assert_eq!(files.text("GITHUB_STEP_SUMMARY"), "# one\ntwo\n");
    runner.summary(&"a line of it\n".repeat(100_000)).unwrap();
    runner.summary("too much\n").unwrap();
    let summary = files.text("GITHUB_STEP_SUMMARY");
    assert!(summary.len() <= 1 << 20 && summary.len() > (1 << 20) - 100, "{}", summary.len());
    assert!(summary.contains("*The rest is left out") && !summary.contains("too much"));
}

#[test]
fn a_missing_file_is_told_by_its_variable() {
    let runner = Runner::from_pairs([("GITHUB_STATE".to_owned(), String::new())]);
    let messages = [
        ("GITHUB_OUTPUT", runner.output(Output::Verdict, "pass")),
        ("GITHUB_STATE", runner.state("a", "b")),
        ("GITHUB_STEP_SUMMARY", runner.summary("x")),
    ];
    for (name, result) in messages {
        let message = result.unwrap_err().to_string();
        assert!(message.starts_with(&format!("{name} is not set")), "{message}");
    }
}

#[test]
fn an_unwritable_file_is_told_with_its_path() {
    let path = "/nonexistent/directory/output".to_owned();
    let runner = Runner::from_pairs([("GITHUB_OUTPUT".to_owned(), path.clone())]);
    let message = runner.output(Output::Verdict, "pass").unwrap_err().to_string();
    assert!(message.contains(&path) && message.contains("GITHUB_OUTPUT"), "{message}");
}

#[test]
fn the_post_step_finds_what_was_kept() {
    let variables = [("STATE_cluster", "regression-1"), ("STATUS", "x"), ("INPUT_STATE_A", "y")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let expected = BTreeMap::from([("cluster".to_owned(), "regression-1".to_owned())]);
    assert_eq!(saved_state(variables), expected);
}

/// Set in the process that [`a_process_under_the_guard_is_obeyed_alone`] starts.
const CHILD: &str = "REGRESSION_TEST_RUNNER_CHILD";
/// As many masks as that process sets while other threads print.
const MASKS: usize = 300;

/// Our real standard error, with hostile lines from other threads between, as the runner reads it.
#[test]
fn a_process_under_the_guard_is_obeyed_alone() {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "runner::the_process_under_the_guard", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8(child.stderr).unwrap();
    assert!(child.status.success());
    let parser = Parser::parse(&printed);
    let expected: Vec<_> = (0..MASKS).map(|number| format!("masked {number}")).collect();
    assert_eq!(parser.masks()[0], "before-the-guard");
    assert_eq!(parser.masks()[1..], expected);
    let expected: Vec<_> = (0..10).map(|number| format!("message {number}")).collect();
    let expected: Vec<_> = expected.iter().map(|message| ("error", "ours", &**message)).collect();
    assert_eq!(parser.annotations(), expected);
    assert_eq!(parser.obeyed.len(), 1 + MASKS + 10);
    assert!(parser.is_stopped() && !parser.failed);
    assert!(parser.shown.iter().any(|line| line == "error: ours: one too many ## [error]x"));
}

#[test]
fn the_process_under_the_guard() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let runner = Runner::from_pairs([]);
    runner.mask(&"before-the-guard".to_owned().into()).unwrap();
    runner.guard().unwrap();
    let done = AtomicBool::new(false);
    let started = Barrier::new(3);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                started.wait();
                print_hostile_lines(&done);
            });
        }
        started.wait();
        for number in 0..MASKS {
            runner.mask_lines(&format!("masked {number}\r\nshort\n")).unwrap();
        }
        for number in 0..10 {
            runner.annotate(Level::Error, "ours", &format!("message {number}")).unwrap();
        }
        done.store(true, Ordering::Relaxed);
    });
    runner.annotate(Level::Error, "ours", "one too many\n##[error]x").unwrap();
}

fn print_hostile_lines(done: &AtomicBool) {
    let progress = Progress::stderr();
    while !done.load(Ordering::Relaxed) {
        for line in HOSTILE {
            progress.say(line);
        }
    }
}
