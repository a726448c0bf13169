//! Comparisons that are tracked by a real MLflow, while it lives and when it dies: on a real Ray that
//! runs already.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use crate::world;

use std::{collections::BTreeMap, sync::OnceLock};

use regression_action::experiment::tracking::{
    self, RunFound, RunStatus, Tracker, TrackerCredentials,
};
use world::{
    ACCURACY, Outcome, PATIENCE, World, finish,
    mlflow::Mlflow,
    ray::{RunningRay, on_a_running_ray},
    room::ONE_CORE,
    scenario::Scenario,
};

type Test = (&'static str, fn(&RunningRay));

const TESTS: [Test; 12] = [
    ("a_comparison_is_in_mlflow", a_comparison_is_in_mlflow),
    ("readings_come_from_mlflow_alone", readings_come_from_mlflow_alone),
    ("a_metric_that_vanishes_from_mlflow_never_passes", a_metric_that_vanishes),
    ("a_training_that_fails_is_told_so", a_training_that_fails),
    ("a_training_that_sets_another_experiment_is_explained", another_experiment),
    ("a_cancelled_comparison_leaves_no_open_run", a_cancelled_comparison),
    ("mlflow_is_away_from_the_start", away_from_the_start),
    ("mlflow_dies_while_it_trains", dies_while_it_trains),
    ("the_history_is_in_mlflow", the_history_is_in_mlflow),
    ("a_bisect_is_in_mlflow", a_bisect_is_in_mlflow),
    ("a_cancelled_bisect_leaves_no_open_run", a_cancelled_bisect),
    ("a_bisect_goes_on_without_mlflow_unless_it_reads_there", a_bisect_without_mlflow),
];

pub fn scenarios() -> Vec<Scenario> {
    on_a_running_ray("tracked", TESTS.map(|(name, test)| (name, ONE_CORE, test)))
}

/// One server for all tests that let it live.
fn shared() -> &'static Mlflow {
    static SERVER: OnceLock<Mlflow> = OnceLock::new();
    SERVER.get_or_init(Mlflow::start)
}

const GOOD: &str = "echo \"REGRESSION_METRICS {\\\"accuracy\\\": 0.95$REGRESSION_SEED}\"";

/// Logs to its run by MLflow's REST API, and prints nothing.
const BY_MLFLOW: &str = "curl -sSf -X POST $MLFLOW_TRACKING_URI/api/2.0/mlflow/runs/log-metric \
    -H 'Content-Type: application/json' \
    -d \"{\\\"run_id\\\": \\\"$MLFLOW_RUN_ID\\\", \\\"key\\\": \\\"accuracy\\\", \\\"value\\\": 0.95$REGRESSION_SEED, \\\"timestamp\\\": 1}\" > /dev/null";

/// A comparison is two trainings.
fn config(uri: &str, experiment: &str, more: &str) -> String {
    format!("{ACCURACY}\nmlflow: {{uri: {uri:?}, experiment: {experiment}{more}}}")
}

/// A comparison is four.
fn of_two_seeds(config: &str) -> String {
    config.replace("values: [1]", "values: [1, 2]")
}

fn command(ray: &RunningRay, world: &World) -> std::process::Command {
    command_for(ray, world, &world.twin())
}

fn command_for(ray: &RunningRay, world: &World, head: &str) -> std::process::Command {
    let address = ray.address();
    let place = ["--backend", "ray", "--ray-address", &address, "--format", "json"];
    let mut command = world.binary(
        &[
            &["compare", "--base", "main", "--head", head, "--fresh", "--config-from", "worktree"],
            &place[..],
        ]
        .concat(),
    );
    command.env("RAY_AUTH_TOKEN", ray.token());
    command
}

fn compare(ray: &RunningRay, world: &World) -> Outcome {
    finish(command(ray, world))
}

/// All runs of an experiment: the parent, and its children.
fn runs(ray: &RunningRay, uri: &str, experiment: &str) -> (RunFound, Vec<RunFound>) {
    let tracker = Tracker::new(uri, TrackerCredentials::None, None).unwrap();
    let found = ray.runtime.block_on(async {
        let experiment = tracker.experiment(experiment).await.unwrap();
        tracker.search(&experiment, &BTreeMap::new(), 100).await.unwrap()
    });
    let (mut parents, children): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|run| !run.tags.contains_key("mlflow.parentRunId"));
    assert_eq!(parents.len(), 1, "{parents:?}");
    (parents.remove(0), children)
}

