//! The runner's part in a container action: takes inputs, context and event, runs the image with the
//! flags, files and signals of actions/runner 2.336 (`ContainerActionHandler.cs`,
//! `DockerCommandManager.cs`, `ProcessInvoker.cs`), and yields what the runner reads afterwards.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use sysinfo::Signal;
use tempfile::TempDir;

use super::{clean, docker::Docker, github::GitHub, runner_parser, signal};

/// What a cancelled step has between interrupt and termination.
pub const UNTIL_TERMINATION: Duration = Duration::from_millis(7500);
/// What it has between termination and kill.
pub const UNTIL_KILL: Duration = Duration::from_millis(2500);
/// Larger summaries are dropped as a whole.
const SUMMARY_LIMIT: usize = 1 << 20;
const POLL: Duration = Duration::from_millis(10);

/// Names of the `github` context that become variables; above all, `token` is none of them.
const CONTEXT: &str = "action action_path action_ref action_repository actor actor_id api_url \
    artifacts artifacts_list base_ref env event_name event_path graphql_url head_ref job output path \
    ref ref_name ref_protected ref_type repository repository_id repository_owner \
    repository_owner_id retention_days run_attempt run_id run_number server_url sha state \
    step_summary triggering_actor workflow workflow_ref workflow_sha workspace";

/// What every job has; tests override some of it.
const USUAL: [(&str, &str); 30] = [
    ("GITHUB_ACTION", "regression"),
    ("GITHUB_ACTOR", "reviewer"),
    ("GITHUB_ACTOR_ID", "2"),
    ("GITHUB_API_URL", "https://api.github.com"),
    ("GITHUB_BASE_REF", ""),
    ("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql"),
    ("GITHUB_HEAD_REF", ""),
    ("GITHUB_JOB", "train"),
    ("GITHUB_REF", "refs/pull/1/merge"),
    ("GITHUB_REF_NAME", "1/merge"),
    ("GITHUB_REF_PROTECTED", "false"),
    ("GITHUB_REF_TYPE", "branch"),
    ("GITHUB_REPOSITORY", "acme/train"),
    ("GITHUB_REPOSITORY_ID", "1"),
    ("GITHUB_REPOSITORY_OWNER", "acme"),
    ("GITHUB_REPOSITORY_OWNER_ID", "1"),
    ("GITHUB_RETENTION_DAYS", "90"),
    ("GITHUB_RUN_ATTEMPT", "1"),
    ("GITHUB_RUN_ID", "1001"),
    ("GITHUB_RUN_NUMBER", "1"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_SHA", "0000000000000000000000000000000000000000"),
    ("GITHUB_TRIGGERING_ACTOR", "reviewer"),
    ("GITHUB_WORKFLOW", "regression"),
    ("RUNNER_ARCH", "X64"),
    ("RUNNER_ENVIRONMENT", "github-hosted"),
    ("RUNNER_NAME", "mini-runner"),
    ("RUNNER_OS", "Linux"),
    ("ACTIONS_RUNTIME_TOKEN", "runtime-token"),
    ("ACTIONS_RUNTIME_URL", "https://runtime.invalid/"),
];

/// A job with one step: our action.  Its directories outlive the steps and go with it.
#[derive(Debug)]
pub struct MiniRunner<'a> {
    /// None: the step is the binary itself, not a container.
    docker: Option<&'a Docker>,
    directory: TempDir,
    variables: BTreeMap<String, String>,
}

/// The action's container while it runs; removed if a test ends before it.
#[derive(Debug)]
pub struct Step<'a> {
    docker: Option<&'a Docker>,
    container: String,
    client: Child,
    begun: Instant,
    files: PathBuf,
    log: PathBuf,
}

/// What the runner knows of a step that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code of the client; none if it was killed.
    pub code: Option<i32>,
    /// From the start, or from the interrupt, to the end.
    pub took: Duration,
    /// Standard output and error, as they came.
    pub log: String,
    pub outputs: BTreeMap<String, String>,
    pub state: BTreeMap<String, String>,
    /// None if it is larger than the runner takes.
    pub summary: Option<String>,
    /// Why the runner would fail the step although it may have exited with 0.
    pub refused: Vec<String>,
}

