//! What we spend on Kubernetes: one comparison of six short jobs on a cluster of its own, beside the
//! same done by hand (`kubectl create`, `kubectl port-forward`, `ray job submit`), in turn on one
//! Kubernetes; then the API requests and the memory of a training of a minute.  Prints a table;
//! asserts nothing.
//!
//! Takes `REGRESSION_TEST_CLUSTER`, the state of `tests/cluster/up`, and `REGRESSION_BENCH_PYTHON`, a
//! Python that has `ray[default]` 2.60.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench ends where something fails, and prints"
)]

#[path = "../tests/scenarios/kubernetes/audit.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with a test that uses more of it")]
mod audit;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::{JoinHandle, sleep, spawn},
    time::{Duration, Instant},
};

const ROUNDS: usize = 3;
const JOBS: u32 = 6;
const NAMESPACE: &str = "bench-overhead";
const JOB: &str = "sleep 1; echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'";
const LONG_JOB: &str = "sleep 75; echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'";
const METRICS: &str = "metrics: {accuracy: {direction: higher, absolute: 0.1}}";
const HEAD: &str = "--selector=ray.io/node-type=head";
const PORT: u16 = 28265;
const POLL: Duration = Duration::from_millis(100);

/// Seconds from the creation of the `RayJob`: the head pod runs, Ray answers, the first job is
/// submitted, the last job is done, nothing is left.
type Marks = [f64; 5];

fn main() {
    let bench = Bench::prepare();
    let load = || fs::read_to_string("/proc/loadavg").unwrap().trim().to_owned();
    println!("load before: {}", load());
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push((bench.ours(), bench.by_hand()));
    }
    println!("{JOBS} jobs of 1 s, one at a time; medians of {ROUNDS} rounds, seconds:");
    println!("| | regression-action | by hand | ratio |\n|---|---|---|---|");
    row("created to head pod running", &rounds, |marks| marks[0]);
    row("created to Ray answering", &rounds, |marks| marks[1]);
    row("created to first job submitted", &rounds, |marks| marks[2]);
    row("Ray answering to first job submitted", &rounds, |marks| marks[2] - marks[1]);
    row("overhead of each job", &rounds, |marks| (marks[3] - marks[2]) / f64::from(JOBS) - 1.0);
    row("removal", &rounds, |marks| marks[4] - marks[3]);
    row("all", &rounds, |marks| marks[4]);
    println!("{}", bench.while_training());
    println!("load after: {}", load());
    bench.kubectl(&["delete", "namespace", NAMESPACE]);
}

