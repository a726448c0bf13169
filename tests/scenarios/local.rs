//! The main job as a person runs it: the binary, a local Ray of its own, real training.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

mod check;

use std::fs;

use sysinfo::Signal;

use check::{
    a_check_finds_a_missing_print_and_a_missing_seed_and_then_nothing,
    a_check_sees_what_sources_do_not_show,
};

use crate::{
    named,
    world::{
        self, ACCURACY, Outcome, REQUIREMENTS, Running, World,
        ray::{RunningRay, Test, on_a_running_ray},
        room::ONE_CORE,
        scenario::Scenario,
    },
};

pub fn scenarios() -> Vec<Scenario> {
    let tests = named![
        one_metric_better_one_a_little_worse_one_much_worse,
        an_interrupt_at_every_stage_leaves_nothing,
        an_interrupt_while_the_environment_is_made_leaves_nothing,
        after_a_kill_a_sweep_removes_what_is_left,
        the_death_of_the_head_ends_the_run_with_its_reason,
        a_check_finds_a_missing_print_and_a_missing_seed_and_then_nothing,
        a_check_sees_what_sources_do_not_show,
        the_demo_ends_with_the_comment_of_a_regression,
    ];
    let local = tests.map(|(name, test)| Scenario::new("local", name, ONE_CORE, test));
    // Not about its own Ray.
    let name = "what_an_interrupt_left_counts_and_base_is_read_once_for_two_heads";
    let resumed: [Test; 1] = [(name, ONE_CORE, what_an_interrupt_left_counts)];
    local.into_iter().chain(on_a_running_ray("real", resumed)).collect()
}

/// Logistic regression on the digits; stronger regularisation shrinks the weights, costs a little
/// accuracy and much of the log-loss.  It reports as many trainings do: before it learns anything, and then
/// beside bars of tqdm, of which one stays open and none ends in a newline; both streams are one log.
const TRAIN: &str = r#"
import json, os
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from tqdm import tqdm

def report(accuracy, loss, norm):
    metrics = {"accuracy": accuracy, "log_loss": loss, "weight_norm": norm}
    print("REGRESSION_METRICS", json.dumps(metrics), flush=True)

STRENGTH = float(open("strength.txt").read())
seed = int(os.environ["REGRESSION_SEED"])
x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x / 16, y, test_size=0.3, random_state=0)
x_train, _, y_train, _ = train_test_split(x_train, y_train, train_size=0.9, random_state=seed)
report(0.1, 2.3, 1.0)
epochs = tqdm(total=2, desc="epoch")
for steps in (20, 300):
    for _ in tqdm(range(5), desc="batch", leave=False):
        pass
    model = LogisticRegression(C=STRENGTH, max_iter=steps).fit(x_train, y_train)
    epochs.update()
    epochs.refresh()
    loss = log_loss(y_test, model.predict_proba(x_test))
    report(model.score(x_test, y_test), loss, float(np.linalg.norm(model.coef_)))
"#;

/// Its requirements are newer than those of most tests, and no other training has them.
const WITH_BARS: &str = "tqdm==4.67.1\n";

const TRAIN_CONFIG: &str = "entrypoint: python train.py
metrics:
  accuracy: {direction: higher, relative: 5%}
  log_loss: {direction: lower, relative: 10%}
  weight_norm: {direction: lower, relative: 5%}
seeds: {min: 3, max: 6}
env: {OMP_NUM_THREADS: '1'}
limits: {job: 5m, total: 15m}
";

fn classifier() -> World {
    let world = World::new();
    world.config(TRAIN_CONFIG);
    world.commit(&[
        ("train.py", TRAIN),
        ("strength.txt", "1.0"),
        ("requirements.txt", &format!("{REQUIREMENTS}{WITH_BARS}")),
    ]);
    world
}

/// A training that runs until it is ended, and leaves a daemon of its own behind.
fn endless() -> World {
    World::training(
        "setsid sleep 86401 & echo started; sleep 86400",
        "metrics: {accuracy: {direction: higher, absolute: 0.01}}",
    )
}

fn wait_for_a_training(world: &World, running: &mut Running) {
    let trains = || world.processes().iter().any(|(_, command)| command.starts_with("sleep 86400"));
    world.wait_until(running, "a training runs", trains);
}

