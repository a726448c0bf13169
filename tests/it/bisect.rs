//! `bisect --command` on real git repositories, with a command whose values are noisy but depend on
//! commit and seed alone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(clippy::print_stdout, reason = "tells how long git bisect takes beside ours")]

use crate::world;

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs::{self, File},
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use sysinfo::Signal;
use world::{Outcome, World, clean, finish};

/// Prints the commit's level with noise of that deviation, and fails where the commit is broken.
fn command_with(noise: f64) -> String {
    let awk = r#"{
    srand(seed); n = -6; for (i = 0; i < 12; i++) n += rand()
    print "REGRESSION_METRICS {\"loss\": " ($1 == "diverges" ? "NaN" : $1 + noise * n) "}"
}"#;
    format!(
        "[ ! -e broken ] || {{ echo 'cannot import x'; exit 1; }}\n\
         awk -v seed=\"$REGRESSION_SEED\" -v noise={noise} '{awk}' level"
    )
}

/// A commit to be made.
#[derive(Default, Clone)]
struct Made {
    level: String,
    broken: bool,
    message: String,
    /// Places in the list; the one before by default.
    parents: Option<Vec<usize>>,
    requirements: &'static str,
}

fn made(level: f64) -> Made {
    Made { level: level.to_string(), ..Made::default() }
}

/// A line with these levels.
fn line(levels: impl IntoIterator<Item = f64>) -> Vec<Made> {
    levels.into_iter().map(made).collect()
}

/// `count` commits, of which those from `culprit` on are worse.
fn step(count: usize, culprit: usize) -> Vec<Made> {
    line((0..count).map(|at| if at < culprit { 0.7 } else { 0.8 }))
}

/// A repository whose branch main is at the last of these commits, and their names.
struct History {
    world: World,
    shas: Vec<String>,
    /// What reads a commit.
    shell: String,
    /// How many at a time.
    parallel: &'static str,
}

impl History {
    fn new(commits: &[Made]) -> Self {
        let world = World::new();
        let mut stream = String::new();
        for (at, made) in commits.iter().enumerate() {
            let message = match &*made.message {
                "" => format!("Change {at} (#{})", 100 + at),
                message => message.to_owned(),
            };
            let parents =
                made.parents.clone().unwrap_or_else(|| at.checked_sub(1).into_iter().collect());
            writeln!(stream, "reset refs/heads/main\ncommit refs/heads/main\nmark :{}", at + 1)
                .unwrap();
            writeln!(stream, "author O <7+octo@users.noreply.github.com> 1600000000 +0000")
                .unwrap();
            writeln!(stream, "committer C <c@acme.dev> 1600000000 +0000").unwrap();
            writeln!(stream, "data {}\n{message}", message.len()).unwrap();
            for (index, parent) in parents.iter().enumerate() {
                let verb = if index == 0 { "from" } else { "merge" };
                writeln!(stream, "{verb} :{}", parent + 1).unwrap();
            }
            let mut files = vec![("level", made.level.clone()), ("step.py", at.to_string())];
            files.push(("requirements.txt", made.requirements.to_owned()));
            if made.broken {
                files.push(("broken", String::new()));
            }
            writeln!(stream, "deleteall").unwrap();
            for (path, text) in files {
                writeln!(stream, "M 100644 inline {path}\ndata {}\n{text}", text.len()).unwrap();
            }
        }
        let (input, marks) = (world.path("stream"), world.path("marks"));
        fs::write(&input, stream).unwrap();
        let mut import = clean("git");
        import.current_dir(world.repository()).args(["fast-import", "--quiet", "--force"]);
        import.arg(format!("--export-marks={}", marks.display())).stdin(File::open(input).unwrap());
        finish(import).expect(0, &[]);
        let mut shas = vec![String::new(); commits.len()];
        for mark in fs::read_to_string(marks).unwrap().lines() {
            let (number, sha) = mark.split_once(' ').unwrap();
            shas[number[1..].parse::<usize>().unwrap() - 1] = sha.into();
        }
        Self { world, shas, shell: command_with(0.0), parallel: "4" }
    }

    /// The same with noise.  One at a time, so that each run reads the same: of several at a time, those
    /// that arrive first decide which are still needed.
    fn noisy(self) -> Self {
        Self { shell: command_with(0.02), parallel: "1", ..self }
    }

