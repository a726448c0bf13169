//! `init` on repositories of many shapes, by the binary: the config that it writes holds, and what is there stays.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod shapes;
mod terminal;

use std::{fs, process::Command};

use regression_action::config::{Config, Direction};
use serde_json::Value;

use crate::world::{Outcome, World, finish};
use shapes::{SHAPES, Shape};

const CONFIG: &str = ".github/regression.yml";
const WORKFLOWS: [&str; 2] =
    [".github/workflows/regression.yml", ".github/workflows/regression-review.yml"];

/// Git that finds the action's repository at a path of this machine alone.
fn init(world: &World, arguments: &[&str], releases: &str) -> Outcome {
    let settings = world.path("gitconfig");
    let text =
        format!("[url \"{releases}\"]\n\tinsteadOf = https://github.com/org/regression-action\n");
    fs::write(&settings, text).unwrap();
    let mut command = world.binary(&[&["init"], arguments].concat());
    command.env("GIT_CONFIG_GLOBAL", settings);
    finish(command)
}

fn read(world: &World, path: &str) -> String {
    fs::read_to_string(world.repository().join(path)).unwrap()
}

fn assert_told(outcome: &Outcome, told: &[&str]) {
    for text in told {
        assert!(outcome.stdout.contains(text), "not told: {text:?}\n{}", outcome.stdout);
    }
}

fn holds(Shape { name, entrypoint, requirements, metrics, told, files }: &Shape) {
    let world = World::new();
    world.commit(files);
    let outcome = init(&world, &["--yes"], "/nowhere").expect(0, &["next: "]);
    let text = read(&world, CONFIG);
    let config =
        Config::parse(&text, CONFIG).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    let schema = serde_json::to_value(Config::json_schema()).unwrap();
    let value: Value = serde_yaml::from_str(&text).unwrap();
    jsonschema::validate(&schema, &value).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    assert_eq!(config.entrypoint, *entrypoint, "{name}");
    assert_eq!(config.requirements, *requirements, "{name}");
    let found = config.metrics.iter().map(|(name, metric)| {
        let is_matched = config.metrics.patterns().contains_key(name);
        (name.as_str(), metric.direction == Direction::Higher, is_matched)
    });
    assert_eq!(found.collect::<Vec<_>>(), *metrics, "{name}");
    assert!(config.image.is_none() && config.cluster.workers.is_none(), "{name}");
    assert_told(&outcome, told);
    assert_told(&outcome, &["git ls-remote https://github.com/org/regression-action v"]);
}

#[test]
fn repositories_of_eight_shapes() {
    assert_eq!(SHAPES.len(), 8);
    SHAPES.iter().for_each(holds);
}

/// The other model of the monorepo is told with the command for its own config.
#[test]
fn a_second_model_has_a_config_of_its_own() {
    let world = World::new();
    let monorepo = SHAPES.iter().find(|shape| shape.name == "monorepo with two models").unwrap();
    world.commit(monorepo.files);
    let outcome = init(&world, &["--yes"], "/nowhere").expect(0, &[]);
    let command = outcome.stdout.lines().find(|line| line.contains("--entrypoint")).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("set -- {}; shift; printf '%s\\n' \"$@\"", command.trim())]);
    let words = finish(shell).stdout;
    let words: Vec<&str> = words.lines().skip(1).chain(["--yes"]).collect();
    init(&world, &words, "/nowhere").expect(0, &[]);
    let config = Config::parse(&read(&world, ".github/regression-seer.yml"), "second").unwrap();
    assert_eq!(config.entrypoint, "cd models/seer && python train.py");
    assert_eq!(config.metrics.keys().collect::<Vec<_>>(), ["val/iou"]);
}

#[test]
fn what_is_there_is_told_and_left() {
    let world = World::new();
    let mine = "entrypoint: make train\nmetrics: {loss: {direction: lower, relative: 1%}}\n";
    world.commit(&[
        (CONFIG, mine),
        (WORKFLOWS[0], "name: mine\n"),
        ("train.py", "print('loss', 1)"),
    ]);
    let outcome = init(&world, &["--yes"], "/nowhere").expect(0, &[]);
    assert_told(
        &outcome,
        &[
            ".github/regression.yml is there already, and left as it is",
            ".github/workflows/regression.yml is there already, and left as it is",
            ".github/workflows/regression-review.yml is written",
        ],
    );
    assert_eq!(
        (read(&world, CONFIG).as_str(), read(&world, WORKFLOWS[0]).as_str()),
        (mine, "name: mine\n")
    );
    let again = init(&world, &["--yes", "--format", "json"], "/nowhere").expect(0, &[]).json();
    assert!(!again.to_string().contains("is written"), "{again:#}");
    assert_eq!(world.git(&["status", "--porcelain"]), "?? .github/workflows/regression-review.yml");
}

