//! What we spend ourselves: one comparison of six short jobs beside `ray job submit` doing the same
//! six jobs, on one Ray, in one run; and one training with and without the hook that tells what Python reads.
//! Prints tables; asserts nothing.
//!
//! Takes `REGRESSION_BENCH_PYTHON`, a Python that has `ray[default]` 2.60.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench ends where something fails, and prints"
)]

#[path = "ray/place.rs"]
mod place;

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use place::{on_a_ray, python};
use regression_action::cluster::Cluster;
use secrecy::ExposeSecret;

const ROUNDS: usize = 5;
const JOBS: usize = 6;
/// What each job does; the bare training takes just this long.
const TRAINING: &str = "sleep 1; echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'";
const CONFIG: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.1}}\nseeds: {min: 3, max: 3}\n";

#[tokio::main]
async fn main() {
    let python = python();
    hook(&python);
    let given = python.clone();
    on_a_ray(&python, 0, move |cluster| measure(cluster, &given)).await;
}

/// Imports what many programs import, reads 500 files, and computes for seconds.
const READING: &str = "
import asyncio, email.message, http.server, json, logging, multiprocessing, sqlite3, unittest, xml.dom
for number in range(500):
    with open(f'data/{number}') as file:
        file.read()
total = sum(number * number % 7 for number in range(20_000_000))
";

/// A training of a few seconds with the hook and without it, by turns.
fn hook(python: &Path) {
    let world = tempfile::tempdir().unwrap();
    let path = |name: &str| world.path().join(name);
    for directory in ["tree/data", "hook"] {
        fs::create_dir_all(path(directory)).unwrap();
    }
    (0..500).for_each(|number| fs::write(path(&format!("tree/data/{number}")), "x").unwrap());
    fs::write(path("tree/train.py"), READING).unwrap();
    fs::write(path("hook/sitecustomize.py"), include_str!("../src/experiment/measure/hook.py"))
        .unwrap();
    let run = |with: bool| {
        let mut command = Command::new(python);
        command.arg("train.py").current_dir(path("tree"));
        if with {
            command.env("PYTHONPATH", path("hook")).env("REGRESSION_TRACE_FILE", path("told"));
            command.env("REGRESSION_WATCHED", "train.py").env("REGRESSION_TRACE_ALL", "1");
        }
        let started = Instant::now();
        assert!(command.status().unwrap().success());
        started.elapsed().as_secs_f64()
    };
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..=2 * ROUNDS {
        with.push(run(true));
        without.push(run(false));
    }
    let [with, without] = [with, without].map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS]
    });
    println!("a training that reads 500 files, median of {}, seconds:", 2 * ROUNDS + 1);
    println!("| with the hook | without | more |\n|---|---|---|");
    println!("| {with:.3} | {without:.3} | {:.2} % |\n", 100.0 * (with / without - 1.0));
}

fn measure(cluster: &Cluster, python: &Path) {
    let world = tempfile::tempdir().unwrap();
    let repository = world.path().join("repository");
    prepare(&repository);
    ours(cluster, &repository, world.path());
    let mut rows = Vec::new();
    for _ in 0..ROUNDS {
        let (total, report) = ours(cluster, &repository, world.path());
        let seconds = |name: &str| report["times"][name].as_f64().unwrap();
        rows.push((
            total,
            seconds("training"),
            seconds("ours"),
            rays(cluster, python, &repository),
        ));
    }
    let column = |pick: fn(&(f64, f64, f64, f64)) -> f64| {
        let mut values: Vec<f64> = rows.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values[ROUNDS / 2]
    };
    let (total, training) = (column(|row| row.0), column(|row| row.1));
    let (own, peer) = (column(|row| row.2), column(|row| row.3));
    println!("six jobs of 1 s on 2 cores, median of {ROUNDS}, seconds:");
    println!("| way | wall | while a job runs | ours |\n|---|---|---|---|");
    println!("| regression-action compare | {total:.2} | {training:.2} | {own:.2} |");
    println!("| ray job submit, two at a time | {peer:.2} | - | - |");
    println!("ratio of wall times: {:.2}", peer / total);
}

fn prepare(repository: &Path) {
    fs::create_dir_all(repository.join(".github")).unwrap();
    let quoted = serde_json::to_string(TRAINING).unwrap();
    let config = format!("entrypoint: {quoted}\n{CONFIG}");
    fs::write(repository.join(".github/regression.yml"), config).unwrap();
    let git = |arguments: &[&str]| {
        let status = Command::new("git").current_dir(repository).args(arguments).status().unwrap();
        assert!(status.success());
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    // The second commit trains the same, and has to be trained.
    for file in ["one", "two"] {
        fs::write(repository.join(file), "").unwrap();
        git(&["add", "--all"]);
        git(&[
            "-c",
            "user.name=b",
            "-c",
            "user.email=b@example.com",
            "commit",
            "--quiet",
            "-m",
            "x",
        ]);
    }
}

fn ours(cluster: &Cluster, repository: &Path, cache: &Path) -> (f64, serde_json::Value) {
    let started = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_regression-action"))
        .args([
            "compare",
            "--base",
            "main~1",
            "--head",
            "main",
            "--backend",
            "ray",
            "--format",
            "json",
        ])
        .args(["--ray-address", cluster.dashboard.as_str(), "--cache-dir"])
        .arg(cache.join("cache"))
        .env("RAY_AUTH_TOKEN", token(cluster))
        .current_dir(repository)
        .output()
        .unwrap();
    let seconds = started.elapsed().as_secs_f64();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (seconds, serde_json::from_slice(&output.stdout).unwrap())
}

/// The same jobs by Ray's own client, as many at a time as we run.
fn rays(cluster: &Cluster, python: &Path, repository: &Path) -> f64 {
    let started = Instant::now();
    let submit = || {
        let status = Command::new(python.with_file_name("ray"))
            .args(["job", "submit", "--address", cluster.dashboard.as_str().trim_end_matches('/')])
            .arg("--working-dir")
            .arg(repository)
            .args(["--", "sh", "-c", TRAINING])
            .env("RAY_AUTH_MODE", "token")
            .env("RAY_AUTH_TOKEN", token(cluster))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    };
    for _ in 0..JOBS / 2 {
        std::thread::scope(|scope| {
            scope.spawn(submit);
            scope.spawn(submit);
        });
    }
    started.elapsed().as_secs_f64()
}

fn token(cluster: &Cluster) -> &str {
    cluster.token.as_ref().unwrap().expose_secret()
}
