//! `bisect` on a real Ray with a history: what was read is there on every other machine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(clippy::print_stdout, reason = "what a search came to is what people read")]

use crate::world;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use serde_json::Value;
use sysinfo::Signal;
use world::{
    World, cache, clean, finish,
    ray::{RunningRay, Test, on_a_running_ray},
    room::ONE_CORE,
    scenario::Scenario,
};

const TESTS: [Test; 6] = [
    ("killed_at_every_stage_it_goes_on_from_the_history_alone", ONE_CORE, killed_at_every_stage),
    ("a_clone_goes_on_where_another_was_interrupted", ONE_CORE, a_clone_goes_on),
    ("readings_of_a_comparison_are_known", ONE_CORE, readings_of_a_comparison),
    ("a_history_out_of_reach_is_a_warning", ONE_CORE, a_history_out_of_reach),
    ("a_commit_that_fails_is_not_tried_again_elsewhere", ONE_CORE, not_tried_again),
    ("begun_afresh_the_old_readings_do_not_count", ONE_CORE, begun_afresh),
];

pub fn scenarios() -> Vec<Scenario> {
    on_a_running_ray("search", TESTS)
}

/// The commit's own level, with noise that follows from the seed.
const LEVEL: &str = "awk -v seed=$REGRESSION_SEED '$1 == \"broken\" { exit 3 } { srand(seed); \
    printf \"REGRESSION_METRICS {\\\"accuracy\\\": %.4f}\\n\", $1 + 0.02 * (rand() - 0.5) }' level";

/// A repository whose `culprit`th commit of `count` is worse, and its commits.
struct Line {
    world: World,
    commits: Vec<String>,
    culprit: usize,
}

impl Line {
    fn new(count: usize, culprit: usize, history: &str) -> Self {
        // A comparison is two trainings.
        let metrics = "metrics: {accuracy: {direction: higher, absolute: 0.05, sd: 0.006}}";
        let rest = format!("{metrics}\nseeds: {{values: [1]}}\n{history}");
        let world = World::training(LEVEL, &rest);
        let level = |at| if at < culprit { "0.9" } else { "0.6" };
        let commit = |at: usize| world.commit(&[("level", level(at)), ("at", &at.to_string())]);
        let commits = (0..count).map(commit).collect();
        Self { world, commits, culprit }
    }

    fn command(&self, cache: &Path, more: &[&str]) -> Command {
        let (good, bad) = (&self.commits[0], self.commits.last().unwrap());
        let mut command = self.world.binary(&["bisect", "--good", good, "--bad", bad, "-k", "3"]);
        command.env("REGRESSION_CACHE_DIR", cache).args(["--format", "json"]).args(more);
        command
    }

    fn on(&self, ray: &RunningRay, cache: &Path, more: &[&str]) -> Command {
        on(ray, self.command(cache, more))
    }

    /// A machine's cache: empty, but for the environments that all tests share.
    fn machine(&self, name: &str) -> PathBuf {
        let machine = self.world.path(name);
        let environments = cache().join("environments");
        fs::create_dir_all(&environments).unwrap();
        fs::create_dir(&machine).unwrap();
        std::os::unix::fs::symlink(environments, machine.join("environments")).unwrap();
        machine
    }

    /// What the history in the directory beside the repository holds of searches.
    fn kept(&self) -> Vec<Value> {
        let keys = fs::read_dir(self.world.path("history")).into_iter().flatten().flatten();
        let files = keys.flat_map(|key| fs::read_dir(key.path()).unwrap().flatten());
        let files = files.filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
        let records = files.map(|file| parse(&fs::read_to_string(file.path()).unwrap()));
        records.filter(|record| record["search"].is_object()).collect()
    }

    fn is_right(&self, report: &Value) {
        assert_eq!(report["finding"], "culprit", "{}", report["answer"]);
        assert_eq!(report["culprit"]["commit"]["sha"], *self.commits[self.culprit]);
    }

