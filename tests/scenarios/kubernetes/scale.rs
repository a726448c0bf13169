//! Two hundred comparisons at once against one API server: none fails, nothing is left, and what each
//! costs is printed.  The pods are on fake nodes, for no machine has room for so many Rays; the API
//! server, the operator and our processes are real.

mod dashboard;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
    thread,
    time::{Duration, Instant, SystemTime},
};

use dashboard::Dashboard;
use serde_json::Value;

use super::{
    audit::{Audit, Request, by_kind},
    cluster::{Namespace, RealCluster},
    world::World,
};

const RUNS: usize = 200;
/// One seed a side.
const JOBS: usize = 2;
/// How long all of them train at the same time.
const TRAINING: Duration = Duration::from_secs(10);
/// Until the last has begun to train, and until the last has ended, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);
/// Where `tests/cluster/kwok-nodes` lets forwards to its pods end.
const DASHBOARD_PORT: u16 = 18265;

const CONFIG: &str = "image: fake:1
cluster: {head: {cpu: 1, memory: 2Gi}, template: .github/cluster.yml}
isolation: shared
metrics: {accuracy: {direction: higher, absolute: 0.01, sd: 0.001}}
seeds: {values: [1]}";
const TEMPLATE: &str = "headGroupSpec:
  template:
    spec:
      nodeSelector: {kwok.x-k8s.io/node: fake}
      tolerations: [{key: kwok.x-k8s.io/node, operator: Exists}]
";

pub fn two_hundred_runs_at_once(cluster: &RealCluster) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _nodes = FakeNodes::make(cluster);
    let namespace = cluster.namespace("scale-runs");
    let world = World::training("true", CONFIG);
    world.commit(&[(".github/cluster.yml", TEMPLATE)]);
    let dashboard = runtime.block_on(Dashboard::serve(DASHBOARD_PORT));
    let audit = Audit::begin(cluster.state.as_ref().unwrap(), &namespace.name);

    let mut runs = Runs::start(&namespace, &world);
    let all_train = runs.keep("trains", PATIENCE, |_| dashboard.jobs().len() == RUNS);
    let trained = SystemTime::now();
    runs.keep("", TRAINING * 2, |_| trained.elapsed().is_ok_and(|training| training > TRAINING));
    let released = SystemTime::now();
    dashboard.release();
    let ended = runs.watch("has ended", PATIENCE, Runs::over);

    let reports = runs.reports();
    namespace.assert_empty();
    dashboard.assert_well_asked();
    assert_eq!(dashboard.jobs(), [JOBS; RUNS]);
    let requests = audit.requests();
    let refused = requests.iter().filter(|request| request.status >= 400).cloned();
    let refused: Vec<_> = refused
        .map(|request| Request { what: format!("{} {}", request.status, request.what), ..request })
        .collect();
    let during = |request: &&Request| (trained..released).contains(&request.received);
    let training = by_kind(requests.iter().filter(during));

    println!("{RUNS} runs at once: all train after {all_train:.0?}, all ended after {ended:.0?}");
    println!("from start to an answering dashboard: {}", spread(&times(&reports, "cluster")));
    println!("removal: {}", spread(&times(&reports, "removal")));
    println!("peak memory of a run, MiB: {}", spread(&runs.peaks()));
    println!("requests: {}", per_run(&by_kind(&requests)));
    let minutes = TRAINING.as_secs_f64() / 60.0;
    println!("requests in {minutes:.2} minutes of training: {}", per_run(&training));
    println!("refused: {}", per_run(&by_kind(&refused)));
    assert!(reports.iter().all(|report| report["verdict"] == "pass"));
    assert!(reports.iter().all(|report| report["cleanup"][0]["left"] == 0));
}

/// Nodes without a kubelet, gone when dropped.
struct FakeNodes<'a>(&'a RealCluster);

impl<'a> FakeNodes<'a> {
    fn make(cluster: &'a RealCluster) -> Self {
        let nodes = Self(cluster);
        nodes.number("4");
        nodes
    }

