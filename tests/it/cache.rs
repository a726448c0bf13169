//! `cache`: what it holds is told, and of what is old only that goes which no run holds.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use serde_json::Value;

use crate::world::{Outcome, World, finish};

const DAY: Duration = Duration::from_hours(24);

struct Cache(World);

impl Cache {
    /// A thing of 1,000 bytes that was last used so many days ago.
    fn put(&self, path: &str, days: u32) {
        let path = self.0.path("cache").join(path);
        fs::create_dir_all(&path).unwrap();
        let file = path.join("file");
        fs::write(&file, [b' '; 1000]).unwrap();
        // By which our own things are known.
        if path.ends_with("logs") {
            age(path.parent().unwrap(), days);
        } else if path.parent().unwrap().ends_with("environments") {
            fs::write(path.join("complete"), "").unwrap();
            age(&path.join("complete"), days);
        }
        age(&file, days);
        age(&path, days);
    }

    /// A file of 1,000 bytes with the trainings of an interrupted run.
    fn note(&self, path: &str, days: u32) {
        let path = self.0.path("cache").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, [b' '; 1000]).unwrap();
        age(&path, days);
    }

    /// A file beside things, locked by a run that lives.
    fn hold(&self, path: &str) -> File {
        let file = File::create(self.0.path("cache").join(path)).unwrap();
        file.try_lock_shared().unwrap();
        age(&self.0.path("cache").join(path), 90);
        file
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.0.binary(&[&["cache"], arguments].concat());
        command.env("REGRESSION_CACHE_DIR", self.0.path("cache"));
        finish(command).expect(0, &[])
    }

    /// Paths below the cache, each with what became of it.
    fn told(&self, arguments: &[&str]) -> Vec<(String, String)> {
        let json = self.run(&[arguments, &["--format", "json"]].concat()).json();
        let told = json["items"].as_array().unwrap().iter().map(|item| {
            let path = Path::new(item["path"].as_str().unwrap());
            let path = path.strip_prefix(self.0.path("cache")).unwrap().display().to_string();
            assert_eq!(
                item["bytes"],
                if path.starts_with("bisects") { 1006 } else { 1000 },
                "{item}"
            );
            (path, item["outcome"].as_str().unwrap_or_default().to_owned())
        });
        let mut told: Vec<_> = told.collect();
        told.sort();
        told
    }
}

fn age(path: &Path, days: u32) {
    File::open(path).unwrap().set_modified(SystemTime::now() - days * DAY).unwrap();
}

#[test]
fn what_is_old_goes_unless_a_run_holds_it() {
    let cache = Cache(World::new());
    for (path, days) in [
        ("environments/aa", 40),
        ("environments/bb", 40),
        ("environments/cc", 2),
        ("runs/old/logs", 31),
        ("runs/new/logs", 29),
        ("bisects/dd", 50),
        ("bisects/ee", 50),
        ("packages-x", 60),
        ("demo", 60),
        ("runs/of-tensorboard", 60),
    ] {
        cache.put(path, days);
    }
    let _used = cache.hold("environments/bb.use");
    for journal in ["bisects/dd.jsonl", "bisects/ee.jsonl"] {
        fs::write(cache.0.path("cache").join(journal), "{\"a\":1").unwrap();
    }
    let searching = File::open(cache.0.path("cache").join("bisects/ee.jsonl")).unwrap();
    searching.try_lock().unwrap();
    for journal in ["bisects/dd.jsonl", "bisects/ee.jsonl"] {
        age(&cache.0.path("cache").join(journal), 50);
    }
    for (path, days) in [("unfinished/ff.jsonl", 1), ("unfinished/gg.jsonl", 70)] {
        cache.note(path, days);
    }
    assert_eq!(cache.told(&[]).len(), 12);
    let old = cache.told(&["list", "--older", "30d"]);
    assert_eq!(old.len(), 9, "{old:?}");
    let outcome = |path: &str, outcome: &str| (path.to_owned(), outcome.to_owned());
    let (removed, kept) = ("removed", "kept: a run uses it");
    let not_ours = "kept: remove it yourself, if it is not needed";
    let expected = [
        outcome("bisects/dd", removed),
        outcome("bisects/ee", kept),
        outcome("demo", not_ours),
        outcome("environments/aa", removed),
        outcome("environments/bb", kept),
        outcome("packages-x", removed),
        outcome("runs/of-tensorboard", not_ours),
        outcome("runs/old", removed),
        outcome("unfinished/gg.jsonl", removed),
    ];
    assert_eq!(cache.told(&["clean", "--older", "30d"]), expected);
    let left: Vec<String> = cache.told(&[]).into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        left,
        [
            "bisects/ee",
            "demo",
            "environments/bb",
            "environments/cc",
            "runs/new",
            "runs/of-tensorboard",
            "unfinished/ff.jsonl"
        ]
    );
    // A journal is emptied under its lock, and stays for whoever waits for that.
    assert_eq!(fs::read(cache.0.path("cache").join("bisects/dd.jsonl")).unwrap(), b"");
}