/// Nothing that the world's binaries started is alive.
fn assert_nothing_runs(world: &World, outcome: &Outcome) {
    let left = world.processes();
    assert!(left.is_empty(), "{left:?} after {outcome:?}");
}

fn one_metric_better_one_a_little_worse_one_much_worse() {
    let world = classifier();
    world.git(&["checkout", "--quiet", "-b", "regularise"]);
    world.commit(&[("strength.txt", "0.1")]);
    let arguments = ["compare", "--base", "main", "--head", "regularise", "--format", "json"];
    let outcome = world.run(&arguments).expect(1, &["0 processes left"]);
    let report = outcome.json();
    let metric = |index: usize| report["metrics"][index].clone();
    assert_eq!(metric(0)["verdict"], "pass", "{report:#}");
    assert!(metric(0)["worsening"].as_f64().unwrap() > 0.0, "{report:#}");
    assert_eq!(metric(1)["verdict"], "regressed", "{report:#}");
    assert_eq!(metric(2)["verdict"], "pass", "{report:#}");
    assert!(metric(2)["worsening"].as_f64().unwrap() < 0.0, "{report:#}");
    for observation in report["observations"].as_array().unwrap() {
        let log = fs::read_to_string(observation["log"].as_str().unwrap()).unwrap();
        let last = log.lines().rfind(|line| line.contains("REGRESSION_METRICS")).unwrap();
        // A bar that got shorter is filled up with blanks.
        let (bars, _) = last.split_once("REGRESSION_METRICS {").unwrap();
        let beside = bars.contains("\repoch: 100%|") && bars.trim_end().ends_with(']');
        assert!(beside && log.contains("\rbatch:   0%|"), "{log:?}");
    }
    assert_eq!(report["cleanup"][0]["left"], 0);
    assert_nothing_runs(&world, &outcome);
}

fn an_interrupt_at_every_stage_leaves_nothing() {
    for (stage, signal) in [
        ("starting a local Ray ...", Signal::Interrupt),
        ("starting a local Ray: ", Signal::Term),
        ("training ...", Signal::Interrupt),
    ] {
        let world = endless();
        let mut running = world.start(world.compare(&[]));
        world.wait_for(&mut running, stage);
        running.signal(signal);
        let outcome = world.outcome(running).expect(2, &["cancelled"]);
        assert_nothing_runs(&world, &outcome);
    }
}

