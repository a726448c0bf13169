//! Runs a workflow under `act`, without network: takes a directory with a workflow, an event and its
//! payload, yields what act reports line by line.

use std::{env, fs, path::Path, process::Stdio};

use serde_json::Value;

use super::{
    Outcome, clean,
    docker::Docker,
    finish,
    github::{Event, GitHub},
};

/// Where a repository has its workflows.
pub const WORKFLOWS: &str = ".github/workflows";

/// At which the examples name our actions and workflows, in place of a release's commit.
pub const COMMIT: &str = "0000000000000000000000000000000000000000";

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
    // Of what is given twice, act takes the last.
    for hosted in ["ubuntu-latest", "ubuntu-24.04"] {
        command.args(["--platform", &format!("{hosted}={}", docker.variable("JOB_IMAGE"))]);
    }
    command.arg("--eventpath").arg(&file).args(options).current_dir(directory);
    command.env("HOME", home.path()).env("XDG_CACHE_HOME", home.path().join("cache"));
    command.env("DOCKER_HOST", docker.variable("DOCKER_HOST")).stdin(Stdio::null());
    // A job on the machine itself has the node of runners, which the machine's own may not be.
    let path = env::var_os("PATH").unwrap();
    let places = [docker.variable("NODE").into()].into_iter().chain(env::split_paths(&path));
    command.env("PATH", env::join_paths(places).unwrap());
    Ran::from(finish(command))
}

/// What act makes of the event, in a repository with workflows.
pub fn by_act(
    docker: &Docker,
    directory: &Path,
    event: &Event,
    (github, kubeconfig): (&GitHub, &str),
    more: &[&str],
) -> Ran {
    let environment = [
        ("GITHUB_API_URL", github.api_url()),
        ("GITHUB_SERVER_URL", github.server_url()),
        ("GITHUB_REPOSITORY", github.repository().to_owned()),
    ];
    let secrets =
        [("KUBECONFIG", kubeconfig.to_owned()), ("GITHUB_TOKEN", github.token().to_owned())];
    let pair = |kind: &'static str| {
        move |(name, value): (&str, String)| [kind.to_owned(), format!("{name}={value}")]
    };
    let options: Vec<String> = environment
        .into_iter()
        .flat_map(pair("--env"))
        .chain(secrets.into_iter().flat_map(pair("--secret")))
        .collect();
    let options: Vec<&str> =
        options.iter().map(String::as_str).chain(more.iter().copied()).collect();
    act(docker, directory, WORKFLOWS, (&event.name, &event.payload), &options)
}

/// `action.yml` as it is but for the image, which is built already.
pub fn ours(docker: &Docker) -> String {
    let action = fs::read_to_string("action.yml").unwrap();
    action.replace("image: Dockerfile", &format!("image: docker://{}", docker.image()))
}

/// A workflow that gives the token to each action of ours: of an input that is left out, act's post step does not see
/// the default.
pub fn with_token(workflow: &str) -> String {
    let with = "        with:\n";
    assert!(workflow.contains(with), "the workflow gives no inputs");
    workflow
        .replace(with, &format!("{with}          github-token: ${{{{ secrets.GITHUB_TOKEN }}}}\n"))
}

/// Our action, for act.
pub fn provide_ours(actions: &Path, example: &str, docker: &Docker) -> String {
    provide(actions, example, ("org/regression-action", ""), &ours(docker))
}

/// An action on this machine, for act, under the name and commit that the example has.
pub fn provide(actions: &Path, example: &str, (name, part): (&str, &str), text: &str) -> String {
    let directory = actions.join(name).join(part);
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("action.yml"), text).unwrap();
    let used = example.lines().find_map(|line| line.split_once(&format!("uses: {name}")));
    let (_, used) = used.unwrap_or_else(|| panic!("the example does not use {name}"));
    let commit = used.split(['@', ' ']).nth(1).unwrap();
    format!("{name}@{commit}={}", actions.join(name).display())
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