    /// The local Ray of one that was killed ends by itself or by a sweep.
    fn nothing_runs(&self) {
        if !self.world.processes().is_empty() {
            self.world.run(&["sweep"]).expect(0, &[]);
        }
        let begun = Instant::now();
        while !self.world.processes().is_empty() {
            let left = self.world.processes();
            assert!(begun.elapsed() < world::PATIENCE, "still run: {left:?}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

fn on(ray: &RunningRay, mut command: Command) -> Command {
    command.args(["--backend", "ray", "--ray-address", &ray.address()]);
    command.env("RAY_AUTH_TOKEN", ray.token());
    command
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What the readings among records or lines are of; each once.
fn readings(lines: &[Value]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in lines {
        let line = if line["search"].is_object() { &line["search"]["line"] } else { line };
        let reading = &line["reading"];
        if reading.is_object() {
            let parts =
                ["inside", "commit", "home", "purpose", "repeat"].map(|part| &reading[part]);
            assert!(names.insert(format!("{parts:?}")), "twice: {parts:?}");
        }
    }
    names
}

/// The lines of the one journal in that cache.
fn journal(cache: &Path) -> Vec<Value> {
    let files = fs::read_dir(cache.join("bisects")).unwrap().flatten().map(|file| file.path());
    let mut journals = files.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
    let text = fs::read_to_string(journals.next().unwrap()).unwrap();
    // The last line may be torn.
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn killed_at_every_stage(ray: &RunningRay) {
    let line = Line::new(6, 3, "history: {directory: ../history}");
    let stages = [
        // Those two on a Ray of its own.
        ("nothing is there", "installing Ray", 0),
        ("Ray starts", "starting a local Ray ...", 0),
        ("the ends", "round 1: both ends", 2),
        ("the search", "commits, ", 1),
        ("the culprit", "round ", 1),
    ];
    let mut known = 0;
    for (number, (stage, told, more)) in stages.into_iter().enumerate() {
        let machine = match number {
            0 => line.world.path("bare"),
            _ => line.machine(&format!("machine-{number}")),
        };
        let mut running = line.world.start(match number {
            0 | 1 => line.command(&machine, &[]),
            _ => line.on(ray, &machine, &[]),
        });
        line.world.wait_for(&mut running, told);
        if stage == "the culprit" {
            line.world.wait_for(&mut running, ": is it ");
        }
        line.world.wait_until(&mut running, stage, || line.kept().len() >= known + more);
        running.signal(Signal::Kill);
        let said = line.world.outcome(running).stderr;
        assert_eq!(said.contains(&format!("resuming: {known} reading")), known > 0, "{said}");
        line.nothing_runs();
        let there = readings(&line.kept()).len();
        println!("killed in {stage}: {there} readings");
        assert!(there >= known, "readings are lost");
        known = there;
    }
    let machine = line.machine("machine");
    let outcome = finish(line.on(ray, &machine, &[]));
    let report = outcome.expect(0, &[&format!("resuming: {known} readings known")]).json();
    line.is_right(&report);
    line.nothing_runs();
    let kept = readings(&line.kept());
    assert_eq!(report["readings"], kept.len());
    assert_eq!(report["resumed"], known);
    assert_eq!(kept, readings(&journal(&machine)));
    println!("in the end: {} readings, {} rounds", report["readings"], report["rounds"]);
}

fn a_clone_goes_on(ray: &RunningRay) {
    let line = Line::new(4, 2, "history: {branch: regression-history}");
    let first = line.machine("first");
    let mut running = line.world.start(line.on(ray, &first, &[]));
    line.world.wait_for(&mut running, "commits, ");
    running.signal(Signal::Interrupt);
    line.world.outcome(running).expect(2, &["cancelled"]);
    let before = readings(&journal(&first));
    assert!(before.len() >= 6, "{before:?}");
    assert_eq!(ray_jobs(ray, &line), 0);

    let second = line.world.path("second");
    line.world.git(&["clone", "--quiet", ".", &second.display().to_string()]);
    let branch = "regression-history:regression-history";
    git(&second, &["fetch", "--quiet", "origin", branch]);
    let mut command = line.on(ray, &line.machine("other"), &[]);
    let outcome = finish({
        command.current_dir(&second);
        command
    });
    let told = format!("resuming: {} readings known", before.len());
    let report = outcome.expect(0, &[&told]).json();
    line.is_right(&report);
    let files = git(&second, &["ls-tree", "-r", "--name-only", "regression-history"]);
    let records = files.lines().filter(|path| path.ends_with("-bisect.json"));
    let show = |path: &str| parse(&git(&second, &["show", &format!("regression-history:{path}")]));
    let after = readings(&records.map(show).collect::<Vec<_>>());
    assert!(after.is_superset(&before));
    assert_eq!(report["readings"], after.len());
    let commits = git(&second, &["rev-list", "--count", "regression-history"]);
    println!("{} readings in {commits} commits of the history", after.len());
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = clean("git");
    command.current_dir(directory).args(arguments);
    finish(command).expect(0, &[]).stdout.trim().to_owned()
}

/// Jobs of this line's commits that run.
fn ray_jobs(ray: &RunningRay, line: &Line) -> usize {
    let ours = |id: &String| line.commits.iter().any(|commit| id.contains(&commit[..7]));
    ray.running_jobs().iter().filter(|id| ours(id)).count()
}

fn readings_of_a_comparison(ray: &RunningRay) {
    let line = Line::new(10, 6, "history: {directory: ../history}");
    let compare = |base: usize, head: usize| {
        let (base, head) = (&line.commits[base], &line.commits[head]);
        let command = line.world.binary(&[
            "compare",
            "--base",
            base,
            "--head",
            head,
            "--config-from",
            "worktree",
        ]);
        finish(on(ray, command))
    };
    // Its readings are the same without a Ray, which is dear.
    let plain = ["--config", &no_history(&line), "--command", LEVEL];
    let plain = finish(line.command(&line.machine("plain"), &plain));
    let plain = plain.expect(0, &[]).json();
    line.is_right(&plain);
    // Of a head that is not published, not all of base would be kept.
    line.world.publish("main");
    compare(5, 6).expect(1, &[]);
    compare(6, 5).expect(0, &[]);
    assert_eq!(line.kept().len(), 0);

    let told = "history: 2 readings of 2 commits known, the oldest ";
    let outcome = finish(line.on(ray, &line.machine("knowing"), &[])).expect(0, &[told]);
    let report = outcome.json();
    line.is_right(&report);
    let known = report["searches"][0]["known"].as_str().unwrap();
    assert!(known.starts_with(told), "{known}");
    let of = |report: &Value, purpose: &str| {
        let commits = report["searches"][0]["commits"].as_array().unwrap().clone();
        let all = commits.iter().flat_map(|commit| commit["readings"].as_array().unwrap().clone());
        all.filter(|reading| reading["purpose"] == purpose).count()
    };
    assert_eq!(of(&report, "known"), 2);
    assert_eq!(of(&report, "ends"), of(&plain, "ends"), "the ends are read afresh");
    assert!(of(&report, "search") < of(&plain, "search"), "{report}\n{plain}");
    assert_eq!(report["readings"], readings(&line.kept()).len(), "what is known is not made");
    println!("with what is known {} readings, without {}", report["readings"], plain["readings"]);

    // What the bisect read itself is not known to it.
    let told = format!("resuming: {} readings known", report["readings"]);
    let again = finish(line.on(ray, &line.machine("again"), &[])).expect(0, &[&told]);
    assert_eq!(of(&again.json(), "known"), 2);
    // Another question meets what this one read of its ends.
    let mut other = on(ray, line.world.binary(&["bisect", "--format", "json", "--budget", "1"]));
    other.args(["--good", &line.commits[0], "--bad", &line.commits[8]]);
    let known = of(&finish(other).json(), "known");
    assert!(known > 2, "{known}");
}

fn not_tried_again(ray: &RunningRay) {
    let mut line = Line::new(3, 2, "history: {directory: ../history}");
    line.commits.push(line.world.commit(&[("level", "broken")]));
    let told = format!("{} skipped: ", &line.commits[3][..7]);
    let first = finish(line.on(ray, &line.machine("first"), &[])).expect(3, &[&told]);
    assert_eq!(first.json()["finding"], "end_skipped");
    let second = finish(line.on(ray, &line.machine("second"), &[])).expect(3, &[]);
    assert!(!second.stderr.contains("round 1"), "{}", second.stderr);
    let report = second.json();
    assert_eq!(report["answer"], first.json()["answer"]);
    assert_eq!(report["readings"], readings(&line.kept()).len());
}

/// The same config without a history.
fn no_history(line: &Line) -> String {
    let config = line.world.repository().join(".github/regression.yml");
    let text = fs::read_to_string(config).unwrap();
    let plain = line.world.path("plain.yml");
    fs::write(&plain, text.replace("history: {directory: ../history}", "")).unwrap();
    plain.display().to_string()
}

fn a_history_out_of_reach(ray: &RunningRay) {
    let line = Line::new(2, 1, "history: {directory: ../history}");
    // Nobody can write below a file.
    fs::write(line.world.path("history"), "").unwrap();
    let outcome = finish(line.on(ray, &line.machine("machine"), &[]));
    let unread = "warning: the history cannot be read";
    let report = outcome.expect(0, &[unread, "warning: the history does not hold this search"]);
    let once = report.stderr.matches("the history does not hold this search").count();
    assert_eq!(once, 1, "{}", report.stderr);
    let made = report.json()["readings"].clone();
    assert!(report.stderr.contains(&format!("{made} readings are in the journal alone")));
    line.is_right(&report.json());
    // It is in reach again: what is here goes there.
    fs::remove_file(line.world.path("history")).unwrap();
    let machine = line.world.path("machine");
    let again = finish(line.on(ray, &machine, &[])).expect(0, &[]).json();
    assert_eq!(again["readings"], made);
    assert_eq!(readings(&line.kept()), readings(&journal(&machine)));
    assert_eq!(line.kept().len(), made);
}

/// Of two commits, whose ends are all that there is to read.
fn begun_afresh(ray: &RunningRay) {
    let line = Line::new(2, 1, "history: {directory: ../history}");
    let (old, new) = (line.machine("old"), line.machine("new"));
    line.is_right(&finish(line.on(ray, &old, &[])).expect(0, &[]).json());
    let before = line.kept().len();
    let fresh = finish(line.on(ray, &new, &["--fresh"])).expect(0, &[]).json();
    assert_eq!((&fresh["resumed"], &fresh["readings"]), (&0.into(), &8.into()));
    assert_eq!(line.kept().len(), before + 8);
    let seed = |record: Value| record["search"]["line"]["reading"]["seed"].to_string();
    let seeds: BTreeSet<String> = line.kept().into_iter().map(seed).collect();
    assert_eq!(seeds.len(), before + 8, "the old readings are made again");
    // Elsewhere, and where the old ones are still in the file.
    for machine in [line.machine("other"), old] {
        let outcome = finish(line.on(ray, &machine, &[]));
        let report = outcome.expect(0, &["resuming: 8 readings known"]).json();
        assert_eq!((&report["resumed"], &report["readings"]), (&8.into(), &8.into()));
    }
    assert_eq!(line.kept().len(), before + 8);
}