impl<'a> MiniRunner<'a> {
    /// A job for an event, with the inputs that action.yml declares, all of them blank.  Its steps are
    /// containers of the image.
    pub fn new(docker: &'a Docker, event: &str, payload: &Value) -> Self {
        Self::of(Some(docker), event, payload)
    }

    /// The same without containers: for what is about us and not about the image.
    pub fn bare(event: &str, payload: &Value) -> Self {
        Self::of(None, event, payload)
    }

    fn of(docker: Option<&'a Docker>, event: &str, payload: &Value) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let variables = USUAL.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut job = Self { docker, directory, variables };
        for (path, _) in job.mounts() {
            fs::create_dir_all(path).unwrap();
        }
        let file = job.temporary().join("_github_workflow/event.json");
        fs::write(&file, payload.to_string()).unwrap();
        let temporary = job.temporary();
        job.set("GITHUB_EVENT_NAME", event);
        job.set("GITHUB_EVENT_PATH", file.to_str().unwrap());
        job.set("GITHUB_WORKSPACE", job.workspace().to_str().unwrap());
        job.set("RUNNER_TEMP", temporary.to_str().unwrap());
        job.set("RUNNER_WORKSPACE", job.directory.path().join("work").to_str().unwrap());
        job.set("RUNNER_TOOL_CACHE", "/opt/hostedtoolcache");
        job.set("HOME", temporary.join("_github_home").to_str().unwrap());
        let action = include_str!("../../action.yml");
        let action: Value = serde_yaml::from_str(action).unwrap();
        let inputs = action["inputs"].as_object().unwrap();
        inputs.keys().fold(job, |job, name| job.input(name, ""))
    }

    /// An input of the step.
    #[must_use]
    pub fn input(mut self, name: &str, value: &str) -> Self {
        self.set(&format!("INPUT_{}", name.replace(' ', "_").to_uppercase()), value);
        self
    }

    /// A job in the repository of this GitHub, with its token, whose event is of this commit.
    #[must_use]
    pub fn on(self, github: &GitHub, sha: &str) -> Self {
        self.github("repository", github.repository())
            .github("sha", sha)
            .github("api_url", &github.api_url())
            .github("graphql_url", &github.graphql_url())
            .github("server_url", &github.server_url())
            .input("github-token", github.token())
    }

    /// A value of the `github` context, by its name there.
    #[must_use]
    pub fn github(mut self, name: &str, value: &str) -> Self {
        assert!(CONTEXT.split_whitespace().any(|known| known == name), "no variable for {name}");
        self.set(&format!("GITHUB_{}", name.to_uppercase()), value);
        self
    }