    fn last(&self) -> usize {
        self.shas.len() - 1
    }

    fn command(&self, shell: &str, more: &[&str]) -> Command {
        let ends = (&self.shas[0], &self.shas[self.last()]);
        let mut command = self.world.binary(&["bisect", "--good", ends.0, "--bad", ends.1]);
        command.args(["--metric", "loss", "--direction", "lower", "-k", self.parallel]);
        command.args(["--command", shell]);
        command.arg("--cache-dir").arg(self.world.path("cache")).args(more);
        command
    }

    fn run(&self, more: &[&str]) -> Outcome {
        let outcome = finish(self.command(&self.shell, more));
        self.nothing_is_left();
        outcome
    }

    fn json(&self, code: i32, more: &[&str]) -> Value {
        let more = [&["--format", "json"], more].concat();
        self.run(&more).expect(code, &[]).json()
    }

    /// No work tree but the repository's own, no entry of git's, no process.
    fn nothing_is_left(&self) {
        assert_eq!(
            self.world.git(&["worktree", "list", "--porcelain"]).matches("worktree ").count(),
            1
        );
        assert_eq!(self.entries(), 0);
        assert_eq!(self.trees(), 0);
        self.no_process();
    }

    /// Work trees by git's list, besides the repository's own.
    fn entries(&self) -> usize {
        let entries = fs::read_dir(self.world.repository().join(".git/worktrees"));
        entries.map_or(0, Iterator::count)
    }