    fn number(&self, number: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/kwok-nodes");
        let mut command = Command::new(script);
        command.env("REGRESSION_CLUSTER_STATE", self.0.state.as_ref().unwrap()).arg(number);
        assert!(command.status().unwrap().success());
    }
}

impl Drop for FakeNodes<'_> {
    fn drop(&mut self) {
        self.number("0");
    }
}

/// Our processes, killed when dropped.
struct Runs(Vec<Run>);

struct Run {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    /// The most memory that it was seen to have had, in KiB.
    peak: f64,
}

impl Runs {
    fn start(namespace: &Namespace<'_>, world: &World) -> Self {
        let start = |number: usize| {
            let mut command = namespace.compare(world, "main", &world.twin(), &[]);
            command.env("REGRESSION_CACHE_DIR", world.path("cache"));
            let path = |kind| world.path(&format!("{kind}-{number}"));
            let (stdout, stderr) = (path("stdout"), path("stderr"));
            command.stdout(fs::File::create(&stdout).unwrap());
            command.stderr(fs::File::create(&stderr).unwrap());
            Run { child: command.spawn().unwrap(), stdout, stderr, peak: 0.0 }
        };
        Self((0..RUNS).map(start).collect())
    }

    /// Waits until something holds, while none of the processes may end.
    fn keep(&mut self, what: &str, limit: Duration, holds: impl Fn(&mut Self) -> bool) -> Duration {
        self.watch(what, limit, |runs| {
            if let Some(run) = runs.0.iter_mut().find_map(|run| run.over().then_some(run)) {
                panic!("a run ended too early: {}", run.said());
            }
            holds(runs)
        })
    }

    /// Waits until something holds; yields how long it took.
    fn watch(
        &mut self,
        what: &str,
        limit: Duration,
        holds: impl Fn(&mut Self) -> bool,
    ) -> Duration {
        let begun = Instant::now();
        while !holds(self) {
            assert!(begun.elapsed() < limit, "not every run {what} after {limit:?}");
            for run in &mut self.0 {
                run.peak = run.peak.max(peak(run.child.id()).unwrap_or(0.0));
            }
            thread::sleep(Duration::from_millis(200));
        }
        begun.elapsed()
    }

    fn over(&mut self) -> bool {
        self.0.iter_mut().all(Run::over)
    }

    /// Every report, if every process ended well.
    fn reports(&mut self) -> Vec<Value> {
        let failed = self.0.iter_mut().filter_map(|run| {
            let status = run.child.wait().unwrap();
            (!status.success()).then(|| format!("{status}: {}", run.said()))
        });
        let failed: Vec<_> = failed.collect();
        assert!(failed.is_empty(), "{} of {RUNS} failed: {}", failed.len(), failed[0]);
        let read = |run: &Run| fs::read_to_string(&run.stdout).unwrap();
        self.0.iter().map(|run| serde_json::from_str(&read(run)).unwrap()).collect()
    }

    /// Peak memory of each process in MiB.
    fn peaks(&self) -> Vec<f64> {
        self.0.iter().map(|run| run.peak / 1024.0).collect()
    }
}

impl Run {
    fn over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap()
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        for run in &mut self.0 {
            drop(run.child.kill());
            drop(run.child.wait());
        }
    }
}

/// The most resident memory that a process has had so far, in KiB; none once it has ended.
fn peak(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn times(reports: &[Value], name: &str) -> Vec<f64> {
    reports.iter().map(|report| report["times"][name].as_f64().unwrap()).collect()
}

fn spread(values: &[f64]) -> String {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let at = |part: f64| values[(part * (values.len() - 1) as f64) as usize];
    format!("median {:.1}, at most {:.1}", at(0.5), at(1.0))
}

fn per_run(kinds: &[(String, usize)]) -> String {
    let share = |count: usize| count as f64 / RUNS as f64;
    let total = kinds.iter().map(|(_, count)| count).sum();
    let each: Vec<_> =
        kinds.iter().map(|(what, count)| format!("{what} {:.2}", share(*count))).collect();
    format!("{:.1} a run ({})", share(total), each.join(", "))
}
