//! What we spend on Kubernetes: one comparison of six short jobs on a cluster of its own, beside the
//! same done by hand (`kubectl create`, `kubectl port-forward`, `ray job submit`), in one run on one
//! Kubernetes; then the API requests and the memory of a training of a minute.  Prints; asserts
//! nothing.
//!
//! Takes `REGRESSION_TEST_CLUSTER`, the state of `tests/cluster/up`, and `REGRESSION_BENCH_PYTHON`, a
//! Python that has `ray[default]` 2.60.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench ends where something fails, and prints"
)]

#[path = "../tests/kubernetes/audit.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with a test that uses more of it")]
mod audit;

use std::{
    env, fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

const ROUNDS: usize = 3;
const JOBS: usize = 6;
const NAMESPACE: &str = "bench";
const JOB: &str = "sleep 1; echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'";
const METRICS: &str = "metrics: {accuracy: {direction: higher, absolute: 0.1}}";
const PORT: u16 = 28265;

fn main() {
    let bench = Bench::prepare();
    println!(
        "| round | way | create to first job | six jobs | removal | total |\n|---|---|---|---|---|---|"
    );
    for round in 1..=ROUNDS {
        println!("| {round} | ours | {} |", bench.ours());
        println!("| {round} | by hand | {} |", bench.by_hand());
    }
    println!("{}", bench.while_training());
    bench.kubectl(&["delete", "namespace", NAMESPACE]);
}

struct Bench {
    state: PathBuf,
    image: String,
    ray: PathBuf,
    world: tempfile::TempDir,
}

impl Bench {
    fn prepare() -> Self {
        let path =
            |name: &str| PathBuf::from(env::var_os(name).unwrap_or_else(|| panic!("set {name}")));
        let state = path("REGRESSION_TEST_CLUSTER");
        let images = fs::read_to_string(state.join("images.env")).unwrap();
        let image = images.lines().find_map(|line| line.strip_prefix("RAY_IMAGE=")).unwrap().into();
        let ray = path("REGRESSION_BENCH_PYTHON").with_file_name("ray");
        let bench = Self { state, image, ray, world: tempfile::tempdir().unwrap() };
        bench.kubectl(&["create", "namespace", NAMESPACE]);
        bench.git(&["init", "--quiet", "--initial-branch=main"]);
        fs::write(bench.world.path().join("requirements.txt"), "").unwrap();
        bench.git(&["add", "--all"]);
        let name = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
        bench.git(&[&name[..], &["commit", "--quiet", "--message", "a project"]].concat());
        bench
    }

    /// One comparison: the report's own times.
    fn ours(&self) -> String {
        let child = self.compare(JOB, "{min: 3, max: 3}");
        let report = report(child);
        let time = |name: &str| report["times"][name].as_f64().unwrap();
        let total = time("total");
        let jobs = total - time("cluster") - time("removal");
        format!("{:.1} s | {jobs:.1} s | {:.1} s | {total:.1} s", time("cluster"), time("removal"))
    }

    /// The same by the tools that people have.
    fn by_hand(&self) -> String {
        let begun = Instant::now();
        let manifest = self.world.path().join("rayjob.json");
        fs::write(&manifest, self.manifest().to_string()).unwrap();
        self.kubectl(&["create", "--filename", manifest.to_str().unwrap()]);
        let head = "--selector=ray.io/node-type=head";
        while self.kubectl(&["get", "pods", head, "--output=name"]).is_empty() {
            sleep(Duration::from_millis(100));
        }
        let running = "--for=jsonpath={.status.phase}=Running";
        self.kubectl(&["wait", "pod", head, running, "--timeout=120s"]);
        let pod = self.kubectl(&["get", "pods", head, "--output=name"]);
        let dashboard = format!("http://127.0.0.1:{PORT}");
        let forward = self.wait_for_dashboard(&pod);
        let started = begun.elapsed();
        for _ in 0..JOBS {
            let mut submit = Command::new(&self.ray);
            submit.args(["job", "submit", "--address", &dashboard, "--working-dir"]);
            submit.arg(self.world.path()).args(["--", "sh", "-c", JOB]);
            quiet(&mut submit);
        }
        let trained = begun.elapsed();
        drop(forward);
        self.kubectl(&["delete", "rayjob", "by-hand", "--cascade=foreground", "--wait"]);
        let total = begun.elapsed();
        let seconds = |time: Duration| time.as_secs_f64();
        format!(
            "{:.1} s | {:.1} s | {:.1} s | {:.1} s",
            seconds(started),
            seconds(trained.checked_sub(started).unwrap()),
            seconds(total.checked_sub(trained).unwrap()),
            seconds(total)
        )
    }

    /// Requests to the API server and peak memory while one training of a minute runs.
    fn while_training(&self) -> String {
        let mut child = self
            .compare("sleep 60; echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'", "{values: [1]}");
        let log = self.world.path().join("stderr");
        while !fs::read_to_string(&log).unwrap().contains("Running entrypoint") {
            sleep(Duration::from_millis(100));
        }
        let audit = audit::Audit::begin(&self.state, NAMESPACE);
        sleep(Duration::from_secs(55));
        let requests = audit.requests();
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned();
        child.wait().unwrap();
        format!(
            "requests in 55 s of training: {:?}\npeak memory: {peak}",
            audit::by_kind(&requests)
        )
    }

    fn compare(&self, job: &str, seeds: &str) -> Child {
        let directory = self.world.path().join(".github");
        fs::create_dir_all(&directory).unwrap();
        let job = serde_json::to_string(job).unwrap();
        let config = format!(
            "entrypoint: {job}\nimage: {}\ncluster: {{head: {{cpu: 1, memory: 2Gi}}}}\n{METRICS}\n\
             seeds: {seeds}\n",
            self.image
        );
        fs::write(directory.join("regression.yml"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_regression-action"));
        command.args(["compare", "--base", "main", "--head", "main", "--format", "json", "-v"]);
        command.args(["--backend", "kubernetes", "--namespace", NAMESPACE, "--kubeconfig"]);
        command.arg(self.state.join("kubeconfig")).current_dir(self.world.path());
        command.env("REGRESSION_CACHE_DIR", self.world.path().join(".git/cache"));
        let log = fs::File::create(self.world.path().join("stderr")).unwrap();
        command.stdout(Stdio::piped()).stderr(log).spawn().unwrap()
    }

    fn manifest(&self) -> serde_json::Value {
        let size = serde_json::json!({"cpu": "1", "memory": "2Gi"});
        let container = serde_json::json!({
            "name": "ray-head", "image": self.image, "resources": {"requests": size, "limits": size},
        });
        serde_json::json!({
            "apiVersion": "ray.io/v1", "kind": "RayJob", "metadata": {"name": "by-hand"},
            "spec": {"submissionMode": "InteractiveMode", "rayClusterSpec": {
                "rayVersion": "2.60.0",
                "headGroupSpec": {
                    "rayStartParams": {"dashboard-host": "0.0.0.0"},
                    "template": {"spec": {"terminationGracePeriodSeconds": 2, "containers": [container]}},
                },
            }},
        })
    }

    /// Forwards the port anew until Ray answers behind it.
    fn wait_for_dashboard(&self, pod: &str) -> Forward {
        let forward = format!("{PORT}:8265");
        loop {
            let mut command = self.command(&["port-forward", pod, &forward]);
            let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let mut running = Forward(child);
            for _ in 0..20 {
                sleep(Duration::from_millis(100));
                let mut ask = Command::new("curl");
                ask.args([
                    "--silent",
                    "--fail",
                    "--max-time",
                    "2",
                    "--noproxy",
                    "*",
                    "--output",
                    "/dev/null",
                ]);
                if ask
                    .arg(format!("http://127.0.0.1:{PORT}/api/version"))
                    .status()
                    .unwrap()
                    .success()
                {
                    return running;
                }
                if running.0.try_wait().unwrap().is_some() {
                    break;
                }
            }
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command.env("KUBECONFIG", self.state.join("kubeconfig"));
        command.args(["--namespace", NAMESPACE]).args(arguments);
        command
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        quiet(git.current_dir(self.world.path()).args(arguments));
    }
}

/// A `kubectl port-forward`, ended when dropped.
struct Forward(Child);

impl Drop for Forward {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn quiet(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn report(child: Child) -> serde_json::Value {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