    /// Those that were killed take a moment.
    fn no_process(&self) {
        let begun = Instant::now();
        while !self.world.processes().is_empty() {
            let left = self.world.processes();
            assert!(begun.elapsed() < Duration::from_mins(1), "still run: {left:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Work trees that are there.
    fn trees(&self) -> usize {
        let homes = fs::read_dir(self.world.path("cache/bisects")).into_iter().flatten().flatten();
        let trees = homes.filter_map(|home| fs::read_dir(home.path().join("trees")).ok());
        let names = trees.flatten().flatten().map(|entry| entry.file_name());
        names.filter(|name| !name.to_string_lossy().ends_with(".git")).count()
    }

    fn journal(&self) -> PathBuf {
        self.journal_if_there().unwrap()
    }

    fn journal_if_there(&self) -> Option<PathBuf> {
        let files = fs::read_dir(self.world.path("cache/bisects")).ok()?.flatten();
        let mut journals = files.map(|file| file.path());
        journals.find(|path| path.extension().is_some_and(|end| end == "jsonl"))
    }

    /// Waits until that many lines are written down.
    fn wait_for_lines(&self, count: usize) {
        let begun = Instant::now();
        let lines = || {
            let text = self.journal_if_there().and_then(|journal| fs::read_to_string(journal).ok());
            text.unwrap_or_default().lines().count()
        };
        while lines() < count {
            assert!(begun.elapsed() < world::PATIENCE, "{} lines", lines());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn the_culprit_is_named_among_skipped_ones() {
    let mut commits = step(25, 15);
    for broken in [6, 13, 17] {
        commits[broken].broken = true;
    }
    let history = History::new(&commits).noisy();
    let begun = Instant::now();
    let report = history.json(0, &[]);
    let ours = begun.elapsed();
    assert_eq!(report["finding"], "culprit");
    assert_eq!(report["culprit"]["commit"]["sha"], *history.shas[15]);
    assert_eq!(report["culprit"]["pull"], 115);
    assert_eq!(report["culprit"]["author"]["login"], "octo");
    let near = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 0.03;
    assert!(near(&report["culprit"]["before"], 0.7) && near(&report["culprit"]["after"], 0.8));
    assert!(report["culprit"]["probability"].as_f64().unwrap() > 0.95);
    let told = history.run(&[]).expect(0, &["resuming"]).stdout;
    assert!(
        told.starts_with(&history.shas[15][..7]) && told.contains("pull request 115"),
        "{told}"
    );

    // Beside it git's own, which is told the threshold and reads each commit once.
    let script = format!("{} | grep -q ': 0.7[0-4]\\|: 0.6'", history.shell);
    let script =
        format!("[ ! -e broken ] || exit 125\nREGRESSION_SEED=1; export REGRESSION_SEED\n{script}");
    history.world.git(&["reset", "--quiet", "--hard"]);
    history.world.git(&["bisect", "start", &history.shas[24], &history.shas[0]]);
    let begun = Instant::now();
    let said = history.world.git(&["bisect", "run", "sh", "-c", &script]);
    let named =
        said.lines().find(|line| line.ends_with("is the first bad commit")).unwrap_or("nothing");
    println!(
        "24 commits, 5 deviations apart: {} readings in {ours:.2?}, right; git bisect run {:.2?}, {}",
        report["readings"],
        begun.elapsed(),
        if named.starts_with(&history.shas[15]) { "right" } else { "wrong" }
    );
}

#[test]
fn no_culprit_is_named_where_the_ends_do_not_differ() {
    let history = History::new(&line([0.7; 12])).noisy();
    assert_eq!(history.json(3, &[])["finding"], "not_reproduced");
    // The same readings, when it is known that good was better.
    let report = history.json(3, &["--recorded", "0.6"]);
    assert_eq!(report["finding"], "environment_drift");
    assert!(report["advice"].as_str().unwrap().contains("drivers"));
    let again = report["reproduce"].as_str().unwrap();
    assert!(again.ends_with(" --parallel 1 --recorded 0.6"), "{again}");
}

#[test]
fn ends_that_are_swapped_are_told() {
    let history = History::new(&line((0..12).map(|at| if at < 5 { 0.8 } else { 0.7 }))).noisy();
    let told = history.run(&[]).expect(3, &[]).stdout;
    assert!(
        told.contains("good is worse than bad") && told.contains("swap --good and --bad"),
        "{told}"
    );
}

#[test]
fn unrelated_histories_have_no_line() {
    let mut commits = step(4, 2);
    commits[2].parents = Some(Vec::new());
    History::new(&commits).run(&[]).expect(2, &["unrelated histories"]);
}

#[test]
fn where_nothing_can_be_read_nothing_is_named() {
    let mut commits = step(8, 4);
    for made in &mut commits[1..7] {
        made.broken = true;
    }
    let report = History::new(&commits).json(3, &[]);
    assert_eq!(report["finding"], "all_skipped");
    // Each once, and no commit twice.
    let skipped = report["searches"][0]["commits"].as_array().unwrap().iter();
    assert_eq!(skipped.filter(|commit| commit["skipped"].is_string()).count(), 6);
    commits[7].broken = true;
    let report = History::new(&commits).json(3, &[]);
    assert_eq!(report["finding"], "end_skipped");
    assert!(report["answer"].as_str().unwrap().contains("cannot import x"), "{report}");
}

#[test]
fn skipped_neighbours_of_the_culprit_are_named_with_it() {
    let mut commits = step(20, 11);
    commits[10].broken = true;
    commits[11].broken = true;
    let report = History::new(&commits).json(3, &[]);
    assert_eq!(report["finding"], "one_of", "{}", report["answer"]);
    assert!(report["answer"].as_str().unwrap().contains("(3 commits)"), "{}", report["answer"]);
}

#[test]
fn two_culprits_and_a_slow_drift_are_no_single_culprit() {
    let level = |at: usize| {
        if at < 8 {
            0.7
        } else if at < 16 {
            0.8
        } else {
            0.95
        }
    };
    let two = History::new(&line((0..24).map(level))).noisy().json(3, &[]);
    assert_eq!(two["finding"], "more_than_one_change", "{}", two["answer"]);
    let drift = (0..24_u32).map(|at| 0.7 + 0.01 * f64::from(at));
    let drift = History::new(&line(drift)).noisy().json(3, &[]);
    assert_eq!(drift["culprit"], Value::Null, "{}", drift["answer"]);
}

#[test]
fn the_culprit_inside_a_merge_is_named_with_the_merge() {
    // 0 1 2, the branch 3 to 8 off 1, and the merge 9 of it into 2, then 10 to 13.
    let mut commits = step(14, 6);
    commits[3].parents = Some(vec![1]);
    commits[9].parents = Some(vec![2, 8]);
    commits[9].message = "Merge pull request #42 from acme/branch".to_owned();
    let history = History::new(&commits);
    let report = history.json(0, &[]);
    assert_eq!(report["culprit"]["commit"]["sha"], *history.shas[6]);
    let inside = &report["searches"][1]["inside"]["sha"];
    assert_eq!(
        (report["searches"].as_array().unwrap().len(), inside),
        (2, &Value::from(&*history.shas[9]))
    );
    let told = history.run(&["--format", "markdown"]).expect(0, &[]).stdout;
    assert!(told.contains(&format!("Inside merge `{}`", &history.shas[9][..7])), "{told}");
    assert_eq!(told.matches("```mermaid").count(), 4);
}

#[test]
fn a_commit_that_diverges_is_a_culprit() {
    let mut commits = step(12, 12);
    for made in &mut commits[7..] {
        made.level = "diverges".to_owned();
    }
    let history = History::new(&commits);
    assert_eq!(history.json(0, &[])["culprit"]["commit"]["sha"], *history.shas[7]);
}

/// As a real training does it: of the readings of the culprit and of what is built on it some diverge.
#[test]
fn a_commit_that_makes_some_trainings_diverge_is_a_culprit() {
    let shell = r#"part=$(expr $REGRESSION_SEED % 10)
        if [ $(cat step.py) -ge 7 ] && [ $part -lt 5 ]; then value=NaN; else value=0.7$part; fi
        echo "REGRESSION_METRICS {\"loss\": $value}""#;
    let history = History::new(&step(12, 12));
    let history = History { shell: shell.to_owned(), parallel: "1", ..history };
    let report = history.json(0, &[]);
    let culprit = &report["culprit"];
    assert_eq!(culprit["commit"]["sha"], *history.shas[7], "{}", report["answer"]);
    assert_eq!(culprit["diverged"][0]["hits"], 0, "{culprit}");
    assert!(culprit["diverged"][1]["hits"].as_u64().unwrap() > 3, "{culprit}");
    let told = history.run(&[]).expect(0, &[]).stdout;
    assert!(told.contains("diverged before, "), "{told}");
    assert!(told.contains(&format!("git revert {}", history.shas[7])), "{told}");
    assert!(told.contains("before and ") && told.contains("after these, of 12"), "{told}");
}

/// At the ends two tries of five fail, one after the other.
#[test]
fn ends_that_fail_now_and_then_are_read() {
    let history = History::new(&step(8, 4));
    let tries = history.world.path("tries");
    let shell = format!(
        "case $(cat step.py) in 0|7) echo x >> {0}; [ $(expr $(wc -l < {0}) % 5) -lt 3 ] || exit 1 ;; \
         esac; {1}",
        tries.display(),
        history.shell
    );
    let history = History { shell, parallel: "1", ..history };
    assert_eq!(history.json(0, &[])["culprit"]["commit"]["sha"], *history.shas[4]);
}

#[test]
fn what_the_budget_does_not_allow_is_told() {
    let history = History::new(&step(8, 4));
    let told = history.run(&["--budget", "4"]).expect(3, &[]).stdout;
    assert!(
        told.contains("--budget 4 leaves 4 readings, fewer than the next step takes"),
        "{told}"
    );
}

#[test]
fn requirements_that_change_with_the_culprit_leave_the_cause_open() {
    let mut commits = step(8, 4);
    for made in &mut commits[4..] {
        made.requirements = "numpy==2.0";
    }
    let report = History::new(&commits).json(0, &[]);
    assert_eq!(report["cause"]["cause"], "undecided");
}

#[test]
fn strangers_write_no_markup() {
    let mut commits = step(8, 4);
    commits[4].message = "<img src=x> @everyone [a](http://b) | `c`".to_owned();
    let told = History::new(&commits).run(&["--format", "markdown"]).expect(0, &[]).stdout;
    for markup in ["<img", "@everyone", "[a](", "http://b", "| `c`"] {
        assert!(!told.contains(markup), "{markup} in {told}");
    }
}

#[test]
fn the_budget_is_kept_and_raised() {
    let history = History::new(&step(25, 15));
    let report = history.json(3, &["--budget", "12"]);
    assert_eq!(report["finding"], "budget_spent");
    assert!(report["readings"].as_u64().unwrap() <= 12);
    let report = history.json(0, &[]);
    assert!(report["resumed"].as_u64().unwrap() >= 8, "{report}");
}

#[test]
fn when_the_time_is_over_it_tells_what_it_knows() {
    let history = History::new(&step(25, 15));
    let limited = |total: &str| {
        let metrics = "metrics: {loss: {direction: lower, absolute: 0.01}}";
        history.world.config(&format!("entrypoint: x\n{metrics}\nlimits: {{total: {total}}}"));
    };
    let go = history.world.path("go");
    let wait = format!("while [ ! -e {} ]; do sleep 0.05; done", go.display());
    let shell = |ends: &str| {
        format!("case $(cat step.py) in {ends}) ;; *) {wait} ;; esac; {}", history.shell)
    };
    let ask = |shell: &str, code: i32| {
        let report = finish(history.command(shell, &["--format", "json"])).expect(code, &[]).json();
        history.nothing_is_left();
        report
    };
    // Not even the ends can be read.
    limited("1s");
    let report = ask(&shell("none"), 3);
    assert_eq!(
        (report["finding"].as_str(), report["readings"].as_u64()),
        (Some("budget_spent"), Some(0))
    );
    let told = "limits.total (1s) is over; good and bad were not yet shown to differ";
    assert_eq!(report["answer"], told);
    // The ends can, and nothing between them.
    limited("15s");
    let report = ask(&shell("0|24"), 3);
    assert_eq!(report["readings"], 8, "{report}");
    let (answer, advice) = (report["answer"].as_str().unwrap(), report["advice"].as_str().unwrap());
    assert!(
        answer.starts_with("limits.total (15s) is over;") && answer.contains("sure"),
        "{answer}"
    );
    assert!(advice.starts_with("ask again"), "{advice}");
    let stopped = report["searches"][0]["stopped"].as_str().unwrap();
    assert_eq!(stopped, "limits.total (15s) is over");
    // It goes on where it stopped.
    std::fs::write(go, "").unwrap();
    limited("1h");
    let report = ask(&shell("0|24"), 0);
    assert_eq!(
        (report["resumed"].as_u64(), report["culprit"]["commit"]["sha"].as_str()),
        (Some(8), Some(&*history.shas[15]))
    );
    assert!(report["searches"][0]["stopped"].is_null(), "{report}");
}

/// Each reading, as often as it is written down.
fn readings(journal: &str) -> Vec<(String, u64)> {
    let lines = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let readings = lines.filter(|line| line["reading"].is_object());
    let name = |line: Value| {
        let reading = &line["reading"];
        (reading["commit"].as_str().unwrap().to_owned(), reading["seed"].as_u64().unwrap())
    };
    readings.map(name).collect()
}

#[test]
fn a_killed_search_goes_on_from_its_readings() {
    let history = History::new(&step(25, 15));
    let slow = format!("sleep 0.1; {}", history.shell);
    let mut lines = 0;
    for stage in [1, 9, 14] {
        let running = history.world.start(history.command(&slow, &[]));
        history.wait_for_lines(stage);
        running.signal(Signal::Kill);
        history.world.outcome(running);
        // What the killed one had started ends by itself.
        history.no_process();
        let mut journal = fs::read_to_string(history.journal()).unwrap();
        assert!(journal.lines().count() >= lines.max(stage), "readings are lost");
        lines = journal.lines().count();
        // As if it had been killed within a line.
        journal.push_str("{\"reading\":{\"inside\":nu");
        fs::write(history.journal(), journal).unwrap();
    }
    let outcome = finish(history.command(&slow, &["--format", "json"]));
    let report = outcome.expect(0, &[&format!("resuming: {lines} readings known")]).json();
    history.nothing_is_left();
    assert_eq!(report["culprit"]["commit"]["sha"], *history.shas[15]);
    let readings = readings(&fs::read_to_string(history.journal()).unwrap());
    let distinct: HashSet<_> = readings.iter().collect();
    assert_eq!(distinct.len(), readings.len(), "a reading is there twice");
    assert_eq!(report["readings"], readings.len());
    // Told again, nothing is read again.
    finish(history.command(&slow, &[]))
        .expect(0, &[&format!("resuming: {} readings", readings.len())]);
    assert_eq!(
        self::readings(&fs::read_to_string(history.journal()).unwrap()).len(),
        readings.len()
    );
}

#[test]
fn a_sweep_removes_the_work_trees_of_a_killed_search_alone() {
    let history = History::new(&step(25, 15));
    let own = history.world.path("own");
    history.world.git(&["worktree", "add", "--detach", &own.display().to_string(), "main"]);
    let listed = || history.world.git(&["worktree", "list", "--porcelain"]);
    let cache = history.world.path("cache");
    let sweep = || {
        let mut command = history.world.binary(&["sweep"]);
        command.arg("--cache-dir").arg(&cache);
        finish(command).expect(0, &[]).stdout
    };
    let running = history.world.start(history.command("sleep 600", &[]));
    let begun = Instant::now();
    // Git itself fails to list while one is being made.
    while history.trees() < 4 || history.entries() < 5 {
        assert!(begun.elapsed() < world::PATIENCE);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(sweep().contains("a living bisect reads in them"));
    assert_eq!(history.trees(), 4);
    running.signal(Signal::Kill);
    history.world.outcome(running);
    history.no_process();
    assert!(sweep().contains("their bisect is dead: removed"));
    assert_eq!((history.trees(), listed().matches("worktree ").count()), (0, 2), "{}", listed());
    assert!(own.join("level").exists());
    assert!(!sweep().contains("bisect"));
}

#[test]
fn an_interrupted_search_leaves_nothing() {
    let history = History::new(&step(25, 15));
    let running = history.world.start(history.command("sleep 600 & sleep 600", &[]));
    let begun = Instant::now();
    while history.trees() < 4 {
        assert!(begun.elapsed() < world::PATIENCE);
        std::thread::sleep(Duration::from_millis(5));
    }
    running.signal(Signal::Interrupt);
    history.world.outcome(running).expect(2, &["cancelled"]);
    history.nothing_is_left();
}

#[test]
fn a_command_that_hangs_or_does_not_fit_is_told() {
    let history = History::new(&step(4, 2));
    let run = |shell: &str, more: &[&str]| finish(history.command(shell, more));
    // What fails for every commit is a mistake of whoever asks.
    let neither = "neither end can be read";
    run("sleep 600", &["--timeout", "1s"]).expect(2, &[neither, "did not end within", "--fresh"]);
    let other = r#"echo 'REGRESSION_METRICS {"accuracy": 1}'"#;
    run(other, &[]).expect(2, &[neither, "no metric `loss`, but accuracy"]);
    run("no-such-program", &[]).expect(2, &[neither, "no such command"]);
    let crashes = run("echo no module named x; exit 1", &[]);
    crashes.expect(2, &[neither, "in 5 of 5 tries", "no module named x"]);
    // One end alone is that commit's own.
    let good = format!("grep -qx 0 step.py && exit 1; {}", history.shell);
    let told = run(&good, &[]).expect(3, &[]).stdout;
    assert!(told.contains("the good end"), "{told}");
    history.nothing_is_left();
}

#[test]
fn a_command_may_write_metrics_to_a_file() {
    let history = History::new(&step(6, 4));
    let shell = "echo 'REGRESSION_METRICS {\"loss\": 9}'; \
                 echo \"{\\\"loss\\\": $(cat level)}\" > \"$REGRESSION_METRICS_FILE\"";
    let outcome = finish(history.command(shell, &["--format", "json"])).expect(0, &["warning: "]);
    let report = outcome.json();
    assert_eq!(report["culprit"]["commit"]["sha"], *history.shas[4], "{report}");
    let warning = report["warnings"][0].as_str().unwrap();
    assert!(warning.contains("in $REGRESSION_METRICS_FILE and 9 in the log"), "{warning}");
    history.nothing_is_left();
    let logs = fs::read_dir(history.world.path("cache/bisects")).unwrap().flatten();
    let logs = logs.filter_map(|home| fs::read_dir(home.path().join("logs")).ok());
    let mut kept = logs.flatten().flatten().map(|file| file.path());
    assert!(kept.all(|path| path.extension().is_some_and(|end| end == "log")));
}

/// What stands before, behind and around the line in people's logs, of standard output and error together.
/// Where it is not seen, no commit has a loss, or each has the first one.
#[test]
fn metrics_are_read_wherever_a_command_puts_them() {
    let line = "printf 'REGRESSION_METRICS {\"loss\": %s}' $(cat level)";
    let first = "echo 'REGRESSION_METRICS {\"loss\": 9}'";
    for form in [
        format!("{first}; printf '\\r 0%%|  | 0/3\\r        \\r' >&2; {line}"),
        format!(
            "{first}; printf '\\r 30%%|#  | 3/10 [00:01<00:02]' >&2; {line}; printf '\\r 40%%|##' >&2"
        ),
        format!("printf '\\nbatch:  0%%|\\033[A\\repoch: 50%%|#' >&2; {line}"),
        format!("printf 'accuracy so far 0.91'; {line}"),
        format!("printf 'INFO:root:'; {line}; printf '\\r\\n'"),
        format!("printf '\\033[32m'; {line}; printf '\\033[0m\\n'"),
        format!(
            "{first}; echo 'REGRESSION_METRICS {{\"loss\": oops'; {line} | sed 's/METRICS /METRICS: /'"
        ),
    ] {
        let history = History { shell: form.clone(), ..History::new(&step(6, 4)) };
        let report = history.json(0, &[]);
        assert_eq!(report["culprit"]["commit"]["sha"], *history.shas[4], "{form}: {report}");
    }
}

/// As commits from before adoption do, the last of which also left a file of metrics in the tree.
#[test]
fn a_command_that_does_not_report_is_read_by_pattern_or_file() {
    for (source, print) in [
        (
            "pattern: 'val_loss=([0-9.]+)'",
            "echo epoch 1 val_loss=9; echo epoch 2 val_loss=$(cat level)",
        ),
        (
            "}\nmetrics-file: out/m.json\n#",
            "mkdir -p out; echo \"{\\\"model\\\": \\\"x\\\", \\\"loss\\\": $(cat level)}\" > out/m.json",
        ),
    ] {
        let history = History::new(&step(6, 4));
        history.world.config(&format!(
            "entrypoint: 'false'\nmetrics:\n  loss: {{direction: lower, relative: 1%, {source}}}\n"
        ));
        let report = finish(history.command(print, &["--format", "json"])).expect(0, &[]).json();
        assert_eq!(report["culprit"]["commit"]["sha"], *history.shas[4], "{source}: {report}");
        assert_eq!(report["warnings"], serde_json::json!([]), "{source}");
    }
}

/// Where commits are trained it does: `a_bisect_measures_every_commit_alike` on a real Ray.
#[test]
fn that_a_ruler_does_not_hold_for_a_command_is_told() {
    let history = History::new(&step(6, 4));
    let config = |keys: &str| {
        let metrics = "metrics: {loss: {direction: lower, absolute: 0.01}}";
        history.world.config(&format!("entrypoint: x\n{metrics}\n{keys}\n"));
    };
    let told = "`ruler` of the config does not hold for --command";
    config("ruler: [level]");
    let outcome = finish(history.command(&history.shell, &["--format", "json"]));
    let report = outcome.expect(0, &[told]).json();
    assert_eq!(report["culprit"]["commit"]["sha"], *history.shas[4], "{report}");
    assert!(report["warnings"][0].as_str().unwrap().starts_with(told), "{report}");
    config("");
    let outcome = finish(history.command(&history.shell, &["--format", "json"])).expect(0, &[]);
    assert!(!outcome.stderr.contains(told) && outcome.json()["warnings"] == serde_json::json!([]));
    history.nothing_is_left();
}

#[test]
fn what_is_missing_on_the_command_line_is_asked_for() {
    let history = History::new(&step(4, 2));
    let run = |arguments: &[&str]| history.world.run(&[&["bisect"], arguments].concat());
    run(&["--good", "main~3", "--command", "true"]).expect(2, &["--metric"]);
    run(&["--good", "main~3", "--command", "true", "--metric", "loss"]).expect(2, &["--direction"]);
    run(&["--command", "true", "--metric", "loss"]).expect(2, &["no tag before HEAD", "--good"]);
    run(&["--good", "main~3"]).expect(2, &["cannot read the config"]);
    let swapped = ["--good", "main", "--bad", "main~3", "--metric", "a", "--direction", "lower"];
    run(&[&swapped[..], &["--command", "true"]].concat()).expect(2, &["swap them"]);
}
