//! The questions, on a terminal: typed, answered wrongly, left by Ctrl-C.

use std::path::Path;

use regression_action::config::{Config, Direction};

use super::{CONFIG, WORKFLOWS, assert_told, read};
use crate::world::{Outcome, World, clean, finish};

const TRAIN: &str = "import torch\nprint(f'val loss: {loss}')\n";

/// What the terminal shows is standard output.
fn typed(world: &World, answers: &[&str]) -> Outcome {
    let mut command = clean("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/init/terminal.py"));
    command.args(answers).args(["--", env!("CARGO_BIN_EXE_regression-action"), "init"]);
    command.current_dir(world.repository()).env("REGRESSION_CACHE_DIR", world.path("cache"));
    finish(command)
}

#[test]
fn answers_that_are_typed_are_in_the_config() {
    let world = World::new();
    world.commit(&[("train.py", TRAIN)]);
    let answers = [
        "python train.py --fast\n",
        "none\n",
        "speed val_loss\n",
        "speed:higher val_loss\n",
        "\n",
        "no\n",
    ];
    let outcome = typed(&world, &answers).expect(0, &[]);
    assert_told(
        &outcome,
        &[
            "Command that trains once [python train.py]: python train.py --fast\r\n",
            "Requirement files [requirements.txt]: none\r\n",
            "Metrics, such as `accuracy loss:lower` [val_loss]: speed val_loss\r\n",
            "  which way is speed better? type speed:higher or speed:lower\r\n",
            "How much worse may a metric become, of its value before [1%]: \r\n",
            "Write the workflows of GitHub, too (yes or no) [yes]: no\r\n",
            ".github/regression.yml is written",
            "next: regression-action init --check",
        ],
    );
    let config = Config::parse(&read(&world, CONFIG), CONFIG).unwrap();
    assert_eq!(config.entrypoint, "python train.py --fast");
    assert_eq!(config.requirements, [""; 0]);
    let metrics = config.metrics.iter().map(|(name, metric)| (name.as_str(), metric.direction));
    let expected = [("speed", Direction::Higher), ("val_loss", Direction::Lower)];
    assert_eq!(metrics.collect::<Vec<_>>(), expected);
    // Its line in the log was found, and is still known.
    assert!(config.metrics.patterns().contains_key("val_loss"));
    assert!(!world.repository().join(WORKFLOWS[0]).exists());
}

#[test]
fn an_interrupt_at_a_question_writes_nothing() {
    let world = World::new();
    world.commit(&[("train.py", TRAIN)]);
    let outcome = typed(&world, &["make train\n", "\u{3}"]).expect(2, &[]);
    assert_told(&outcome, &["[python train.py]: make train\r\n", "error: cancelled"]);
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}
