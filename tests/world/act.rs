//! Runs a workflow under `act`, without network: takes a directory with a workflow, an event and its
//! payload, yields what act reports line by line.

use std::{fs, path::Path, process::Stdio};

use serde_json::Value;

use super::{Outcome, clean, docker::Docker, finish};

/// What act reported.
#[derive(Debug)]
pub struct Ran {
    /// 0 if every job that ran succeeded, or none did.
    pub code: Option<i32>,
    /// Its report; the step's own output has `raw_output: true`.
    pub lines: Vec<Value>,
    /// What was no JSON.
    pub rest: String,
}

/// Runs the workflow of a directory for an event.  The options are act's own: `--env NAME=VALUE`,
/// `--secret NAME=VALUE`, `--input NAME=VALUE`, `--local-repository OWNER/NAME@REF=DIRECTORY`.
pub fn act(
    docker: &Docker,
    directory: &Path,
    workflow: &str,
    (event, payload): (&str, &Value),
    options: &[&str],
) -> Ran {
    // Settings and caches of the user must not matter, nor be changed.
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("event.json");
    fs::write(&file, payload.to_string()).unwrap();
    let mut command = clean(docker.variable("ACT"));
    command.args([event, "--json", "--rm", "--pull=false", "--workflows", workflow]);
    command.args(["--platform", &format!("ubuntu-latest={}", docker.variable("JOB_IMAGE"))]);
    command.arg("--eventpath").arg(&file).args(options).current_dir(directory);
    command.env("HOME", home.path()).env("XDG_CACHE_HOME", home.path().join("cache"));
    command.env("DOCKER_HOST", docker.variable("DOCKER_HOST")).stdin(Stdio::null());
    Ran::from(finish(command))
}

impl From<Outcome> for Ran {
    fn from(outcome: Outcome) -> Self {
        let all = format!("{}{}", outcome.stdout, outcome.stderr);
        let (mut lines, mut rest) = (Vec::new(), String::new());
        for line in all.lines() {
            match serde_json::from_str(line) {
                Ok(value) => lines.push(value),
                Err(_) => rest.extend([line, "\n"]),
            }
        }
        Self { code: outcome.code, lines, rest }
    }
}

impl Ran {
    /// An output of any step.
    pub fn output(&self, name: &str) -> Option<&str> {
        let set = |line: &&Value| line["command"] == "set-output" && line["name"] == name;
        self.lines.iter().find(set)?["arg"].as_str()
    }

    /// An output of every step that set it, in their order.
    pub fn outputs(&self, name: &str) -> Vec<&str> {
        let set = |line: &&Value| line["command"] == "set-output" && line["name"] == name;
        self.lines.iter().filter(set).filter_map(|line| line["arg"].as_str()).collect()
    }

    /// What the steps wrote for the summary page.
    pub fn summary(&self) -> Option<&str> {
        self.lines.iter().find(|line| line["command"] == "summary")?["content"].as_str()
    }

    /// What the steps said.
    pub fn log(&self) -> String {
        let raw = self.lines.iter().filter(|line| line["raw_output"] == true);
        raw.filter_map(|line| line["msg"].as_str()).collect()
    }

    /// `success` or `failure`; none if no job ran, for which act exits with 0 too.
    pub fn conclusion(&self) -> Option<&str> {
        self.lines.iter().find_map(|line| line["jobResult"].as_str())
    }
}