    /// What else a runner gives: `ACTIONS_*`, proxies, the step's own `env`.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        let reserved = ["GITHUB_", "RUNNER_", "INPUT_", "STATE_"];
        assert!(!reserved.iter().any(|prefix| name.starts_with(prefix)), "{name}");
        self.set(name, value);
        self
    }

    /// The repository's directory on this machine; the runner gives paths in it as they are in the
    /// container.
    pub fn workspace(&self) -> PathBuf {
        self.directory.path().join("work/repository")
    }

    /// `RUNNER_TEMP` on this machine.
    pub fn temporary(&self) -> PathBuf {
        self.directory.path().join("_temp")
    }

    /// Starts the action's main step.
    pub fn main(&self) -> Step<'a> {
        self.start("/usr/local/bin/regression-action-run", &[], &BTreeMap::new())
    }

    /// Starts its post step, with the state that the main step saved.
    pub fn post(&self, state: &BTreeMap<String, String>) -> Step<'a> {
        self.start("/usr/local/bin/regression-action-post", &[], state)
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Starts a container of the image by an entrypoint and arguments, as action.yml may have them.
    pub fn start(
        &self,
        entrypoint: &str,
        arguments: &[&str],
        state: &BTreeMap<String, String>,
    ) -> Step<'a> {
        let step = tempfile::Builder::new().prefix("step").tempdir_in(&self.directory).unwrap();
        let step = step.keep();
        let suffix = step.file_name().unwrap().to_str().unwrap().to_owned();
        let container = format!("regressionaction_{}", suffix.to_lowercase());
        let environment = self.environment(&suffix, state);
        let mut command = match self.docker {
            Some(docker) => self.docker_run(docker, &container, entrypoint, &environment),
            None => binary(entrypoint, &environment),
        };
        let log = fs::File::create(step.join("log")).unwrap();
        command.args(arguments).stdin(Stdio::null()).stderr(log.try_clone().unwrap()).stdout(log);
        Step {
            docker: self.docker,
            container,
            begun: Instant::now(),
            client: command.spawn().unwrap(),
            files: self.temporary().join("_runner_file_commands").join(suffix),
            log: step.join("log"),
        }
    }

    /// The container's variables, with fresh files for what the step tells the runner.
    fn environment(
        &self,
        suffix: &str,
        state: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut environment = self.variables.clone();
        let state = state.iter().map(|(name, value)| (format!("STATE_{name}"), value.clone()));
        environment.extend(state);
        let files = self.temporary().join("_runner_file_commands").join(suffix);
        for (variable, prefix) in FILES {
            let path = command_file(&files, prefix);
            fs::write(&path, "").unwrap();
            environment.insert(variable.to_owned(), path.display().to_string());
        }
        for value in environment.values_mut() {
            *value = self.in_container(value);
        }
        environment
    }

    fn docker_run(
        &self,
        docker: &Docker,
        container: &str,
        entrypoint: &str,
        environment: &BTreeMap<String, String>,
    ) -> Command {
        let start = ["run", "--name", container, "--label", "9ac1f0"];
        let mut command = docker.command(&start);
        command.args(["--workdir", "/github/workspace", "--rm"]);
        for name in environment.keys() {
            // The value goes by the client's environment, never by its arguments.
            command.args(["-e", name]);
        }
        command.args(["-e", "GITHUB_ACTIONS=true"]);
        if !environment.contains_key("CI") {
            command.args(["-e", "CI=true"]);
        }
        // The machine's network stands in for the job's.
        command.args(["--entrypoint", entrypoint, "--network", "host"]);
        command.arg("-v").arg(format!("{}:/var/run/docker.sock", docker.socket()));
        for (path, target) in self.mounts() {
            command.arg("-v").arg(format!("{}:{target}", path.display()));
        }
        command.arg(docker.image()).envs(environment);
        command
    }

    /// Directories and where the container has them, in the runner's order.
    fn mounts(&self) -> [(PathBuf, &'static str); 5] {
        let temporary = self.temporary();
        [
            (temporary.clone(), "/github/runner_temp"),
            (temporary.join("_github_home"), "/github/home"),
            (temporary.join("_github_workflow"), "/github/workflow"),
            (temporary.join("_runner_file_commands"), "/github/file_commands"),
            (self.workspace(), "/github/workspace"),
        ]
    }

    /// A value that begins with the path of a mounted directory, as the container has it.
    fn in_container(&self, value: &str) -> String {
        if self.docker.is_none() {
            return value.to_owned();
        }
        // Longest first, since most of them lie in the first.
        for (path, target) in self.mounts().iter().rev() {
            match value.strip_prefix(path.to_str().unwrap()) {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                    return format!("{target}{rest}");
                }
                _ => {}
            }
        }
        value.to_owned()
    }
}