#[test]
fn workflows_name_the_release_of_the_binary() {
    let world = World::new();
    world.commit(&[("train.py", "")]);
    let releases = World::new();
    let commit = releases.commit(&[("action.yml", "")]);
    let version = format!("v{}", env!("CARGO_PKG_VERSION"));
    releases.git(&["tag", "--annotate", "--message", "a release", &version]);
    init(&world, &["--yes"], &releases.repository().display().to_string()).expect(0, &[]);
    let workflow = read(&world, WORKFLOWS[0]);
    assert!(
        workflow.contains(&format!("uses: org/regression-action@{commit} # {version}")),
        "{workflow}"
    );
    assert!(!workflow.contains("00000000"), "{workflow}");
}

/// What is told is enough to keep the contract, as far as sources show it.
#[test]
fn a_missing_seed_and_a_missing_print_are_told_with_the_lines_to_write() {
    let world = World::new();
    let source = "import random\nrandom.seed(7)\naccuracy = random.random()\nmlflow.log_metric('accuracy', accuracy)\n";
    world.commit(&[("train.py", source), ("requirements.txt", "")]);
    init(&world, &["--yes"], "/nowhere").expect(0, &["next: regression-action init --check"]);
    let checks = || {
        let json = init(&world, &["--yes", "--format", "json"], "/nowhere").expect(0, &[]).json();
        json["checks"].as_array().unwrap().clone()
    };
    let lacking = checks();
    let remedy = |name: &str| {
        let check = lacking.iter().find(|check| check["name"] == name).unwrap();
        assert_eq!(check["state"], "problem", "{check}");
        let remedy = check["remedy"].as_str().unwrap();
        remedy.split_once('\n').unwrap().1.to_owned()
    };
    let (seed, print) = (remedy("seed"), remedy("metrics"));
    let mended = source
        .replace("random.seed(7)", &seed)
        .replace("mlflow.log_metric('accuracy', accuracy)", &print);
    world.commit(&[("train.py", &mended)]);
    assert!(checks().iter().all(|check| check["state"] != "problem"), "{:#?}", checks());
    let mut training = Command::new("python3");
    training.arg("train.py").current_dir(world.repository()).env("REGRESSION_SEED", "1");
    let ran = finish(training).expect(0, &[]);
    assert!(
        ran.stdout.starts_with("REGRESSION_METRICS {\"accuracy\": 0.13436424411240122}"),
        "{ran:?}"
    );
}

/// No Ray is needed to see that; what sources show is told all the same.
#[test]
fn a_check_that_cannot_train_says_why() {
    let world = World::new();
    let check = |told: &[&str]| {
        let outcome = init(&world, &["--check"], "/nowhere").expect(2, &[]);
        assert_told(&outcome, told);
        assert_told(&outcome, &["not looked at until that is fixed: readings of two seeds\n"]);
        assert!(!outcome.stderr.contains("next"), "{outcome:#?}");
    };
    let none = init(&world, &["--check"], "/nowhere").expect(2, &["cannot read the config"]);
    assert_eq!(none.stdout, "");
    let source = "import sklearn\nprint('REGRESSION_METRICS', metrics)\n";
    world.commit(&[("learn.py", source)]);
    let metrics = "metrics: {accuracy: {direction: higher, relative: 1%}}";
    world.config(&format!("entrypoint: python train.py\n{metrics}\n"));
    check(&["`python train.py` runs train.py, which is not in the repository"]);
    world.config(&format!("entrypoint: python learn.py\n{metrics}\n"));
    check(&[
        "problem  training  cannot read the requirements of ",
        "requirements.txt is not in the commit",
        "to fix: write and commit the requirements:\n",
        "printf '%s\\n' scikit-learn > requirements.txt\n",
        "import os, numpy; numpy.random.seed(int(os.environ.get(\"REGRESSION_SEED\", \"0\")))\n",
    ]);
}
