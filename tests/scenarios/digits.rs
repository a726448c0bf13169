//! `bisect` on real trainings; where environments differ, with a local Ray for each.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]
#![allow(clippy::print_stdout, reason = "tells how long a search takes")]

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    named,
    world::{
        self, World,
        digits::{BROKEN, Digits, requirements},
        finish,
        ray::{RunningRay, Test, on_a_running_ray},
        room::{ALL_CORES, ONE_CORE},
        scenario::Scenario,
    },
};

pub fn scenarios() -> Vec<Scenario> {
    let tests = named![
        the_culprit_among_24_commits_of_the_digits,
        a_culprit_in_the_requirements_is_told_from_the_code,
    ];
    // Each starts Rays of its own.
    let own = tests.map(|(name, test)| Scenario::new("digits", name, ALL_CORES, test));
    let drift: [Test; 1] = [("data_that_changed_outside_of_git_is_drift", ONE_CORE, drift)];
    own.into_iter().chain(on_a_running_ray("digits", drift)).collect()
}

/// The answer for a repository's last commit, told from one that was good.  Its cache is new but for the
/// environments: a search begun anew by `--fresh` would read with other seeds each time.
fn search(world: &World, good: &str, code: i32) -> Value {
    let bisect = ["bisect", "--good", good, "--bad", "main", "--backend", "local", "-k", "2"];
    let mut command = world.binary(&[&bisect[..], &["--format", "json"]].concat());
    let (environments, cache) = (world::cache().join("environments"), world.path("cache"));
    fs::create_dir_all(&environments).unwrap();
    fs::create_dir(&cache).unwrap();
    std::os::unix::fs::symlink(environments, cache.join("environments")).unwrap();
    command.env("REGRESSION_CACHE_DIR", &cache);
    let outcome = finish(command);
    assert_eq!(world.processes(), Vec::new(), "{outcome:#?}");
    let report = outcome.expect(code, &[]).json();
    let cleanups = report["cleanup"].as_array().unwrap();
    assert!(!cleanups.is_empty() && cleanups.iter().all(|one| one["left"] == 0), "{cleanups:?}");
    report
}

fn the_culprit_among_24_commits_of_the_digits() {
    let digits = Digits::new("");
    let begun = Instant::now();
    let report = search(&digits.world, &digits.shas[0], 0);
    let took = begun.elapsed();
    assert_eq!(report["culprit"]["commit"]["sha"], digits.culprit(), "{}", report["answer"]);
    assert_eq!(report["culprit"]["pull"], 115);
    assert_eq!(report["cause"], Value::Null, "its requirements are those of the commit before");
    let clusters = report["cleanup"].as_array().unwrap().len();
    let broken = &report["searches"][0]["commits"][BROKEN];
    assert_eq!(broken["readings"], serde_json::json!([]), "{broken}");
    println!(
        "24 commits of the digits, local Ray: {} rounds, {} readings, {clusters} environments, {took:.1?}, right",
        report["rounds"], report["readings"],
    );
}

/// A training whose loss is that of a package: 0.11 or 0.12.
const BY_PACKAGE: &str = "python -c \"import toolz; \
    level = '.'.join(toolz.__version__.split('.')[:2]); \
    print('REGRESSION_METRICS {\\\"loss\\\": %s}' % level)\"";

fn by_package(metric: &str) -> World {
    let world = World::new();
    let entrypoint = serde_json::to_string(BY_PACKAGE).unwrap();
    world.config(&format!("entrypoint: {entrypoint}\nmetrics: {{loss: {metric}}}\n"));
    world
}

fn a_culprit_in_the_requirements_is_told_from_the_code() {
    let world = by_package("{direction: lower, absolute: 0.002}");
    let [old, new] = requirements();
    // The ends are read, and then the code of each in the environment of the other.
    let good = world.commit(&[("requirements.txt", &old), ("step.py", "0")]);
    let bad = world.commit(&[("requirements.txt", &new), ("step.py", "1")]);
    let report = search(&world, &good, 0);
    assert_eq!(report["culprit"]["commit"]["sha"], *bad, "{}", report["answer"]);
    assert_eq!(report["cause"]["cause"], "dependencies", "{}", report["cause"]);
}

/// Data that changed outside of git: the good commit is as bad as the bad one, though it was not.
fn drift(ray: &RunningRay) {
    let world = World::new();
    let data = world.path("data.txt");
    let entrypoint =
        format!("echo \"REGRESSION_METRICS {{\\\"loss\\\": $(cat {})}}\"", data.display());
    world.config(&format!(
        "entrypoint: {}\nmetrics: {{loss: {{direction: lower, absolute: 0.02, sd: 0.001}}}}\n\
         seeds: {{values: [1, 2]}}\nhistory: {{directory: ../history}}\n",
        serde_json::to_string(&entrypoint).unwrap(),
    ));
    let good = world.commit(&[("requirements.txt", world::REQUIREMENTS), ("step.py", "0")]);
    let address = ray.address();
    let on_ray = |command: &str, arguments: &[&str]| {
        let place = [command, "--backend", "ray", "--ray-address", &address, "--format", "json"];
        let mut command = world.binary(&[&place[..], arguments].concat());
        command.env("RAY_AUTH_TOKEN", ray.token());
        finish(command)
    };
    fs::write(&data, "0.2\n").unwrap();
    // Merged, so that nothing of base is left out of the history.
    let twin = world.twin();
    world.publish(&twin);
    on_ray("compare", &["--base", "main", "--head", &twin, "--config-from", "worktree"])
        .expect(0, &[]);
    for at in 1..6 {
        world.commit(&[("step.py", &at.to_string())]);
    }
    fs::write(&data, "0.4\n").unwrap();
    let report = on_ray("bisect", &["--good", &good, "--bad", "main"]).expect(3, &[]).json();
    assert_eq!(report["finding"], "environment_drift", "{}", report["answer"]);
    assert_eq!(report["culprit"], Value::Null);
    assert!(Duration::from_secs_f64(report["seconds"].as_f64().unwrap()) < world::PATIENCE);
}