impl Step<'_> {
    /// The process of a step without a container.
    pub fn id(&self) -> u32 {
        self.client.id()
    }

    /// What the step has said up to now.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// Waits until the step says a text; yields how long after the start that was.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> Duration {
        self.wait_until(&format!("it says {text:?}"), limit, |step| step.log().contains(text))
    }

    /// Waits until something is true of what the step does; yields how long after the start that was.
    pub fn wait_until(
        &mut self,
        what: &str,
        limit: Duration,
        is_true: impl Fn(&Self) -> bool,
    ) -> Duration {
        while !is_true(self) {
            let ended = self.client.try_wait().unwrap();
            // It may have become true just before the end.
            assert!(ended.is_none() || is_true(self), "ended before {what}: {}", self.log());
            assert!(self.begun.elapsed() < limit, "never: {what}: {}", self.log());
            thread::sleep(POLL);
        }
        self.begun.elapsed()
    }

    /// Whether the container still runs: it can outlive a client that is killed.
    pub fn is_running(&mut self) -> bool {
        let Some(docker) = self.docker else { return self.client.try_wait().unwrap().is_none() };
        let name = format!("name={}", self.container);
        !docker.output(&["ps", "--quiet", "--filter", &name]).is_empty()
    }

    /// Cancels as a person does in the browser; only the client is killed at last.
    pub fn cancel(&mut self) -> Ended {
        let begun = Instant::now();
        let steps = [(Signal::Interrupt, UNTIL_TERMINATION), (Signal::Term, UNTIL_KILL)];
        for (with, patience) in steps {
            signal(self.client.id(), with);
            if self.ends_within(patience) {
                return self.ended(begun.elapsed());
            }
        }
        self.client.kill().unwrap();
        self.ended(begun.elapsed())
    }

    /// The container dies at once, as on a runner that is lost.
    pub fn kill_container(&mut self) {
        match self.docker {
            Some(docker) => drop(docker.output(&["kill", "--signal", "KILL", &self.container])),
            None => self.client.kill().unwrap(),
        }
    }

    /// Waits for the end.
    pub fn finish(&mut self, limit: Duration) -> Ended {
        let left = limit.saturating_sub(self.begun.elapsed());
        assert!(self.ends_within(left), "runs after {limit:?}: {}", self.log());
        self.ended(self.begun.elapsed())
    }

    fn ends_within(&mut self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.client.try_wait().unwrap().is_none() {
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(POLL);
        }
        true
    }

    fn ended(&mut self, took: Duration) -> Ended {
        let mut refused = Vec::new();
        let mut told = |prefix| {
            let text = fs::read(command_file(&self.files, prefix)).unwrap();
            let pairs = runner_parser::values(&String::from_utf8_lossy(&text));
            // Of one name, the last value counts.
            pairs.map_err(|reason| refused.push(format!("{prefix}: {reason}"))).unwrap_or_default()
        };
        let (outputs, state) = (told("set_output"), told("save_state"));
        let _ = told("set_env");
        let summary = fs::read(command_file(&self.files, "step_summary")).unwrap();
        Ended {
            code: self.client.wait().unwrap().code(),
            took,
            log: self.log(),
            outputs: outputs.into_iter().collect(),
            state: state.into_iter().collect(),
            summary: (summary.len() <= SUMMARY_LIMIT)
                .then(|| String::from_utf8_lossy(&summary).into_owned()),
            refused,
        }
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if let Some(docker) = self.docker {
            drop(docker.run(&["rm", "--force", &self.container]));
        }
        drop(self.client.kill());
        drop(self.client.wait());
    }
}

impl Ended {
    /// Whether the runner shows the step as green.
    pub fn is_success(&self) -> bool {
        self.code == Some(0) && self.refused.is_empty()
    }

    /// Checks the exit code, and that the log tells all of these.
    pub fn expect(self, code: i32, told: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for text in told {
            assert!(self.log.contains(text), "not told: {text:?}\n{self:#?}");
        }
        self
    }
}

/// Variables that name files, and the files' prefixes.
const FILES: [(&str, &str); 5] = [
    ("GITHUB_ENV", "set_env"),
    ("GITHUB_OUTPUT", "set_output"),
    ("GITHUB_PATH", "add_path"),
    ("GITHUB_STATE", "save_state"),
    ("GITHUB_STEP_SUMMARY", "step_summary"),
];

/// The binary under the entrypoint's name, with nothing of our own environment but what it needs to
/// find programs.
fn binary(entrypoint: &str, environment: &BTreeMap<String, String>) -> Command {
    let mut command = clean(env!("CARGO_BIN_EXE_regression-action"));
    command.arg0(entrypoint).env("GITHUB_ACTIONS", "true").env("CI", "true").envs(environment);
    command
}

fn command_file(files: &Path, prefix: &str) -> PathBuf {
    let suffix = files.file_name().unwrap().to_str().unwrap();
    files.with_file_name(format!("{prefix}_{suffix}"))
}
