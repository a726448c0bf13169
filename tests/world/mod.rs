//! A world for the binary: a git repository in a temporary directory, an environment without what
//! a runner or a developer may have set, and a cache that all tests share.

#![allow(
    dead_code,
    clippy::print_stdout,
    unreachable_pub,
    unused_imports,
    reason = "every test binary uses its own part of the world"
)]

pub mod act;
pub mod crossed;
pub mod digits;
pub mod docker;
pub mod executable;
pub mod git_backend;
pub mod github;
pub mod image_registry;
pub mod local_ray;
pub mod mini_runner;
pub mod mlflow;
pub mod proxy;
pub mod ray;
pub mod room;
pub mod runner_parser;
pub mod scenario;
pub mod served;
pub mod trees;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// The requirements that all tests and the demo share, so that one environment serves them all.
pub const REQUIREMENTS: &str = include_str!("../../src/demo/project/requirements.txt");

/// Config of one metric whose noise is known, so that a comparison is two trainings.
pub const ACCURACY: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01, sd: 0.001}}\nseeds: {values: [1]}";

/// A training whose accuracy is that of its commit's file `level`, with noise that follows from the seed.
pub const NOISY_LEVEL: &str = "awk -v seed=$REGRESSION_SEED '{ srand(seed); \
    printf \"REGRESSION_METRICS {\\\"accuracy\\\": %.4f}\\n\", $1 + 0.02 * (rand() - 0.5) }' level";

/// Marks whatever a world's binaries start, down to the daemons of a training.
const MARK: &str = "TEST_WORLD";

/// Nothing that a test waits for takes longer.
pub const PATIENCE: Duration = Duration::from_mins(4);

/// A repository, and a place to keep things.
pub struct World {
    directory: TempDir,
}

/// What the binary did.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The binary while it runs.
pub struct Running {
    pub child: std::process::Child,
    started: Instant,
}

impl World {
    /// An empty repository on branch main.
    pub fn new() -> Self {
        let world = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(world.repository()).unwrap();
        world.git(&["init", "--quiet", "--template=", "--initial-branch=main"]);
        world
    }

    /// A repository with one commit whose training is a shell command.
    pub fn training(entrypoint: &str, rest: &str) -> Self {
        let world = Self::new();
        let quoted = serde_json::to_string(entrypoint).unwrap();
        world.config(&format!("entrypoint: {quoted}\n{rest}\n"));
        world.commit(&[("requirements.txt", REQUIREMENTS), ("file", "1")]);
        world
    }

