//! Every fault at every stage of a comparison: how it ends, what is left, and after how many seconds.
//! Run by `tests/run faults`, since it takes half an hour; its table stands in `docs/faults.md`.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use sysinfo::Signal;
use tokio::runtime::Runtime;

use super::{
    cluster::{Namespace, RealCluster, are_entries},
    way::stand_between,
    world::{
        Outcome, Running, World,
        mlflow::Mlflow,
        proxy::{Proxy, Way},
    },
};

/// Of a run that is killed; else two minutes, as always.
const LEASE: &str = "30s";
/// Until nothing that costs is left, without any help: that lease, and what the operator and the garbage
/// collector take.
const CLEAN: Duration = Duration::from_mins(2);
/// How long what is broken by a proxy stays broken: less than the lease.
const BREAK: Duration = Duration::from_secs(15);

/// Where a comparison has got to: a name, and what it says there.
type Stage = (&'static str, &'static str);
const PROVISION: Stage = ("provision", "starting a Ray cluster on Kubernetes: ");
const UPLOAD: Stage = ("upload", "Ray 2.60.0 on Kubernetes");
const TRAINING: Stage = ("training", "half of it");
const READING: Stage = ("reading", "REGRESSION_METRICS");
const REMOVAL: Stage = ("removal", "removing the Ray cluster");
const STAGES: [Stage; 5] = [PROVISION, UPLOAD, TRAINING, READING, REMOVAL];

/// What breaks.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Signal(Signal),
    /// What was open is dead, and then nothing gets through.
    HalfOpen,
    Way(Way),
    /// The API server answers everything with this.
    Answers(u16),
    /// A part of the cluster stops for so many seconds.
    Away(&'static str, u32),
    /// Something in the head's container eats its memory.
    OutOfMemory,
    WorkerEvicted,
    NodeDrained,
    Mlflow,
}

/// One run.
struct Row {
    fault: &'static str,
    stage: &'static str,
    code: Option<i32>,
    told: String,
    left: Vec<String>,
    clean: Option<Duration>,
}

/// What each fault is called, and whether it leaves other runs alone.
const FAULTS: [(&str, Fault, bool); 17] = [
    ("SIGKILL", Fault::Signal(Signal::Kill), true),
    ("SIGTERM", Fault::Signal(Signal::Term), true),
    ("SIGINT", Fault::Signal(Signal::Interrupt), true),
    ("half-open API", Fault::HalfOpen, true),
    ("port-forward and API connections reset", Fault::Way(Way::Resets), true),
    ("API refuses connections", Fault::Way(Way::Refuses), true),
    ("API 429", Fault::Answers(429), true),
    ("API 500", Fault::Answers(500), true),
    ("API 410", Fault::Answers(410), true),
    ("head out of memory", Fault::OutOfMemory, true),
    ("worker evicted", Fault::WorkerEvicted, true),
    ("MLflow down", Fault::Mlflow, true),
    ("etcd stopped for 15 s", Fault::Away("etcd", 15), false),
    ("operator restarted", Fault::Away("kuberay", 10), false),
    ("containerd restarted", Fault::Away("containerd", 2), false),
    ("kubelet stopped for a minute", Fault::Away("kubelet", 60), false),
    ("registry stopped for 15 s", Fault::Away("registry", 15), false),
];

