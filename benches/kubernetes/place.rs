//! A namespace of the test cluster, and a repository of two commits that train the same.

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Instant,
};

const METRICS: &str = "metrics: {accuracy: {direction: higher, absolute: 0.1}}";

pub struct Place {
    /// That of `tests/cluster/up`, which `REGRESSION_TEST_CLUSTER` names.
    pub state: PathBuf,
    /// Of Ray.
    pub image: String,
    namespace: &'static str,
    pub world: tempfile::TempDir,
}

impl Place {
    pub fn prepare(namespace: &'static str) -> Self {
        let state = env::var_os("REGRESSION_TEST_CLUSTER").expect("set REGRESSION_TEST_CLUSTER");
        let state = PathBuf::from(state);
        let images = fs::read_to_string(state.join("images.env")).unwrap();
        let image = images.lines().find_map(|line| line.strip_prefix("RAY_IMAGE=")).unwrap().into();
        let place = Self { state, image, namespace, world: tempfile::tempdir().unwrap() };
        place.kubectl(&["create", "namespace", namespace]);
        place.git(&["init", "--quiet", "--initial-branch=main"]);
        // The second commit trains the same, and has to be trained.
        for file in ["requirements.txt", "twin"] {
            fs::write(place.world.path().join(file), "").unwrap();
            place.git(&["add", "--all"]);
            let name = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
            place.git(&[&name[..], &["commit", "--quiet", "--message", file]].concat());
        }
        place
    }

    pub fn close(&self) {
        self.kubectl(&["delete", "namespace", self.namespace]);
    }

    /// Begins a comparison; `rest` is what its config says of seeds and clusters.
    pub fn compare(&self, job: &str, rest: &str, arguments: &[&str]) -> Child {
        let directory = self.world.path().join(".github");
        fs::create_dir_all(&directory).unwrap();
        let job = serde_json::to_string(job).unwrap();
        let config = format!("entrypoint: {job}\nimage: {}\n{METRICS}\n{rest}\n", self.image);
        fs::write(directory.join("regression.yml"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_regression-action"));
        command.args(["compare", "--base", "main~1", "--head", "main", "--backend", "kubernetes"]);
        command.args(["--namespace", self.namespace, "--kubeconfig"]);
        command.arg(self.state.join("kubeconfig")).args(arguments).current_dir(self.world.path());
        command.env("REGRESSION_CACHE_DIR", self.world.path().join(".git/cache"));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command.env("KUBECONFIG", self.state.join("kubeconfig"));
        command.args(["--namespace", self.namespace]).args(arguments);
        command
    }

    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        let output = git.current_dir(self.world.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

/// Every line to the end, and when it came.
pub fn said(output: impl Read) -> Vec<(Instant, String)> {
    BufReader::new(output).lines().map(|line| (Instant::now(), line.unwrap())).collect()
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub fn load() -> String {
    fs::read_to_string("/proc/loadavg").unwrap().trim().to_owned()
}
