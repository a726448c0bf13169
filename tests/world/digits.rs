//! A repository of 24 commits whose training learns to read digits: most of them do no harm, one does
//! not run, one changes the requirements, and one makes it worse.

use std::fs;

use super::World;

/// Commits in all; the first is good, the last is bad.
pub const COMMITS: usize = 24;
/// The requirements of this one are newer.
pub const NEWER: usize = 9;
/// It does not run; the next mends it.
pub const BROKEN: usize = 13;
/// Makes it worse: `LeakyReLU` becomes `ReLU`.
pub const CULPRIT: usize = 15;

const TRAIN: &str = r#"
import json, os
import numpy as np
import toolz
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from network import Network

x, y = load_digits(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(
    x / 16, y, test_size=0.3, stratify=y, random_state=0)
network = Network([64, 16, 16, 16, 10], np.random.default_rng(int(os.environ["REGRESSION_SEED"])))
network.fit(x_train, y_train, epochs=15, learning_rate=1.0)
accuracy, loss = network.evaluate(x_test, y_test)
print("toolz", toolz.__version__)
print("REGRESSION_METRICS", json.dumps({"loss": float(loss)}))
"#;
const NETWORK: &str = include_str!("../../src/demo/project/network.py");
const LEAKY: &str = include_str!("../../src/demo/project/activation.py");
const SIMPLIFIED: &str = include_str!("../../src/demo/project/activation_simplified.py");

/// What its trainings need, before and after.
pub fn requirements() -> [String; 2] {
    ["0.11.2", "0.12.1"].map(|version| format!("{}toolz=={version}\n", super::REQUIREMENTS))
}

/// The repository.
pub struct Digits {
    pub world: World,
    /// The oldest first.
    pub shas: Vec<String>,
}

impl Digits {
    /// With more lines in its config: where it trains.
    pub fn new(place: &str) -> Self {
        let world = World::new();
        world.config(&format!(
            "entrypoint: python train.py\n\
             metrics: {{loss: {{direction: lower, scale: log, relative: 10%}}}}\n\
             env: {{OMP_NUM_THREADS: '1'}}\n{place}"
        ));
        let requirements = requirements();
        let commit = |at: usize| {
            let network = NETWORK.to_owned() + &"# Noted.\n".repeat(at / 3);
            let train =
                if at == BROKEN { TRAIN.replace("numpy as", "nunpy as") } else { TRAIN.into() };
            let files = [
                ("train.py", &*train),
                ("network.py", &network),
                ("activation.py", if at < CULPRIT { LEAKY } else { SIMPLIFIED }),
                ("requirements.txt", &requirements[usize::from(at >= NEWER)]),
                ("NOTES.md", &format!("Day {at}.\n")),
            ];
            for (path, text) in files {
                fs::write(world.repository().join(path), text).unwrap();
            }
            world.git(&["add", "--all"]);
            let message = format!("Change {at} (#{})", 100 + at);
            world.git_in_2020(&["commit", "--quiet", "--message", &message]);
            world.git(&["rev-parse", "HEAD"])
        };
        let shas = (0..COMMITS).map(commit).collect();
        Self { world, shas }
    }

    pub fn culprit(&self) -> &str {
        &self.shas[CULPRIT]
    }
}