fn statuses(children: &[RunFound]) -> Vec<Option<RunStatus>> {
    children.iter().map(|run| run.status).collect()
}

fn a_comparison_is_in_mlflow(ray: &RunningRay) {
    let uri = shared().uri();
    let world = World::training(GOOD, &of_two_seeds(&config(&uri, "whole", "")));
    let report = compare(ray, &world).expect(0, &["experiment: http"]).json();
    let (parent, children) = runs(ray, &uri, "whole");
    assert_eq!(parent.status, Some(RunStatus::Finished));
    assert_eq!(parent.tags["regression.verdict"], "pass");
    assert!(report["experiment_url"].as_str().unwrap().ends_with(parent.id.as_str()), "{report}");
    assert_eq!(statuses(&children), [Some(RunStatus::Finished); 4]);
    let mut seen: Vec<(String, String, f64)> = children
        .iter()
        .map(|run| {
            assert_eq!(run.tags["mlflow.parentRunId"], parent.id.as_str());
            assert!(run.tags.contains_key("regression.machine.node"), "{:?}", run.tags);
            let tag = |name: &str| run.tags[name].clone();
            (tag(tracking::ROLE), tag(tracking::SEED), run.metrics["accuracy"])
        })
        .collect();
    seen.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let wanted = ["base", "head"].into_iter().flat_map(|role| {
        [("1", 0.951), ("2", 0.952)].map(|(seed, value)| (role.to_owned(), seed.to_owned(), value))
    });
    assert_eq!(seen, wanted.collect::<Vec<_>>());
}

fn readings_come_from_mlflow_alone(ray: &RunningRay) {
    let uri = shared().uri();
    let world = World::training(BY_MLFLOW, &config(&uri, "alone", ", readings: mlflow"));
    let report = compare(ray, &world).expect(0, &[]).json();
    assert_eq!(report["metrics"][0]["base"], 0.951);
    // The same is found where both count, and the log says nothing.
    let world = World::training(BY_MLFLOW, &config(&uri, "both", ""));
    assert_eq!(compare(ray, &world).expect(0, &[]).json()["metrics"][0]["head"], 0.951);
}

fn a_metric_that_vanishes(ray: &RunningRay) {
    let uri = shared().uri();
    let vanishing = format!("[ -e twin ] || {BY_MLFLOW}");
    let world = World::training(&vanishing, &config(&uri, "vanishing", ", readings: mlflow"));
    let report = compare(ray, &world).expect(3, &[]).json();
    assert_eq!(report["metrics"][0]["reason"], "missing in 1 of 1 trainings of head");
    // What is printed does not count where MLflow is the only source.
    let world = World::training(GOOD, &config(&uri, "printing", ", readings: mlflow"));
    assert_eq!(compare(ray, &world).expect(3, &[]).json()["verdict"], "inconclusive");
}

fn a_training_that_fails(ray: &RunningRay) {
    let uri = shared().uri();
    let world = World::training("exit 3", &config(&uri, "failing", ""));
    compare(ray, &world).expect(2, &["exit code 3"]);
    let (parent, children) = runs(ray, &uri, "failing");
    assert_eq!(parent.status, Some(RunStatus::Failed));
    assert!(children.iter().any(|run| run.status == Some(RunStatus::Failed)), "{children:?}");
    assert!(children.iter().all(|run| run.status.is_some()), "{children:?}");
}

/// As nearly every training does, with a name of its own.
fn another_experiment(ray: &RunningRay) {
    let code = "import mlflow\nmlflow.set_experiment('digits')\nwith mlflow.start_run():\n    \
                mlflow.log_metric('accuracy', 0.9)\nprint('REGRESSION_METRICS {\"accuracy\": 0.9}')\n";
    // Head reports without it.
    let python = Mlflow::python();
    let training = format!("if [ -e twin ]; then {GOOD}; else {} train.py; fi", python.display());
    let world = World::training(&training, &config(&shared().uri(), "acme/digits", ""));
    world.commit(&[("train.py", code)]);
    let address = ray.address();
    let mut doctor = world.binary(&["doctor", "--backend", "ray", "--ray-address", &address]);
    doctor.env("RAY_AUTH_TOKEN", ray.token());
    let said = finish(doctor).stdout;
    assert!(said.contains("mlflow.set_experiment must name \"acme/digits\""), "{said}");
    let told = "it calls mlflow.set_experiment, and its run is one of \"acme/digits\"";
    compare(ray, &world).expect(2, &[told]);
    let elsewhere = code.replace("set_experiment('digits')", "set_tracking_uri('file:own')");
    let files = "import os\nos.environ['MLFLOW_ALLOW_FILE_STORE'] = 'true'\n";
    world.commit(&[("train.py", &format!("{files}{elsewhere}"))]);
    compare(ray, &world).expect(2, &["it looks for its run", "leave mlflow.set_tracking_uri out"]);
    world.commit(&[("train.py", &code.replace("'digits'", "'acme/digits'"))]);
    compare(ray, &world).expect(0, &[]);
}