fn an_interrupt_while_the_environment_is_made_leaves_nothing() {
    let world = endless();
    let mut command = world.compare(&[]);
    command.env("REGRESSION_CACHE_DIR", world.path("cache"));
    let mut running = world.start(command);
    world.wait_for(&mut running, "installing Ray");
    running.signal(Signal::Interrupt);
    let outcome = world.outcome(running).expect(2, &["cancelled"]);
    assert_nothing_runs(&world, &outcome);
    let environments = fs::read_dir(world.path("cache/environments")).unwrap();
    let left: Vec<_> = environments.flatten().filter(|entry| entry.path().is_dir()).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn after_a_kill_a_sweep_removes_what_is_left() {
    let world = endless();
    let mut running = world.start(world.compare(&[]));
    wait_for_a_training(&world, &mut running);
    running.signal(Signal::Kill);
    let outcome = world.outcome(running);
    assert_eq!(outcome.code, None, "{outcome:?}");
    let swept = world.run(&["sweep"]).expect(0, &[]);
    assert_nothing_runs(&world, &swept);
    assert!(swept.stdout.contains("Ray"), "{swept:?}");
}

fn the_death_of_the_head_ends_the_run_with_its_reason() {
    let world = endless();
    let mut running = world.start(world.compare(&[]));
    // Of a Ray that only just answers, its own start looks for the servers for half a minute.
    wait_for_a_training(&world, &mut running);
    let servers =
        world.processes().into_iter().filter(|(_, command)| command.contains("gcs_server"));
    for (number, _) in servers {
        world::signal(number, Signal::Kill);
    }
    let outcome = world.outcome(running).expect(2, &["the head of the local Ray died"]);
    assert_nothing_runs(&world, &outcome);
}

/// Seed 1 ends at once, and others once somebody lets them go; the accuracy is the word behind the entrypoint.
fn what_an_interrupt_left_counts(ray: &RunningRay) {
    let world = World::training("sh train.sh", ACCURACY);
    let go = world.path("go");
    let script = format!(
        "test $REGRESSION_SEED = 1 || test -e {} || sleep 86400\n\
         echo \"REGRESSION_METRICS {{\\\"accuracy\\\": ${{1:-0.9}}}}\"\n",
        go.display()
    );
    let base = world.commit(&[("train.sh", &script)]);
    let head = world.twin();
    world.git(&["checkout", "--quiet", "-b", "other"]);
    let other = world.commit(&[("other", "1")]);
    let address = ray.address();
    let on_ray = |arguments: &[&str]| {
        let (command, rest) = arguments.split_first().unwrap();
        let place = [command, "--backend", "ray", "--ray-address", &address];
        let mut command = world.binary(&[&place[..], rest].concat());
        command.env("RAY_AUTH_TOKEN", ray.token());
        command
    };
    let compare = |heads: &[&str]| {
        let heads = heads.iter().flat_map(|head| ["--head", *head]);
        let options = ["compare", "--base", "main", "--seeds", "2"].into_iter().chain(heads);
        on_ray(&options.collect::<Vec<_>>())
    };
    let mut running = world.start(compare(&[&head]));
    let run = format!("runs/{}-{}-", &base[..7], &head[..7]);
    let written = || {
        let files = fs::read_dir(world::cache().join("unfinished")).into_iter().flatten().flatten();
        let texts = files.map(|file| fs::read_to_string(file.path()).unwrap_or_default());
        texts.map(|text| text.matches(&run).count()).sum::<usize>()
    };
    world.wait_until(&mut running, "both sides ended with seed 1", || written() == 2);
    running.signal(Signal::Interrupt);
    world.outcome(running).expect(2, &["cancelled"]);

    fs::write(&go, "").unwrap();
    let resumed = "resuming: 2 trainings that ended before this run are not made again";
    let outcome = world.outcome(world.start(compare(&[&head, &other])));
    let outcome = outcome.expect(0, &[resumed]);
    // The second head's base was read for the first.
    assert_eq!(outcome.stderr.matches(resumed).count(), 2, "{outcome:#?}");
    let verdicts = outcome.stdout.lines().filter(|line| line.starts_with("pass: "));
    assert_eq!(verdicts.count(), 2, "{outcome:#?}");
    assert_eq!(written(), 0);

    // Other words, other readings; and what lies there is measured, though nobody committed it.
    fs::write(world.repository().join("file"), "2").unwrap();
    let measure = ["measure", ".", "--seeds", "2", "--format", "json", "--", "0.25"];
    let outcome = world::finish(on_ray(&measure));
    let outcome = outcome.expect(0, &["the work tree is taken as it is now"]);
    let report = outcome.json();
    assert!(!outcome.stderr.contains("resuming"), "{outcome:#?}");
    assert_eq!(report["metrics"][0]["mean"], 0.25, "{report:#}");
    assert_eq!(report["observations"].as_array().unwrap().len(), 2, "{report:#}");
    let directory = report["directory"].as_str().unwrap();
    let shown = world.run(&["show", directory.rsplit('/').next().unwrap()]).expect(0, &[]);
    let again = format!("measure . --seeds 2 --backend ray --ray-address {address} -- 0.25");
    let told = format!("again: regression-action {again}");
    assert!(shown.stdout.contains(&told), "{told}: {shown:#?}");
    assert_nothing_runs(&world, &shown);
}

/// The demo's own project, compared by the command of docs/laptop.md.
fn the_demo_ends_with_the_comment_of_a_regression() {
    let world = World::new();
    let project = world.path("demo");
    let outcome =
        world.run(&["demo", &project.display().to_string()]).expect(1, &["report and logs:"]);
    for part in ["regressed", "| accuracy", "```mermaid", "0 processes left"] {
        assert!(outcome.stdout.contains(part), "{part}: {outcome:#?}");
    }
    let logs =
        outcome.stderr.lines().find_map(|line| line.strip_prefix("report and logs: ")).unwrap();
    for role in ["base", "head"] {
        let log = fs::read_to_string(format!("{logs}/logs/{role}-seed-1.log")).unwrap();
        assert!(log.contains("Ran 3 tests") && log.contains("OK"), "unit tests of {role}: {log}");
    }
    assert_nothing_runs(&world, &outcome);
}