/// The table; fails where anything is left or a worse head passes.
pub fn each_fault_at_each_stage(cluster: &RealCluster) {
    let rows = Mutex::new(Vec::new());
    let (beside, alone): (Vec<_>, Vec<_>) = cells().into_iter().partition(|cell| cell.3);
    let next = Mutex::new(beside.into_iter());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(cell) = next.lock().unwrap().next() else { return };
                    let row = run(cluster, cell);
                    rows.lock().unwrap().push(row);
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap();
    rows.extend(alone.into_iter().map(|cell| run(cluster, cell)));
    rows.push(run(cluster, (usize::MAX, ("node drained", Fault::NodeDrained), TRAINING, false)));
    let table = table(&rows);
    println!("{table}");
    fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("target/faults.md"), &table).unwrap();
    let wrong = |row: &&Row| row.code == Some(0) || !row.left.is_empty() || row.clean.is_none();
    let wrong: Vec<_> = rows.iter().filter(wrong).map(|row| (row.fault, row.stage)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

type Cell = (usize, (&'static str, Fault), Stage, bool);

fn cells() -> Vec<Cell> {
    let wanted = |fault: Fault, stage: Stage| {
        if matches!(fault, Fault::OutOfMemory | Fault::WorkerEvicted) {
            return stage == TRAINING || stage == READING;
        }
        !matches!(fault, Fault::Away("registry", _)) || stage == PROVISION
    };
    // Words of the names of those that are asked for; none: all.
    let asked = env::var("REGRESSION_TEST_FAULTS").unwrap_or_default();
    let is_asked =
        |name: &str| asked.is_empty() || asked.split_whitespace().any(|word| name.contains(word));
    let pairs = FAULTS
        .iter()
        .filter(|(name, ..)| is_asked(name))
        .flat_map(|fault| STAGES.map(|stage| (fault, stage)));
    let pairs = pairs.filter(|((_, fault, _), stage)| wanted(*fault, *stage));
    pairs
        .enumerate()
        .map(|(number, (&(name, fault, beside), stage))| (number, (name, fault), stage, beside))
        .collect()
}

/// Head is worse, and each training shows it at once: whatever happens, pass is wrong.
const METRICS: &str = "metrics: {accuracy: {direction: higher, absolute: 0.01, deterministic: true}}\n\
                       seeds: {values: [1]}\nisolation: shared";
const ENTRYPOINT: &str = "sleep 2; echo half of it; sleep 4; \
    if [ -e twin ]; then level=0.8; else level=0.9; fi; \
    echo \"REGRESSION_METRICS {\\\"accuracy\\\": $level}\"; sleep 2";

fn run(cluster: &RealCluster, (number, (name, fault), stage, _): Cell) -> Row {
    let namespace = cluster.namespace(&format!("faults-{}", number % 1000));
    let runtime = Runtime::new().unwrap();
    let mut scene = Scene::new(&runtime, &namespace, fault);
    let mut running = scene.start(fault);
    scene.world.wait_for(&mut running, stage.1);
    let begun = Instant::now();
    scene.strike(fault, &running);
    let outcome = scene.world.outcome(running);
    scene.heal(fault);
    let clean = clean(&namespace, begun);
    let row = Row {
        fault: name,
        stage: stage.0,
        code: outcome.code,
        told: told(&outcome),
        left: swept(&scene.world, &namespace),
        clean,
    };
    println!("{}", line(&row));
    row
}

struct Scene<'a> {
    namespace: &'a Namespace<'a>,
    world: World,
    proxy: Option<Proxy>,
    mlflow: Option<Mlflow>,
    _plain: Option<Plain>,
}

impl<'a> Scene<'a> {
    fn new(runtime: &Runtime, namespace: &'a Namespace<'a>, fault: Fault) -> Self {
        let plain = matches!(fault, Fault::Answers(_)).then(|| Plain::start(namespace));
        let between = matches!(fault, Fault::Answers(_) | Fault::Way(_) | Fault::HalfOpen);
        let proxy = between.then(|| stand_between(runtime, namespace));
        let mlflow = matches!(fault, Fault::Mlflow).then(Mlflow::start);
        let tracked = mlflow.as_ref().map_or_else(String::new, |mlflow| {
            format!("mlflow: {{uri: {:?}, experiment: faults}}\n", mlflow.uri())
        });
        let one = ", workers: {cpu: 300m, memory: 1Gi, min: 1, max: 1}";
        let workers = if matches!(fault, Fault::WorkerEvicted) { one } else { "" };
        let size = format!(
            "cluster: {{head: {{cpu: 300m, memory: 2Gi}}{workers}, template: template.yml}}"
        );
        let world = namespace.training(ENTRYPOINT, &format!("{METRICS}\n{tracked}{size}"));
        let pull = "headGroupSpec: {template: {spec: {containers: [{name: ray-head, \
                    imagePullPolicy: Always}]}}}";
        // Not compressible, so that its upload takes its time.
        let words = (1_u64..1_500_000).map(|it| it.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let code: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        fs::write(world.repository().join("data.bin"), code).unwrap();
        world.commit(&[("template.yml", pull)]);
        Self { namespace, world, proxy, mlflow, _plain: plain }
    }

    fn start(&self, fault: Fault) -> Running {
        let mut command = self.namespace.compare(&self.world, "main", &self.world.twin(), &["-v"]);
        if matches!(fault, Fault::Signal(_)) {
            command.args(["--lease", LEASE]);
        }
        self.world.start(command)
    }

    fn strike(&mut self, fault: Fault, running: &Running) {
        let cluster = self.namespace.cluster;
        match fault {
            Fault::Signal(signal) => running.signal(signal),
            Fault::HalfOpen => {
                self.turn(Way::BlackHole, BREAK / 3);
                self.turn(Way::Stalled, BREAK);
            }
            Fault::Way(way) => self.turn(way, BREAK),
            Fault::Answers(status) => self.turn(Way::Answers(status), BREAK),
            Fault::Away(part, seconds) => cluster.part(&["restart", part, &seconds.to_string()]),
            Fault::OutOfMemory => {
                let eat = "x = [bytes(range(256)) * 400000 for _ in range(100)]";
                drop(self.in_head(&["python3", "-c", eat]));
            }
            Fault::WorkerEvicted => self.delete("ray.io/node-type=worker"),
            Fault::NodeDrained => {
                cluster.kubectl(&["cordon", "--selector=!type"]);
                self.delete("ray.io/node-type");
            }
            Fault::Mlflow => self.mlflow.as_mut().unwrap().kill(),
        }
    }

    fn heal(&self, fault: Fault) {
        if matches!(fault, Fault::NodeDrained) {
            self.namespace.cluster.kubectl(&["uncordon", "--selector=!type"]);
        }
    }

    fn turn(&self, way: Way, lasts: Duration) {
        let proxy = self.proxy.as_ref().unwrap();
        proxy.turn(way);
        thread::sleep(lasts);
        proxy.turn(Way::Open);
    }

    /// As an eviction ends a pod whose grace is short.
    fn delete(&self, pods: &str) {
        self.namespace.kubectl(&["delete", "pod", "-l", pods, "--grace-period=1", "--wait=false"]);
    }

    fn in_head(&self, command: &[&str]) -> Result<String, String> {
        let head = "ray.io/node-type=head";
        let head = self.namespace.kubectl(&["get", "pods", "-l", head, "--output=name"]);
        let namespace = &*self.namespace.name;
        let exec = ["--namespace", namespace, "exec", &head, "--container", "ray-head", "--"];
        self.namespace.cluster.try_kubectl(&[&exec, command].concat())
    }
}

/// The API server without encryption, so that a proxy can answer in its place.
struct Plain(std::process::Child);

impl Plain {
    fn start(namespace: &Namespace<'_>) -> Self {
        use std::io::{BufRead, BufReader};
        let mut command = Command::new("kubectl");
        command.args(["proxy", "--port=0", "--reject-paths=^$", "--kubeconfig"]);
        let mut child = command.arg(namespace.kubeconfig()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.trim().rsplit(' ').next().unwrap();
        namespace.change_server(|server| *server = json!({"server": format!("http://{address}")}));
        Self(child)
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// How long after the fault nothing was left that costs.
fn clean(namespace: &Namespace<'_>, begun: Instant) -> Option<Duration> {
    let limit = Instant::now() + CLEAN;
    while !are_entries(&namespace.objects()) {
        if Instant::now() > limit {
            return None;
        }
        thread::sleep(Duration::from_millis(500));
    }
    Some(begun.elapsed())
}

/// What a sweep, which a run that was killed needs, leaves.
fn swept(world: &World, namespace: &Namespace<'_>) -> Vec<String> {
    let limit = Instant::now() + CLEAN;
    loop {
        let kubeconfig = namespace.kubeconfig();
        let place = ["sweep", "--backend", "kubernetes", "--namespace", &namespace.name];
        world.run(&[&place[..], &["--kubeconfig", kubeconfig.to_str().unwrap()]].concat());
        let left = namespace.objects();
        if left.is_empty() || Instant::now() > limit {
            return left;
        }
        thread::sleep(Duration::from_secs(1));
    }
}

/// The verdict, or the error's last line.
fn told(outcome: &Outcome) -> String {
    match outcome.code {
        Some(0 | 1 | 3) => outcome.json()["verdict"].as_str().unwrap().to_owned(),
        Some(_) => outcome.stderr.lines().last().unwrap_or_default().replace('|', "/"),
        None => "killed".to_owned(),
    }
}

fn table(rows: &[Row]) -> String {
    let mut table = "| fault | stage | exit | told | objects left | clean after |\n\
                     |---|---|---|---|---|---|\n"
        .to_owned();
    for row in rows {
        writeln!(table, "{}", line(row)).unwrap();
    }
    table
}

fn line(row: &Row) -> String {
    let code = row.code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    let clean =
        row.clean.map_or_else(|| "never".to_owned(), |it| format!("{:.0} s", it.as_secs_f64()));
    let (left, told) = (row.left.len(), row.told.chars().take(200).collect::<String>());
    format!("| {} | {} | {code} | {told} | {left} | {clean} |", row.fault, row.stage)
}