    pub fn repository(&self) -> PathBuf {
        self.directory.path().join("repository")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn config(&self, text: &str) {
        let path = self.repository().join(".github/regression.yml");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes files and commits everything; yields the commit.
    pub fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            let path = self.repository().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "a change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The same commits in every run, and so the same seeds of a bisect.
    pub fn git_in_2020(&self, arguments: &[&str]) -> String {
        const THEN: &str = "2020-01-01T00:00:00Z";
        self.git_with(arguments, &[("GIT_AUTHOR_DATE", THEN), ("GIT_COMMITTER_DATE", THEN)])
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_with(arguments, &[])
    }

    /// A commit on main whose tree differs in a file that no training reads: what is measured is the same,
    /// and it has to be measured.
    pub fn twin(&self) -> String {
        let index = self.path("twin-index").display().to_string();
        let git = |arguments: &[&str]| self.git_with(arguments, &[("GIT_INDEX_FILE", &index)]);
        git(&["read-tree", "main"]);
        let blob = git(&["hash-object", "-w", ".git/HEAD"]);
        git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},twin")]);
        let tree = git(&["write-tree"]);
        git(&["commit-tree", &tree, "-p", "main", "-m", "a twin"])
    }

    /// As if the remote's default branch had been at this commit when it was fetched.
    pub fn publish(&self, commit: &str) {
        self.git(&["update-ref", "refs/remotes/origin/main", commit]);
        self.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    }

    fn git_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let mut command = clean("git");
        command.args(["-c", "user.name=test", "-c", "user.email=test@example.com"]);
        command.envs(variables.iter().copied());
        let output = command.current_dir(self.repository()).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn mark(&self) -> String {
        self.directory.path().display().to_string()
    }

    /// Every process that this world's binaries started and that still runs: number and command.
    pub fn processes(&self) -> Vec<(u32, String)> {
        let mark = format!("{MARK}={}", self.mark());
        let itself = std::process::id();
        let numbers = fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let read = |number: u32, name: &str| {
            // A process may end while it is looked at.
            let bytes = fs::read(format!("/proc/{number}/{name}")).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let ours = |number: &u32| {
            *number != itself
                && read(*number, "environ").split('\0').any(|variable| variable == mark)
        };
        numbers
            .filter(ours)
            .map(|number| (number, read(number, "cmdline").replace('\0', " ")))
            .collect()
    }

    /// The binary, ready to be run in the repository.
    pub fn binary(&self, arguments: &[&str]) -> Command {
        let mut command = clean(env!("CARGO_BIN_EXE_regression-action"));
        command.current_dir(self.repository()).args(arguments);
        command.env("REGRESSION_CACHE_DIR", cache()).env(MARK, self.mark()).stdin(Stdio::null());
        let path = env::var_os("PATH").unwrap_or_default();
        let places = env::split_paths(&path).chain(uv().and_then(|uv| Some(uv.parent()?.into())));
        command.env("PATH", env::join_paths(places).unwrap());
        command
    }

    /// A comparison of main with its twin.
    pub fn compare(&self, rest: &[&str]) -> Command {
        let twin = self.twin();
        self.binary(
            &[
                &[
                    "compare",
                    "--base",
                    "main",
                    "--head",
                    &twin,
                    "--fresh",
                    "--config-from",
                    "worktree",
                ],
                rest,
            ]
            .concat(),
        )
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        finish(self.binary(arguments))
    }

    /// Starts the binary; what it says goes to the files `stdout` and `stderr` of the world.
    pub fn start(&self, mut command: Command) -> Running {
        let file = |name| fs::File::create(self.path(name)).unwrap();
        let child = command.stdout(file("stdout")).stderr(file("stderr")).spawn().unwrap();
        Running { child, started: Instant::now() }
    }

    /// Waits until standard error of the started binary holds a text.
    pub fn wait_for(&self, running: &mut Running, text: &str) {
        self.wait_until(running, &format!("it says {text:?}"), || self.said().contains(text));
    }

    /// Waits until something is true of what the started binary does.
    pub fn wait_until(&self, running: &mut Running, what: &str, is_true: impl Fn() -> bool) {
        while !is_true() {
            let ended = running.child.try_wait().unwrap();
            // It may have become true just before the end.
            assert!(ended.is_none() || is_true(), "ended before {what}: {}", self.said());
            assert!(running.started.elapsed() < PATIENCE, "never: {what}: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the started binary has said so far.
    fn said(&self) -> String {
        fs::read_to_string(self.path("stderr")).unwrap_or_default()
    }

    /// Waits for the started binary to end.
    pub fn outcome(&self, mut running: Running) -> Outcome {
        let status = running.child.wait().unwrap();
        let read = |name| String::from_utf8_lossy(&fs::read(self.path(name)).unwrap()).into_owned();
        Outcome { code: status.code(), stdout: read("stdout"), stderr: read("stderr") }
    }
}

impl Running {
    pub fn signal(&self, with: sysinfo::Signal) {
        signal(self.child.id(), with);
    }
}

impl Outcome {
    /// Checks the exit code and that standard error tells all of these.
    pub fn expect(self, code: i32, told: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for text in told {
            assert!(self.stderr.contains(text), "not told: {text:?}\n{self:#?}");
        }
        self
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// Sends a signal to a process.
pub fn signal(process: u32, signal: sysinfo::Signal) {
    let pid = sysinfo::Pid::from_u32(process);
    let mut system = sysinfo::System::new().unwrap();
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), true);
    assert_eq!(system.process(pid).unwrap().kill_with(signal), Some(true));
}

/// Runs a command to its end.
pub fn finish(mut command: Command) -> Outcome {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A command without the variables of a runner, of git's hooks, of Ray and of ourselves.
pub fn clean(program: &str) -> Command {
    let mut command = Command::new(program);
    let prefixes =
        ["GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "GH_", "GIT_", "RAY_", "REGRESSION_"];
    for (name, _) in env::vars_os() {
        let hidden = prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix));
        // The certificates of a machine behind a proxy are kept.
        if hidden && name != "GIT_SSL_CAINFO" {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1");
    command
}

/// Where `tests/uv/install` put uv, if it was run; without it pip makes environments.
fn uv() -> Option<PathBuf> {
    let uv = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/uv/bin/uv");
    uv.exists().then_some(uv)
}

/// The cache that all tests share: Ray is installed once per checkout.
pub fn cache() -> PathBuf {
    match env::var_os("REGRESSION_TEST_CACHE") {
        Some(directory) => directory.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-cache"),
    }
}