/// What has no lock of its own may be written to by a run of today.
#[test]
fn what_was_used_today_stays() {
    let cache = Cache(World::new());
    cache.put("runs/now/logs", 0);
    cache.put("environments/now", 0);
    let told = cache.told(&["clean", "--older", "0s"]);
    let outcomes: Vec<&str> = told.iter().map(|(_, outcome)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["removed", "kept: a run uses it"]);
}

/// Even those of today, because whoever cleans need not go on from them; but not while a run may.
#[test]
fn trainings_of_an_interrupted_run_go_unless_a_run_may_need_them() {
    let cache = Cache(World::new());
    cache.note("unfinished/aa.jsonl", 0);
    let text = cache.run(&[]).stdout;
    assert!(text.starts_with("unfinished     1.0 kB "), "{text}");
    assert!(text.contains("  unfinished/aa.jsonl\n"), "{text}");
    let held = cache.hold("unfinished/runs.lock");
    let clean = ["clean", "--older", "0s"];
    let told = |outcome: &str| vec![("unfinished/aa.jsonl".to_owned(), outcome.to_owned())];
    assert_eq!(cache.told(&clean), told("kept: a run uses it"));
    drop(held);
    assert_eq!(cache.told(&clean), told("removed"));
    assert_eq!(cache.told(&[]), []);
}

#[test]
fn a_sweep_removes_trainings_that_count_no_more() {
    let cache = Cache(World::new());
    cache.note("unfinished/old.jsonl", 2);
    cache.note("unfinished/new.jsonl", 0);
    let sweep = |more: &[&str]| {
        let mut command = cache.0.binary(&[&["sweep"], more].concat());
        command.env("REGRESSION_CACHE_DIR", cache.0.path("cache"));
        finish(command).expect(0, &[])
    };
    let outcome = sweep(&[]);
    let told = "unfinished/old.jsonl: a day old, and count no more: removed\n";
    assert!(outcome.stdout.contains(told), "{}", outcome.stdout);
    let left: Vec<String> = cache.told(&[]).into_iter().map(|(path, _)| path).collect();
    assert_eq!(left, ["unfinished/new.jsonl"]);

    cache.note("unfinished/older.jsonl", 3);
    let told = sweep(&["--format", "json"]).json();
    let ours = |one: &&Value| one["what"].as_str().unwrap().ends_with("unfinished/older.jsonl");
    let one = told["swept"].as_array().unwrap().iter().find(ours).unwrap();
    assert_eq!(
        (&one["removed"], &one["detail"]),
        (&true.into(), &"a day old, and count no more: removed".into())
    );
    let none = sweep(&["--format", "json"]).json();
    assert!(none["swept"].is_array(), "{none}");
}

#[test]
fn a_list_is_read_at_a_glance() {
    let cache = Cache(World::new());
    cache.put("environments/aa", 3);
    let text = cache.run(&[]).stdout;
    assert!(
        text.starts_with("environment    1.0 kB       3 d  environments/aa\n1 item, 1.0 kB in /"),
        "{text}"
    );
    let markdown = cache.run(&["--format", "markdown"]).stdout;
    assert!(markdown.contains("| environment | 1.0 kB | 3 d | environments/aa |"), "{markdown}");
    let none: Value = cache.run(&["clean", "--format", "json"]).json();
    assert_eq!(none["items"].as_array().unwrap().len(), 0);
    let wrong = cache.0.run(&["cache", "clean", "--older", "thirty"]);
    wrong.expect(2, &["--older <TIME>", "thirty"]);
}
