//! One version of `KubeRay` with one of Ray: a comparison, and the end of a cluster whose run is killed.  Run
//! by `tests/run versions` for each pair, which makes a table of the rows.

use std::{
    fs::OpenOptions,
    io::Write,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{
    cluster::{Namespace, RealCluster, cost},
    world::finish,
};

const METRICS: &str = "metrics: {accuracy: {direction: higher, absolute: 0.01, deterministic: true}}\n\
                       seeds: {values: [1]}";
const LEASE: Duration = Duration::from_secs(30);
/// The lease, what the operator takes to see its end, and the grace of the pods.
const LATEST: Duration = Duration::from_secs(90);

pub fn a_pair_of_versions(cluster: &RealCluster) {
    let (verdict, late) = thread::scope(|scope| {
        // Which mostly waits.
        let late = scope.spawn(|| killed(&cluster.namespace("versions-killed")));
        (compared(&cluster.namespace("versions-compare")), late.join().unwrap())
    });
    let (operator, ray) = (cluster.variable("KUBERAY_VERSION"), cluster.variable("RAY_VERSION"));
    let row = format!("| {operator} | {ray} | {verdict} | {:.0} s |", late.as_secs_f64());
    println!("{row}");
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/versions.md");
    let mut table = OpenOptions::new().create(true).append(true).open(table).unwrap();
    writeln!(table, "{row}").unwrap();
}

/// Runs a worse head with clusters and tokens of its own.
fn compared(namespace: &Namespace<'_>) -> String {
    let entrypoint = "if [ -e twin ]; then level=0.80; else level=0.90; fi; \
                      echo \"REGRESSION_METRICS {\\\"accuracy\\\": $level}\"";
    let world = namespace.training(entrypoint, &format!("{METRICS}\n{}", size(namespace)));
    let report =
        finish(namespace.compare(&world, "main", &world.twin(), &[])).expect(1, &[]).json();
    assert!(report["cleanup"].as_array().unwrap().iter().all(|one| one["left"] == 0), "{report}");
    namespace.assert_empty();
    report["verdict"].as_str().unwrap().to_owned()
}

/// How long after its death a run's cluster is gone.
fn killed(namespace: &Namespace<'_>) -> Duration {
    let rest = format!("{METRICS}\n{}\nisolation: shared", size(namespace));
    let world = namespace.training("echo this trains; sleep 600", &rest);
    let mut running =
        world.start(namespace.compare(&world, "main", &world.twin(), &["--lease", "30s", "-v"]));
    world.wait_for(&mut running, "this trains");
    // Long enough for an operator that backs off to be slow.
    thread::sleep(2 * LEASE);
    running.child.kill().unwrap();
    let died = Instant::now();
    // An old operator keeps the service of a RayJob until that goes.
    namespace.wait(LATEST, "end of the cluster", |objects| !cost(objects));
    died.elapsed()
}

fn size(namespace: &Namespace<'_>) -> String {
    let ray = namespace.cluster.variable("RAY_VERSION");
    format!("cluster: {{ray-version: {ray}, head: {{cpu: 300m, memory: 2Gi}}}}")
}