fn row(name: &str, rounds: &[(Marks, Marks)], value: impl Fn(&Marks) -> f64) {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let ours = median(rounds.iter().map(|(ours, _)| value(ours)).collect());
    let by_hand = median(rounds.iter().map(|(_, by_hand)| value(by_hand)).collect());
    println!("| {name} | {ours:.2} | {by_hand:.2} | {:.2} |", ours / by_hand);
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
        // The second commit trains the same, and has to be trained.
        for file in ["requirements.txt", "twin"] {
            fs::write(bench.world.path().join(file), "").unwrap();
            bench.git(&["add", "--all"]);
            let name = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
            bench.git(&[&name[..], &["commit", "--quiet", "--message", file]].concat());
        }
        bench
    }

    /// One comparison, told by what it says.
    fn ours(&self) -> Marks {
        let runs = self.head_runs();
        let mut child = self.compare(JOB, "{min: 3, max: 3}");
        let said = said(child.stderr.take().unwrap());
        let removed = Instant::now();
        assert!(child.wait().unwrap().success(), "{said:?}");
        let at = |start: &str| said.iter().find(|(_, line)| line.starts_with(start)).unwrap().0;
        let begun = at("starting a Ray cluster on Kubernetes ...");
        let answers = at("starting a Ray cluster on Kubernetes: Ray 2");
        let marks = [answers, at("training ..."), at("removing the Ray cluster ..."), removed];
        let [answers, submitted, trained, removed] =
            marks.map(|mark| mark.duration_since(begun).as_secs_f64());
        let running = runs.join().unwrap().duration_since(begun).as_secs_f64();
        [running, answers, submitted, trained, removed]
    }

    /// The same by the tools that people have, without a token.
    fn by_hand(&self) -> Marks {
        let runs = self.head_runs();
        let begun = Instant::now();
        let manifest = self.world.path().join(".git/rayjob.json");
        fs::write(&manifest, self.manifest().to_string()).unwrap();
        self.kubectl(&["create", "--filename", manifest.to_str().unwrap()]);
        while self.kubectl(&["get", "pods", HEAD, "--output=name"]).is_empty() {
            sleep(POLL);
        }
        let running = "--for=jsonpath={.status.phase}=Running";
        self.kubectl(&["wait", "pod", HEAD, running, "--timeout=120s"]);
        let pod = self.kubectl(&["get", "pods", HEAD, "--output=name"]);
        let forward = self.forward(&pod);
        let answers = begun.elapsed();
        let submitted: Vec<Instant> = (0..JOBS).map(|_| self.submit()).collect();
        let trained = begun.elapsed();
        drop(forward);
        self.kubectl(&["delete", "rayjob", "by-hand", "--cascade=foreground", "--wait"]);
        let removed = begun.elapsed();
        let running = runs.join().unwrap().duration_since(begun);
        let submitted = submitted[0].duration_since(begun);
        [running, answers, submitted, trained, removed].map(|mark| mark.as_secs_f64())
    }

    /// Requests to the API server and peak memory while one training of a minute runs.
    fn while_training(&self) -> String {
        let mut child = self.compare(LONG_JOB, "{values: [1]}");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        while !lines.next().unwrap().unwrap().starts_with("training ...") {}
        let drained = spawn(move || lines.for_each(drop));
        // What belongs to the start of the training is over by then.
        sleep(Duration::from_secs(5));
        let audit = audit::Audit::begin(&self.state, NAMESPACE);
        sleep(Duration::from_mins(1));
        let requests = audit.requests();
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
        let told = format!(
            "API requests in a minute of training: {} {:?}\npeak memory: {peak}",
            requests.len(),
            audit::by_kind(&requests)
        );
        child.wait().unwrap();
        drained.join().unwrap();
        told
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
        command.args(["compare", "--base", "main~1", "--head", "main", "--backend", "kubernetes"]);
        command.args(["--namespace", NAMESPACE, "--kubeconfig"]);
        command.arg(self.state.join("kubeconfig")).current_dir(self.world.path());
        command.env("REGRESSION_CACHE_DIR", self.world.path().join(".git/cache"));
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
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

    /// Tells when the next head pod runs.
    fn head_runs(&self) -> JoinHandle<Instant> {
        let phase = "--output=jsonpath={.status.phase}{\"\\n\"}";
        let mut watch = self.command(&["get", "pods", HEAD, "--watch", phase]);
        let mut watch = Ended(watch.stdout(Stdio::piped()).spawn().unwrap());
        let lines = BufReader::new(watch.0.stdout.take().unwrap()).lines();
        spawn(move || {
            let _watch = watch;
            let mut phases = lines.map(Result::unwrap);
            phases.find(|phase| phase == "Running").map(|_| Instant::now()).unwrap()
        })
    }

    /// Forwards the port anew until Ray answers behind it.
    fn forward(&self, pod: &str) -> Ended {
        let ports = format!("{PORT}:8265");
        let version = format!("http://127.0.0.1:{PORT}/api/version");
        loop {
            let mut command = self.command(&["port-forward", pod, &ports]);
            let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let mut forward = Ended(child);
            while forward.0.try_wait().unwrap().is_none() {
                sleep(POLL);
                let mut ask = Command::new("curl");
                ask.args(["--silent", "--fail", "--max-time", "2", "--noproxy", "*", &version]);
                if ask.output().unwrap().status.success() {
                    return forward;
                }
            }
        }
    }

    /// Runs a job to its end; yields when it was submitted.
    fn submit(&self) -> Instant {
        let mut command = Command::new(&self.ray);
        command.args(["job", "submit", "--address", &format!("http://127.0.0.1:{PORT}")]);
        command.arg("--working-dir").arg(self.world.path()).args(["--", "sh", "-c", JOB]);
        command.env("PYTHONUNBUFFERED", "1");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = said(child.stdout.take().unwrap());
        assert!(child.wait().unwrap().success(), "{said:?}");
        said.iter().find(|(_, line)| line.contains("submitted successfully")).unwrap().0
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
        let output = git.current_dir(self.world.path()).args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
}

/// A process that is ended when dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Every line to the end, and when it came.
fn said(output: impl Read) -> Vec<(Instant, String)> {
    BufReader::new(output).lines().map(|line| (Instant::now(), line.unwrap())).collect()
}
