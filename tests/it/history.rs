//! The history in a directory and on a branch, by the real git program: from a bare repository on this
//! machine, and over HTTP with a token.

#![allow(clippy::print_stdout, reason = "the times are what people read these tests for")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::Ordering,
    time::Instant,
};

use crate::world::{
    executable,
    git_backend::{BASIC, GitServer, TOKEN},
};
use futures_util::future::try_join_all;
use regression_action::{
    experiment::{
        history::{History, HistoryBranch, Record, RecordedReading, Schema},
        measure::Role,
    },
    git::CommitSha,
};
use tempfile::TempDir;

const NAME: &str = "regression-history";
const KEY: &str = "0123456789abcdef";

/// A bare repository `acme/train`, and room for clones.
struct World {
    directory: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir_all(world.origin()).unwrap();
        world.git(&["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "."], b"");
        world
    }

    fn origin(&self) -> PathBuf {
        self.directory.path().join("acme/train")
    }

    fn git(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut command = Command::new("git");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.args(["-c", "user.name=A", "-c", "user.email=a@acme.dev"]).args(arguments);
        command.current_dir(self.origin()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The history on branch `name` of the repository at `remote`, with the clone of one writer.
    fn branch(&self, remote: &str, name: &str, clone: &str) -> History {
        History::branch(HistoryBranch {
            directory: self.directory.path().join(clone),
            remote: remote.parse().unwrap(),
            token: remote.starts_with("http").then(|| TOKEN.into()),
            name: name.to_owned(),
            trust: None,
        })
        .unwrap()
    }

    /// The same without a server.
    fn local(&self, clone: &str) -> History {
        self.branch(&format!("file://{}", self.origin().display()), NAME, clone)
    }

    fn hook(&self, script: &str) {
        let hook = self.origin().join("hooks/pre-receive");
        executable::write(&hook, &format!("#!/bin/sh\n{script}\n"));
    }

    /// Writes files (mode, path as git quotes it, bytes) on the branch, as its owner could.
    fn plant(&self, branch: &str, files: &[(&str, String, Vec<u8>)]) {
        let mut stream =
            format!("commit refs/heads/{branch}\ncommitter A <a@acme.dev> 0 +0000\ndata 0\n")
                .into_bytes();
        for (mode, path, bytes) in files {
            stream.extend(format!("M {mode} inline {path}\ndata {}\n", bytes.len()).bytes());
            stream.extend(bytes);
            stream.push(b'\n');
        }
        self.git(&["fast-import", "--quiet"], &stream);
    }
}

fn record(key: &str, at: u64, run: &str) -> Record {
    let metrics = BTreeMap::from([
        ("accuracy".to_owned(), 0.1 + 0.2),
        ("diverged".to_owned(), f64::INFINITY),
        ("down".to_owned(), f64::NEG_INFINITY),
    ]);
    let machine = Some(BTreeMap::from([("gpu".to_owned(), "none".to_owned())]));
    Record {
        schema: Schema,
        key: key.into(),
        commit: CommitSha::parse(&"ab".repeat(20)).unwrap(),
        subject: "a change \u{1b}[31m ::error::".into(),
        at,
        run: run.into(),
        role: Role::Base,
        readings: vec![RecordedReading {
            seed: 1,
            metrics,
            data: BTreeMap::new(),
            seconds: 1.25,
            machine,
        }],
        image: Some("acme/train@sha256:00".into()),
        experiment: None,
        search: None,
    }
}

async fn refusal(history: &History) -> String {
    format!("{:#}", history.append(&record(KEY, 1, "r")).await.unwrap_err())
}

/// Ten writers with several records each lose none; yields what is there.
async fn ten_writers(histories: &[History]) -> Vec<Record> {
    let write = async |writer: usize| {
        let history = &histories[writer % histories.len()];
        for at in 0..3 {
            // Of one key, in the same milliseconds.
            history.append(&record(KEY, 1000 + at, &format!("r{writer}"))).await?;
        }
        anyhow::Ok(())
    };
    try_join_all((0..10).map(write)).await.unwrap();
    let read = histories[0].read().await.unwrap();
    assert_eq!(read.warnings, [""; 0]);
    assert!(read.records.is_sorted_by(|a, b| a.at >= b.at));
    let names: BTreeSet<_> = read.records.iter().map(|r| (r.at, r.run.clone())).collect();
    assert_eq!((names.len(), read.records.len()), (30, 30));
    read.records
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_writers_to_a_directory_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("not/there/yet");
    let histories: Vec<_> = (0..10).map(|_| History::directory(&root)).collect();
    assert_eq!(histories[0].read().await.unwrap().records, []);
    let records = ten_writers(&histories).await;
    assert_eq!(records[0].readings, record(KEY, 0, "r").readings);
    let left: Vec<_> = fs::read_dir(root.join(KEY)).unwrap().collect();
    assert_eq!(left.len(), 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_writers_to_a_branch_of_a_server_lose_nothing() {
    let world = World::new();
    let server = GitServer::new(world.directory.path()).await;
    let remote = format!("{}/acme/train", server.url);
    let clones: Vec<_> =
        (0..10).map(|number| world.branch(&remote, NAME, &format!("clone{number}"))).collect();
    assert_eq!(clones[0].read().await.unwrap().records, []);
    let begun = Instant::now();
    ten_writers(&clones).await;
    println!("30 records by 10 writers over HTTP: {:.1} s", begun.elapsed().as_secs_f64());
    // One line of commits from one root, each by us; main was never there.
    assert_eq!(world.git(&["rev-list", "--count", NAME], b""), "30");
    assert_eq!(world.git(&["rev-list", "--count", "--first-parent", NAME], b""), "30");
    let authors = world.git(&["log", "--format=%an <%ae> %cn", NAME], b"");
    let authors: BTreeSet<_> = authors.lines().collect();
    let expected = "regression-action <regression-action@noreply.invalid> regression-action";
    assert_eq!(authors, BTreeSet::from([expected]));
    assert_eq!(
        world.git(&["for-each-ref", "--format=%(refname)"], b""),
        "refs/heads/".to_owned() + NAME
    );
    let files = world.git(&["ls-tree", "-r", "--name-only", NAME], b"");
    assert_eq!(files.lines().count(), 31);
    assert!(files.contains("0123456789abcdef/0000000001000-r0-base.json"), "{files}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_writers_with_one_clone_lose_nothing() {
    let world = World::new();
    let clone = [world.local("clone")];
    ten_writers(&clone).await;
    // Another reader sees the same; the clone of the first holds no work tree.
    assert_eq!(world.local("other").read().await.unwrap().records.len(), 30);
    assert!(!world.directory.path().join("clone").join(KEY).exists());
}

#[tokio::test]
async fn a_branch_grows_by_one_commit_for_one_record_or_several() {
    let world = World::new();
    let (one, other) = (world.local("one"), world.local("other"));
    let (first, second) = (record(KEY, 5, "r"), record("fedcba9876543210", 6, "r"));
    one.append(&first).await.unwrap();
    other.append(&second).await.unwrap();
    // Again by both: nothing happens.
    one.append(&second).await.unwrap();
    other.append(&first).await.unwrap();
    assert_eq!(world.git(&["rev-list", "--count", NAME], b""), "2");
    // Another record for the same name gets its own.
    let twin = Record { subject: "other".into(), ..first.clone() };
    one.append(&twin).await.unwrap();
    let all = one.read().await.unwrap().records;
    assert_eq!((all.len(), &all[0]), (3, &second));
    assert!(all.contains(&first) && all.contains(&twin), "{all:?}");
    // Several at once, of which one is there.
    let several = [second, record(KEY, 7, "r"), record("fedcba9876543210", 7, "r")];
    other.append_all(&several).await.unwrap();
    assert_eq!(world.git(&["rev-list", "--count", NAME], b""), "4");
    let read = one.read().await.unwrap().records;
    assert!(read.len() == 5 && several.iter().all(|record| read.contains(record)), "{read:?}");
    let told = world.git(&["log", "-1", "--format=%s", NAME], b"");
    assert_eq!(told, "Readings of abababa as base and 1 more");
}

#[tokio::test]
async fn numbers_are_kept_to_the_last_bit() {
    let world = World::new();
    let values =
        [0.1, 1e-310, -0.0, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0 / 3.0];
    let mut kept = record(KEY, 5, "r");
    kept.readings[0].metrics =
        values.iter().enumerate().map(|(number, value)| (format!("m{number}"), *value)).collect();
    let directory = History::directory(world.directory.path().join("history"));
    for history in [world.local("clone"), directory] {
        history.append(&kept).await.unwrap();
        let read = history.read().await.unwrap().records.remove(0);
        let bits: Vec<_> = read.readings[0].metrics.values().map(|value| value.to_bits()).collect();
        assert_eq!(bits, values.map(f64::to_bits));
    }
}

#[tokio::test]
async fn an_answer_that_got_lost_does_not_count_twice() {
    let world = World::new();
    let server = GitServer::new(world.directory.path()).await;
    let history = world.branch(&format!("{}/acme/train", server.url), NAME, "clone");
    server.lose.store(true, Ordering::SeqCst);
    history.append(&record(KEY, 5, "r")).await.unwrap();
    assert!(!server.lose.load(Ordering::SeqCst));
    assert_eq!(history.read().await.unwrap().records.len(), 1);
    assert_eq!(world.git(&["rev-list", "--count", NAME], b""), "1");
}

#[tokio::test]
async fn no_argument_no_file_and_no_message_holds_the_token() {
    let world = World::new();
    // While the server takes the push, git still runs here.
    world.hook("ps -A -o args= > seen");
    let server = GitServer::new(world.directory.path()).await;
    let remote = format!("{}/acme/train", server.url);
    world.branch(&remote, NAME, "clone").append(&record(KEY, 5, "r")).await.unwrap();
    let seen = fs::read_to_string(world.origin().join("seen")).unwrap();
    assert!(seen.contains("push --porcelain"), "{seen}");
    let echo = world.branch(&format!("{}/echo", server.url), NAME, "echo");
    let error = refusal(&echo).await + &format!("{:?}", echo.read().await) + &format!("{echo:?}");
    assert!(error.contains("***"), "{error}");
    for secret in [TOKEN, &BASIC["Basic ".len()..]] {
        assert!(!seen.contains(secret), "{seen}");
        assert!(!error.contains(secret), "{error}");
        assert!(!holds(&world.directory.path().join("clone"), secret));
    }
}

/// Whether any file under `directory` holds `word`.
fn holds(directory: &Path, word: &str) -> bool {
    fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, word);
        }
        fs::read(&path).unwrap().windows(word.len()).any(|part| part == word.as_bytes())
    })
}

#[tokio::test]
async fn refusals_name_branch_cause_and_remedy() {
    let world = World::new();
    let server = GitServer::new(world.directory.path()).await;
    let remote = format!("{}/acme/train", server.url);
    world.hook("echo 'GH006: Protected branch update failed' >&2; exit 1");
    let protected = refusal(&world.branch(&remote, NAME, "clone")).await;
    let read_only = format!("{}/readonly/acme/train", server.url);
    let denied = refusal(&world.branch(&read_only, NAME, "denied")).await;
    let rows = [(protected, "GH006: Protected branch"), (denied, "denied to github-actions")];
    for (error, cause) in rows {
        assert!(error.contains(&format!("branch {NAME}")), "{error}");
        assert!(error.contains(cause) && error.contains("  contents: write"), "{error}");
    }
    let absent = refusal(&world.branch(&format!("{}/acme/none", server.url), NAME, "none")).await;
    assert!(absent.contains("there is no repository"), "{absent}");
    let wrong = HistoryBranch {
        directory: world.directory.path().join("wrong"),
        remote: remote.parse().unwrap(),
        token: Some("ghs_wrong".into()),
        name: NAME.into(),
        trust: None,
    };
    let wrong = refusal(&History::branch(wrong).unwrap()).await;
    assert!(wrong.contains("does not accept the token") && !wrong.contains("ghs_"), "{wrong}");
    // Whoever may only read can read.
    assert_eq!(world.branch(&read_only, NAME, "read").read().await.unwrap().records, []);
}

#[tokio::test]
async fn a_branch_of_code_is_left_alone() {
    let world = World::new();
    world.plant("main", &[("100644", "train.py".into(), b"print(1)".to_vec())]);
    let before = world.git(&["rev-parse", "main"], b"");
    let remote = format!("file://{}", world.origin().display());
    let error = refusal(&world.branch(&remote, "main", "clone")).await;
    assert!(error.contains("branch main") && error.contains("of its own"), "{error}");
    assert_eq!(world.git(&["rev-parse", "main"], b""), before);
    // A branch cannot lie below another one.
    let begun = Instant::now();
    let error = refusal(&world.branch(&remote, "main/history", "below")).await;
    assert!(
        error.contains("branch main/history") && error.contains("'refs/heads/main'"),
        "{error}"
    );
    println!("refused after {:.1} s", begun.elapsed().as_secs_f64());
}

#[tokio::test]
async fn hostile_files_are_left_out_with_a_warning_and_stay() {
    let world = World::new();
    let mut files = vec![
        ("100644", "regression-history.md".to_owned(), b"x".to_vec()),
        ("120000", format!("{KEY}/1-link-base.json"), b"/etc/passwd".to_vec()),
        ("100644", format!("{KEY}/2-large-base.json"), vec![b' '; 2 << 20]),
        ("100644", format!("\"{KEY}/\\033[31m\\n::error::.json\""), b"{}".to_vec()),
        ("100644", format!("{KEY}/3-broken-base.json"), b"{\"schema\": 1".to_vec()),
        ("100644", format!("{KEY}/4-later-base.json"), b"{\"schema\": 9}".to_vec()),
        ("100644", format!("{KEY}/5-binary-base.json"), vec![0xff, 0, b'\n', 0x1b]),
        ("100644", format!("{KEY}/6-deep/7-x-base.json"), b"{}".to_vec()),
        ("100644", format!("{KEY}/8-nest-base.json"), vec![b'['; 100_000]),
        ("100644", "fedcba9876543210".to_owned(), b"no directory".to_vec()),
        ("100644", "-x/--all".to_owned(), b"{}".to_vec()),
    ];
    let whole = record("aaaaaaaaaaaa", 9, "r");
    let other = tempfile::tempdir().unwrap();
    History::directory(other.path()).append(&whole).await.unwrap();
    let bytes = fs::read(other.path().join("aaaaaaaaaaaa/0000000000009-r-base.json")).unwrap();
    // A record of one key in the place of another would be a baseline that nobody measured.
    files.push(("100644", format!("{KEY}/9-moved-base.json"), bytes.clone()));
    files.push(("100644", "aaaaaaaaaaaa/9-r-base.json".into(), bytes));
    world.plant(NAME, &files);

    let history = world.local("clone");
    let read = history.read().await.unwrap();
    assert_eq!(read.records, [whole]);
    let all = read.warnings.join("\n");
    let expected = ["1-link", "2-large", "3-broken", "4-later", "5-binary", "8-nest", "9-moved"];
    for name in expected.iter().chain(&["::error::", "6-deep", "schema 9", "another key"]) {
        assert!(all.contains(name), "{name}: {all}");
    }
    assert_eq!(read.warnings.len(), 9, "{all}");
    assert!(
        !all.contains('\u{1b}') && all.lines().all(|line| line.starts_with("history: ")),
        "{all}"
    );

    history.append(&record(KEY, 7, "r")).await.unwrap();
    let read = history.read().await.unwrap().records;
    assert!(read.len() == 2 && read.contains(&record(KEY, 7, "r")), "{read:?}");
    let left = world.git(&["ls-tree", "-r", "--name-only", NAME], b"");
    assert_eq!(left.lines().count(), files.len() + 1, "{left}");
    let blocked = history.append(&record("fedcba9876543210", 7, "r")).await.unwrap_err();
    assert!(format!("{blocked:#}").contains("has a blob in the place"), "{blocked:#}");
}

#[tokio::test]
async fn a_tree_that_lists_billions_is_not_listed_to_its_end() {
    let world = World::new();
    let blob = world.git(&["hash-object", "-w", "--stdin"], b"{}");
    let mut tree = String::new();
    for level in 0..9 {
        let (mode, below) =
            if level == 0 { ("100644 blob", blob.clone()) } else { ("040000 tree", tree.clone()) };
        let entries: Vec<_> =
            (0..20).map(|number| format!("{mode} {below}\t{number}-r-base.json")).collect();
        tree = world.git(&["mktree"], entries.join("\n").as_bytes());
    }
    let root = world.git(&["mktree"], format!("040000 tree {tree}\t{KEY}").as_bytes());
    let commit = world.git(&["commit-tree", &root], b"");
    world.git(&["update-ref", &format!("refs/heads/{NAME}"), &commit], b"");
    let begun = Instant::now();
    let read = world.local("clone").read().await.unwrap();
    println!("a tree of 20^9 files: {:.1} s", begun.elapsed().as_secs_f64());
    assert!(read.records.is_empty() && read.warnings.concat().contains("too many files"));
}

#[tokio::test]
async fn five_hundred_records_are_read_at_once() {
    let world = World::new();
    let root = world.directory.path().join("history");
    let directory = History::directory(&root);
    let mut files = vec![("100644", "regression-history.md".to_owned(), Vec::new())];
    for at in 0..500_u64 {
        let mut record = record(&format!("{:016x}", at / 5), at, "r");
        let more = (0..20).map(|number| (format!("metric{number}"), 1.0 / f64::from(number + 3)));
        record.readings[0].metrics.extend(more);
        record.readings =
            (1..=5).map(|seed| RecordedReading { seed, ..record.readings[0].clone() }).collect();
        directory.append(&record).await.unwrap();
        let path = format!("{}/{at:013}-r-base.json", record.key);
        let bytes = fs::read(root.join(&path)).unwrap();
        files.push(("100644", path, bytes));
    }
    world.plant(NAME, &files);
    let branch = world.local("clone");
    let mut reads = Vec::new();
    let histories = [("directory", &directory), ("branch, fetched", &branch), ("branch", &branch)];
    for (what, history) in histories {
        let begun = Instant::now();
        reads.push(history.read().await.unwrap());
        println!("500 records, {what}: {:.0} ms", begun.elapsed().as_secs_f64() * 1000.0);
    }
    assert_eq!((reads[0].records.len(), &reads[0].warnings), (500, &Vec::new()));
    assert!(reads.iter().all(|read| *read == reads[0]));
    let begun = Instant::now();
    branch.append(&record(KEY, 1, "r")).await.unwrap();
    println!("one more on the branch: {:.0} ms", begun.elapsed().as_secs_f64() * 1000.0);
}

/// A writer in a process of its own: the test below, started again with a place to write to.
async fn write_for_ever(place: String) {
    let history = match place.strip_prefix("file://") {
        Some(_) => History::branch(HistoryBranch {
            directory: env::var_os("HISTORY_CLONE").unwrap().into(),
            remote: place.parse().unwrap(),
            token: None,
            name: NAME.into(),
            trust: None,
        })
        .unwrap(),
        None => History::directory(place),
    };
    let run = env::var("HISTORY_RUN").unwrap();
    for at in 0.. {
        history.append(&record(KEY, at, &run)).await.unwrap();
        println!("\nwritten {at}");
    }
}

/// Starts a writer and kills it in the middle of something; yields how many records it saw written.
fn killed(place: &str, clone: &Path, run: &str, after: u64) -> u64 {
    let mut command = Command::new(env::current_exe().unwrap());
    let itself = "history::a_writer_that_is_killed_loses_and_breaks_nothing";
    command.args(["--exact", itself, "--nocapture"]);
    command.env("HISTORY_PLACE", place).env("HISTORY_CLONE", clone).env("HISTORY_RUN", run);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut written = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if line.unwrap().starts_with("written ") {
            written += 1;
        }
        if written == after {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    assert!(written >= after, "{itself} wrote {written} of {after}");
    written
}

#[tokio::test]
async fn a_writer_that_is_killed_loses_and_breaks_nothing() {
    if let Ok(place) = env::var("HISTORY_PLACE") {
        return write_for_ever(place).await;
    }
    let world = World::new();
    let root = world.directory.path().join("history");
    let clone = world.directory.path().join("clone");
    let places = [
        (History::directory(&root), root.display().to_string()),
        (world.local("clone"), format!("file://{}", world.origin().display())),
    ];
    for (history, place) in places {
        for life in 1..=4 {
            let run = format!("life{life}");
            let written = killed(&place, &clone, &run, life);
            // What it leaves behind when it dies over a fetch.
            if clone.exists() {
                fs::write(clone.join("shallow.lock"), "").unwrap();
            }
            let read = history.read().await.unwrap();
            assert_eq!(read.warnings, [""; 0]);
            let there = read.records.iter().filter(|record| record.run == run).count() as u64;
            // One more may be there that it did not live to tell.
            assert!(there == written || there == written + 1, "{there} {written}");
        }
        history.append(&record(KEY, 1, "after")).await.unwrap();
        assert!(history.read().await.unwrap().records.iter().any(|record| record.run == "after"));
    }
    fs::write(root.join(KEY).join(".writing-x"), "{").unwrap();
    assert_eq!(History::directory(&root).read().await.unwrap().warnings, [""; 0]);
}

#[test]
fn addresses_and_names_that_cannot_be_are_refused_at_once() {
    let refused = |remote: &str, name: &str| {
        let branch = HistoryBranch {
            directory: "/nowhere".into(),
            remote: remote.parse().unwrap(),
            token: None,
            name: name.into(),
            trust: None,
        };
        format!("{:#}", History::branch(branch).unwrap_err())
    };
    assert!(refused("https://github.com/a/b", "-x").contains("`-x`"));
    assert!(refused("ssh://git@github.com/a/b", NAME).contains("of the web"));
    let named = refused("https://me:ghs_secret@github.com/a/b", NAME);
    assert!(named.contains("name no user") && !named.contains("ghs_"), "{named}");
}
