//! `init --check` on a Ray of its own: what a training lacks comes to light, with the lines that mend it.

use serde_json::Value;

use crate::world::{Outcome, REQUIREMENTS, World};

use super::assert_nothing_runs;

const METRICS: &str =
    "accuracy: {direction: higher, relative: 1%}, loss: {direction: lower, relative: 1%}";

fn world(source: &str) -> World {
    let world = World::new();
    world.config(&format!("entrypoint: python train.py\nmetrics: {{{METRICS}}}\n"));
    world.commit(&[("requirements.txt", REQUIREMENTS), ("train.py", source)]);
    world
}

/// Runs the check, and yields its outcome with its clauses.
fn check(world: &World, code: i32) -> (Outcome, Value) {
    let outcome =
        world.run(&["init", "--check", "--format", "json"]).expect(code, &["0 processes left"]);
    assert_nothing_runs(world, &outcome);
    let checks = outcome.json()["checks"].clone();
    (outcome, checks)
}

fn clause<'a>(checks: &'a Value, name: &str) -> &'a Value {
    checks.as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

/// The lines to copy.
fn lines(clause: &Value) -> &str {
    assert_eq!(clause["state"], "problem", "{clause}");
    clause["remedy"].as_str().unwrap().split_once('\n').unwrap().1
}

/// Each state of the training is mended by what the check told of the one before.
pub(super) fn a_check_finds_a_missing_print_and_a_missing_seed_and_then_nothing() {
    let silent = "import random\nrandom.seed(7)\naccuracy = random.random()\nloss = 1 - accuracy\nprint('done')\n";
    let world = world(silent);
    let (outcome, told) = check(&world, 2);
    let print = clause(&told, "metrics");
    assert!(print["found"].as_str().unwrap().contains("  | done"), "{print}");
    assert_eq!(outcome.json()["unchecked"][0], "readings of two seeds");
    let fixed = silent.replace("print('done')", lines(print));
    // Nobody has to commit what is tried.
    std::fs::write(world.repository().join("train.py"), &fixed).unwrap();

    let (_, told) = check(&world, 2);
    assert_eq!(clause(&told, "metrics")["state"], "ok", "{told:#}");
    let seed = clause(&told, "seed");
    let found = seed["found"].as_str().unwrap();
    assert!(found.starts_with("seeds 1 and 2 gave the same accuracy and loss: "), "{found}");
    let right = fixed.replace("random.seed(7)", lines(seed));
    std::fs::write(world.repository().join("train.py"), &right).unwrap();

    let next = "next, once all of it is committed: regression-action measure HEAD";
    let (outcome, told) = check(&world, 0);
    assert!(outcome.stderr.contains(next), "{outcome:#?}");
    let states = told.as_array().unwrap().iter().map(|check| check["state"].as_str().unwrap());
    assert_eq!(states.collect::<Vec<_>>(), ["ok", "ok", "ok"], "{told:#}");
    assert_eq!(clause(&told, "metrics")["found"], "accuracy: 0.1344, 0.956; loss: 0.8656, 0.04397");
}

/// By its sources, this one is right: it reads a seed that reaches nothing, and reports metrics of other names.
pub(super) fn a_check_sees_what_sources_do_not_show() {
    let source = "import json, os\nseed = int(os.environ['REGRESSION_SEED'])\nscores = {'acc': 0.9, 'loss': 0.5}\n\
         print('REGRESSION_METRICS', json.dumps(scores))\n";
    let world = world(source);
    let (_, told) = check(&world, 2);
    let found = clause(&told, "metrics")["found"].as_str().unwrap();
    assert_eq!(found, "the config judges accuracy, and the training reports acc and loss");
    assert!(
        lines(clause(&told, "metrics")).contains("{\"accuracy\": float(accuracy)}"),
        "{told:#}"
    );
    let found = clause(&told, "seed")["found"].as_str().unwrap();
    assert!(
        found.starts_with("seeds 1 and 2 gave the same loss, by chance, or the seed "),
        "{found}"
    );

    world.commit(&[("train.py", "import absent\n")]);
    let (_, told) = check(&world, 2);
    let training = clause(&told, "training");
    let found = training["found"].as_str().unwrap();
    assert!(found.contains("  | ModuleNotFoundError: No module named 'absent'"), "{found}");
    assert_eq!(lines(training), "printf '\\n%s\\n' absent >> requirements.txt");
}