fn a_cancelled_comparison(ray: &RunningRay) {
    cancelled(ray, "cancelled", |training, config| {
        let world = World::training(training, config);
        let command = command(ray, &world);
        (world, command)
    });
}

/// Interrupts what a training that never ends is made for, and looks at its runs.
fn cancelled(
    ray: &RunningRay,
    experiment: &str,
    start: impl FnOnce(&str, &str) -> (World, std::process::Command),
) {
    let uri = shared().uri();
    let gate = World::new();
    let started = gate.path("started");
    let training = format!("touch {}; sleep 86400", started.display());
    let (world, command) = start(&training, &config(&uri, experiment, ""));
    let mut running = world.start(command);
    let begun = std::time::Instant::now();
    while !started.exists() {
        assert!(begun.elapsed() < PATIENCE && running.child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    running.signal(sysinfo::Signal::Interrupt);
    world.outcome(running).expect(2, &["cancelled"]);
    let (parent, children) = runs(ray, &uri, experiment);
    assert_eq!(parent.status, Some(RunStatus::Killed));
    assert_eq!(parent.tags["regression.verdict"], "cancelled");
    assert!(!children.is_empty(), "nothing had begun");
    assert!(children.iter().all(|run| run.status == Some(RunStatus::Killed)), "{children:?}");
}

fn away_from_the_start(ray: &RunningRay) {
    let nobody = "http://127.0.0.1:9";
    let world = World::training(GOOD, &config(nobody, "away", ""));
    let report = compare(ray, &world).expect(0, &["warning: not tracked"]).json();
    assert!(report["experiment_url"].is_null(), "{report}");
    let world = World::training(GOOD, &config(nobody, "away", ", readings: mlflow"));
    compare(ray, &world).expect(2, &["http://127.0.0.1:9", "mlflow in the config"]);
}

/// Two comparisons at a time, one of which reads there.
fn dies_while_it_trains(ray: &RunningRay) {
    let mut mlflow = Mlflow::start();
    let uri = mlflow.uri();
    let gate = World::new();
    let go = gate.path("go");
    let begin = |(number, source): (usize, &str)| {
        let begun = gate.path(&format!("begun-{number}"));
        let waiting = format!(
            "touch {}; while [ ! -e {} ]; do sleep 0.1; done; {GOOD}",
            begun.display(),
            go.display()
        );
        let world = World::training(&waiting, &config(&uri, "dying", source));
        let mut running = world.start(command(ray, &world));
        world.wait_until(&mut running, "a training runs", || begun.exists());
        (world, running)
    };
    let [(unread, of_unread), (read, of_read)] = [(1, ""), (2, ", readings: mlflow")].map(begin);
    mlflow.kill();
    std::fs::write(&go, "").unwrap();
    let report = unread.outcome(of_unread).expect(0, &[&uri]).json();
    assert_eq!(report["verdict"], "pass");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("MLflow was out of reach"), "{warnings}");
    read.outcome(of_read).expect(2, &[&uri]);
}

fn the_history_is_in_mlflow(ray: &RunningRay) {
    let uri = shared().uri();
    let text = format!("{}\nhistory: {{mlflow: true}}", config(&uri, "history", ""));
    let text = of_two_seeds(&text);
    let world = World::training(GOOD, &text);
    // Beside code that is not merged, not all of base would be kept.
    let merged = || {
        let twin = world.twin();
        world.publish(&twin);
        finish(command_for(ray, &world, &twin))
    };
    merged().expect(0, &["history: 0 records"]);
    let report = merged().expect(0, &["2 trainings of the base are known"]).json();
    assert_eq!(report["metrics"][0]["base"], 0.9515);
    let observations = report["observations"].as_array().unwrap().iter();
    assert_eq!(observations.filter(|one| one["reused"].is_string()).count(), 1, "{report}");
}

/// A repository of so many commits, the second of which is worse; what trains reads the file `level`.
fn commits(count: usize, entrypoint: &str, config: &str) -> (World, Vec<String>) {
    let world = World::training(entrypoint, config);
    let level = |at| if at < 1 { "0.9" } else { "0.6" };
    let commit = |at: usize| world.commit(&[("level", level(at)), ("at", &at.to_string())]);
    let commits = (0..count).map(commit).collect();
    (world, commits)
}

fn bisect(ray: &RunningRay, world: &World, commits: &[String]) -> std::process::Command {
    let address = ray.address();
    let (good, bad) = (&commits[0], commits.last().unwrap());
    let mut command = world.binary(&["bisect", "--good", good, "--bad", bad]);
    command.args(["--backend", "ray", "--ray-address", &address, "--format", "json", "-k", "2"]);
    command.arg("--cache-dir").arg(world.path("cache")).env("RAY_AUTH_TOKEN", ray.token());
    command
}

fn a_bisect_is_in_mlflow(ray: &RunningRay) {
    let uri = shared().uri();
    let logging = BY_MLFLOW.replace("0.95$REGRESSION_SEED", "$(cat level)$REGRESSION_SEED");
    let (world, commits) = commits(3, &logging, &config(&uri, "searched", ", readings: mlflow"));
    let outcome = finish(bisect(ray, &world, &commits)).expect(0, &["experiment: http"]);
    let report = outcome.json();
    assert_eq!(report["culprit"]["commit"]["sha"], *commits[1], "{report}");
    assert!(report["usage"]["training_minutes"].as_f64().unwrap() > 0.0, "{report}");
    let (parent, children) = runs(ray, &uri, "searched");
    assert_eq!(parent.status, Some(RunStatus::Finished));
    assert_eq!(parent.tags["regression.verdict"], "culprit");
    assert_eq!(parent.tags[tracking::COMMIT], commits[2]);
    assert!(report["experiment_url"].as_str().unwrap().ends_with(parent.id.as_str()), "{report}");
    let finished = children.iter().filter(|run| run.status == Some(RunStatus::Finished));
    assert_eq!(report["readings"], finished.count());
    for run in &children {
        // Of those that were no longer needed, some were ended.
        assert!(run.status.is_some(), "{run:?}");
        assert_eq!(run.tags["mlflow.parentRunId"], parent.id.as_str());
        assert_eq!(run.tags[tracking::ROLE], "bisect");
        assert!(commits.contains(&run.tags[tracking::COMMIT]), "{run:?}");
        assert!(run.tags.contains_key(tracking::SEED), "{run:?}");
        let purpose = &*run.tags["regression.purpose"];
        assert!(["ends", "search", "culprit", "several"].contains(&purpose), "{run:?}");
    }
    // Nothing is trained when it is asked again, and it is tracked all the same.
    let again = finish(bisect(ray, &world, &commits)).expect(0, &["resuming: "]).json();
    assert_eq!(again["readings"], report["readings"]);
    assert_ne!(again["experiment_url"], report["experiment_url"]);
    // The journal knows the time of readings, not that of those which were stopped.
    let minutes = |report: &serde_json::Value| report["usage"]["training_minutes"].as_f64();
    assert!(minutes(&again) > Some(0.0) && minutes(&again) <= minutes(&report), "{again}");
}

fn a_cancelled_bisect(ray: &RunningRay) {
    cancelled(ray, "bisect-cancelled", |training, config| {
        let (world, commits) = commits(2, training, config);
        let command = bisect(ray, &world, &commits);
        (world, command)
    });
}

fn a_bisect_without_mlflow(ray: &RunningRay) {
    let nobody = "http://127.0.0.1:9";
    let printing = "echo \"REGRESSION_METRICS {\\\"accuracy\\\": $(cat level)$REGRESSION_SEED}\"";
    // Both ends are all that there is to read.
    let (world, line) = commits(2, printing, &config(nobody, "away", ""));
    let outcome = finish(bisect(ray, &world, &line)).expect(0, &["warning: not tracked"]);
    let report = outcome.json();
    assert_eq!(report["culprit"]["commit"]["sha"], *line[1], "{report}");
    assert!(report["experiment_url"].is_null(), "{report}");
    let (world, line) = commits(2, printing, &config(nobody, "away", ", readings: mlflow"));
    let told = ["http://127.0.0.1:9", "mlflow in the config"];
    finish(bisect(ray, &world, &line)).expect(2, &told);
}
