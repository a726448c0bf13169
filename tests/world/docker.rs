//! The Docker of these tests: `tests/docker/up` starts one, `REGRESSION_TEST_DOCKER` names its
//! directory.

use std::{collections::BTreeMap, env, fs, path::Path, process::Command};

use super::{Outcome, clean, finish};

/// A Docker with the images under test.
#[derive(Debug)]
pub struct Docker {
    variables: BTreeMap<String, String>,
}

impl Docker {
    /// The Docker that the environment names.
    pub fn from_environment() -> Option<Self> {
        let file = Path::new(&env::var_os("REGRESSION_TEST_DOCKER")?).join("docker.env");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!("{}: {error}: start a Docker with tests/docker/up", file.display())
        });
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Self { variables })
    }

    /// A value out of what `tests/docker/up` wrote.
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).unwrap_or_else(|| panic!("no {name} in docker.env"))
    }

    /// The action's image.
    pub fn image(&self) -> &str {
        self.variable("ACTION_IMAGE")
    }

    /// Path of the socket on which the daemon listens.
    pub fn socket(&self) -> &str {
        self.variable("DOCKER_HOST").strip_prefix("unix://").unwrap()
    }

    /// The client, ready to be run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = clean(self.variable("DOCKER"));
        command.env("DOCKER_HOST", self.variable("DOCKER_HOST")).args(arguments);
        command
    }

    /// The client of Debian's docker.io, which comes with its daemon and speaks `BuildKit` without a
    /// plugin.
    pub fn build(&self, arguments: &[&str]) -> Outcome {
        let mut command = clean("/usr/bin/docker");
        command.env("DOCKER_HOST", self.variable("DOCKER_HOST")).env("DOCKER_BUILDKIT", "1");
        command.arg("build").args(arguments);
        finish(command)
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        finish(self.command(arguments))
    }

    /// What the client says when it succeeds.
    pub fn output(&self, arguments: &[&str]) -> String {
        self.run(arguments).expect(0, &[]).stdout.trim().to_owned()
    }

    /// Runs a script by the action image's own shell, as root in a fresh container.
    pub fn shell(&self, script: &str, rest: &[&str]) -> Outcome {
        let run = ["run", "--rm", "--network", "host", "--entrypoint", "/bin/sh"];
        self.run(&[&run, rest, &[self.image(), "-euc", script]].concat())
    }
}
