//! Four gangs of two workers on room for two: what that takes beside the ideal, which is two rounds of what the
//! trainings themselves took.  On a local Ray with logical GPUs.  Prints a table; asserts nothing.
//!
//! Takes `REGRESSION_BENCH_PYTHON`, a Python that has `ray[default]` 2.60; `REGRESSION_BENCH_SECONDS` is how long the
//! workers train, 20 unless it says so.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench ends where something fails, and prints"
)]

#[path = "ray/place.rs"]
mod place;

use std::{env, fs, path::Path, process::Command, time::Instant};

use place::{on_a_ray, python};
use regression_action::cluster::Cluster;
use secrecy::ExposeSecret;
use serde_json::Value;

const ROUNDS: usize = 3;
/// Room for two gangs.
const GPUS: usize = 4;

/// Asks for its workers one by one, and tells when it began with that, and when they had trained.
const GANG: &str = r#"
import json, os, time
import ray

ray.init()

@ray.remote(num_gpus=1, num_cpus=0.1)
class Worker:
    def __init__(self):
        self.ready = True

    def is_ready(self):
        return self.ready

    def train(self):
        time.sleep(float(os.environ["TRAIN_SECONDS"]))

began = time.time()
workers = []
for _ in range(int(os.environ["REGRESSION_WORKERS"])):
    workers.append(Worker.remote())
    ray.get(workers[-1].is_ready.remote())
ray.get([worker.train.remote() for worker in workers])
print("REGRESSION_METRICS", json.dumps({"began": began, "ended": time.time()}))
"#;

const CONFIG: &str = "entrypoint: python gang.py
metrics:
  began: {direction: lower, absolute: 1e10, sd: 1}
  ended: {direction: lower, absolute: 1e10, sd: 1}
seeds: {values: [1, 2]}
training: {workers: 2, gpu: 1, cpu: 100m}
";

/// Seconds.
struct Round {
    /// The whole command.
    command: f64,
    /// From the first gang's beginning to the last one's end.
    wall: f64,
    /// Two rounds of what the gangs took, by their own clocks.
    ideal: f64,
    /// Two rounds of the jobs, the start of their Python and of their driver with them.
    jobs: f64,
}

#[tokio::main]
async fn main() {
    on_a_ray(&python(), GPUS, measure).await;
}

fn measure(cluster: &Cluster) {
    let seconds = env::var("REGRESSION_BENCH_SECONDS").unwrap_or_else(|_| "20".to_owned());
    let world = tempfile::tempdir().unwrap();
    let repository = world.path().join("repository");
    prepare(&repository, &seconds);
    let rounds: Vec<Round> =
        (0..ROUNDS).map(|_| round(cluster, &repository, world.path())).collect();
    let median = |pick: fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values[ROUNDS / 2]
    };
    println!(
        "four gangs of two that train for {seconds} s, on room for two; medians of {ROUNDS} rounds, seconds:"
    );
    println!("| | seconds | more than the ideal |\n|---|---|---|");
    let ideal = median(|round| round.ideal);
    println!("| ideal: two rounds of what a gang takes | {ideal:.1} | - |");
    for (name, pick) in [
        ("two rounds of their jobs", (|round| round.jobs) as fn(&Round) -> f64),
        ("from the first gang's beginning to the last one's end", |round| round.wall),
        ("the whole comparison", |round| round.command),
    ] {
        let value = median(pick);
        println!("| {name} | {value:.1} | {:.1} % |", 100.0 * (value / ideal - 1.0));
    }
}

fn prepare(repository: &Path, seconds: &str) {
    fs::create_dir_all(repository.join(".github")).unwrap();
    let config = format!("{CONFIG}env: {{TRAIN_SECONDS: \"{seconds}\"}}\n");
    fs::write(repository.join(".github/regression.yml"), config).unwrap();
    fs::write(repository.join("gang.py"), GANG).unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=b", "-c", "user.email=b@example.com"]);
        assert!(git.current_dir(repository).args(arguments).status().unwrap().success());
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    // The second commit trains the same, and has to be trained.
    for file in ["one", "two"] {
        fs::write(repository.join(file), "").unwrap();
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "-m", "x"]);
    }
}

fn round(cluster: &Cluster, repository: &Path, cache: &Path) -> Round {
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_regression-action"))
        .args(["compare", "--base", "main~1", "--head", "main", "--fresh", "--backend", "ray"])
        .args(["--format", "json", "--ray-address", cluster.dashboard.as_str(), "--cache-dir"])
        .arg(cache.join("cache"))
        .env("RAY_AUTH_TOKEN", cluster.token.as_ref().unwrap().expose_secret())
        .current_dir(repository)
        .output()
        .unwrap();
    let command = started.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let observations = report["observations"].as_array().unwrap();
    let began = |one: &Value| one["readings"]["began"].as_f64().unwrap();
    let ended = |one: &Value| one["readings"]["ended"].as_f64().unwrap();
    let own: f64 = observations.iter().map(|one| ended(one) - began(one)).sum();
    let jobs: f64 = observations.iter().map(|one| one["seconds"].as_f64().unwrap()).sum();
    let first = observations.iter().map(began).fold(f64::INFINITY, f64::min);
    let last = observations.iter().map(ended).fold(0.0, f64::max);
    // Of four, two at a time.
    Round { command, wall: last - first, ideal: own / 2.0, jobs: jobs / 2.0 }
}
