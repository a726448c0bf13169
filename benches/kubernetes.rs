//! What we spend on Kubernetes: one comparison of six short jobs on a cluster of its own, beside the
//! same done by hand (`kubectl create`, `kubectl port-forward`, `ray job submit`), in turn on one
//! Kubernetes; then the API requests and the memory of a training of a minute.  Prints a table;
//! asserts nothing.
//!
//! Takes `REGRESSION_TEST_CLUSTER`, the state of `tests/cluster/up`, and `REGRESSION_BENCH_PYTHON`, a
//! Python that has `ray[default]` 2.60.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench ends where something fails, and prints"
)]

#[path = "../tests/scenarios/kubernetes/audit.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with a test that uses more of it")]
mod audit;
#[path = "kubernetes/place.rs"]
#[allow(unreachable_pub, reason = "shared with another bench")]
mod place;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::{JoinHandle, sleep, spawn},
    time::{Duration, Instant},
};

use place::{Place, load, median, said};

const ROUNDS: usize = 3;
const JOBS: u32 = 6;
const NAMESPACE: &str = "bench-overhead";
const JOB: &str = "sleep 1; echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'";
const LONG_JOB: &str = "sleep 75; echo 'REGRESSION_METRICS {\"accuracy\": 0.9}'";
/// One cluster, as by hand.
const CLUSTER: &str = "cluster: {head: {cpu: 1, memory: 2Gi}}\nisolation: shared";
const HEAD: &str = "--selector=ray.io/node-type=head";
const PORT: u16 = 28265;
const POLL: Duration = Duration::from_millis(100);

/// Seconds from the creation of the `RayJob`: the head pod runs, Ray answers, the first job is
/// submitted, the last job is done, nothing is left.
type Marks = [f64; 5];

fn main() {
    let bench = Bench::prepare();
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
    bench.place.close();
}

fn row(name: &str, rounds: &[(Marks, Marks)], value: impl Fn(&Marks) -> f64) {
    let ours = median(rounds.iter().map(|(ours, _)| value(ours)).collect());
    let by_hand = median(rounds.iter().map(|(_, by_hand)| value(by_hand)).collect());
    println!("| {name} | {ours:.2} | {by_hand:.2} | {:.2} |", ours / by_hand);
}

struct Bench {
    place: Place,
    ray: PathBuf,
}

impl Bench {
    fn prepare() -> Self {
        let python = env::var_os("REGRESSION_BENCH_PYTHON").expect("set REGRESSION_BENCH_PYTHON");
        Self { place: Place::prepare(NAMESPACE), ray: PathBuf::from(python).with_file_name("ray") }
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
        let manifest = self.place.world.path().join(".git/rayjob.json");
        fs::write(&manifest, self.manifest().to_string()).unwrap();
        self.place.kubectl(&["create", "--filename", manifest.to_str().unwrap()]);
        while self.place.kubectl(&["get", "pods", HEAD, "--output=name"]).is_empty() {
            sleep(POLL);
        }
        let running = "--for=jsonpath={.status.phase}=Running";
        self.place.kubectl(&["wait", "pod", HEAD, running, "--timeout=120s"]);
        let pod = self.place.kubectl(&["get", "pods", HEAD, "--output=name"]);
        let forward = self.forward(&pod);
        let answers = begun.elapsed();
        let submitted: Vec<Instant> = (0..JOBS).map(|_| self.submit()).collect();
        let trained = begun.elapsed();
        drop(forward);
        self.place.kubectl(&["delete", "rayjob", "by-hand", "--cascade=foreground", "--wait"]);
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
        let audit = audit::Audit::begin(&self.place.state, NAMESPACE);
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
        self.place.compare(job, &format!("{CLUSTER}\nseeds: {seeds}"), &[])
    }

    fn manifest(&self) -> serde_json::Value {
        let size = serde_json::json!({"cpu": "1", "memory": "2Gi"});
        let container = serde_json::json!({
            "name": "ray-head", "image": self.place.image, "resources": {"requests": size, "limits": size},
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
        let mut watch = self.place.command(&["get", "pods", HEAD, "--watch", phase]);
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
            let mut command = self.place.command(&["port-forward", pod, &ports]);
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
        command.arg("--working-dir").arg(self.place.world.path()).args(["--", "sh", "-c", JOB]);
        command.env("PYTHONUNBUFFERED", "1");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = said(child.stdout.take().unwrap());
        assert!(child.wait().unwrap().success(), "{said:?}");
        said.iter().find(|(_, line)| line.contains("submitted successfully")).unwrap().0
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
