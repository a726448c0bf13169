//! Our own death, at every stage: nothing is left that costs money, without any help.

use std::{
    thread,
    time::{Duration, Instant},
};

use sysinfo::Signal;

use super::{
    cluster::{Namespace, RealCluster, are_entries},
    world::{Outcome, Running, World, finish},
};

const LEASE: Duration = Duration::from_secs(20);
/// What the operator and the garbage collector may take on a busy machine; mostly it is ten seconds.
const REMOVAL: Duration = Duration::from_mins(1);
const TRAINING: &str = "sleep 300";
const ACCURACY: &str =
    "metrics: {accuracy: {direction: higher, absolute: 0.01}}\nseeds: {values: [1]}";

fn start(namespace: &Namespace<'_>) -> (World, Running) {
    let world = namespace.training(TRAINING, ACCURACY);
    let running =
        world.start(namespace.compare(&world, "main", &world.twin(), &["--lease", "20s", "-v"]));
    (world, running)
}

/// Waits for the lease to remove everything but the `RayJob`, and sweeps that.
fn gone_without_help(namespace: &Namespace<'_>, stage: &str) {
    let limit = LEASE + REMOVAL;
    let took = namespace.wait(limit, "end of the cluster", are_entries);
    println!("killed in {stage}: gone after {took:.1?} (lease {LEASE:?})");
    let world = World::new();
    let kubeconfig = namespace.kubeconfig();
    let over = || {
        let jobs = namespace.cluster.server.ray_jobs(&namespace.name);
        jobs.iter().all(|job| job.data["status"]["jobDeploymentStatus"] == "Failed")
    };
    let begun = Instant::now();
    while !over() {
        assert!(begun.elapsed() < REMOVAL, "the operator never gave the RayJob up");
        thread::sleep(Duration::from_millis(200));
    }
    let arguments = ["sweep", "--backend", "kubernetes", "--namespace", &namespace.name];
    let swept =
        world.run(&[&arguments[..], &["--kubeconfig", kubeconfig.to_str().unwrap()]].concat());
    let swept = swept.expect(0, &[]);
    assert!(swept.stdout.contains("0 objects left") || namespace.objects().is_empty(), "{swept:?}");
    namespace.assert_empty();
}

pub fn killed_in_provisioning(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-kill-provisioning");
    let (_world, mut running) = start(&namespace);
    namespace.wait(Duration::from_mins(1), "RayCluster", |objects| {
        objects.iter().any(|object| object.starts_with("raycluster."))
    });
    running.child.kill().unwrap();
    gone_without_help(&namespace, "provisioning");
}

pub fn killed_in_training(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-kill-training");
    let (world, mut running) = start(&namespace);
    world.wait_for(&mut running, "Running entrypoint");
    running.child.kill().unwrap();
    gone_without_help(&namespace, "training");
}

pub fn killed_in_teardown(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-kill-teardown");
    let world = namespace.training("echo 'REGRESSION_METRICS {\"accuracy\": 1}'", ACCURACY);
    let mut running =
        world.start(namespace.compare(&world, "main", &world.twin(), &["--lease", "20s"]));
    world.wait_for(&mut running, "removing the Ray cluster");
    running.child.kill().unwrap();
    drop(running.child.wait());
    gone_without_help(&namespace, "teardown");
}

pub fn an_interrupt_in_training(cluster: &RealCluster) {
    interrupted(cluster, "test-interrupt", Signal::Interrupt, "Running entrypoint");
}

pub fn a_termination_in_provisioning(cluster: &RealCluster) {
    interrupted(cluster, "test-terminate", Signal::Term, "starting a Ray cluster");
}

/// The deletion is issued within a second and the process gone within seven, as GitHub wants it.
fn interrupted(cluster: &RealCluster, name: &str, signal: Signal, stage: &str) {
    let namespace = cluster.namespace(name);
    let (world, mut running) = start(&namespace);
    namespace.wait(Duration::from_mins(1), "RayJob", |objects| {
        objects.iter().any(|object| object.starts_with("rayjob."))
    });
    world.wait_for(&mut running, stage);
    let begun = Instant::now();
    running.signal(signal);
    let deleted = loop {
        let jobs = cluster.server.ray_jobs(&namespace.name);
        if jobs.iter().all(|job| job.metadata.deletion_timestamp.is_some()) {
            break begun.elapsed();
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "never deleted");
        thread::sleep(Duration::from_millis(20));
    };
    world.outcome(running).expect(2, &["cancelled"]);
    let ended = begun.elapsed();
    println!("{signal:?}: deletion seen after {deleted:.2?}, process gone after {ended:.2?}");
    assert!(deleted < Duration::from_secs(1), "deleted after {deleted:?}");
    assert!(ended < Duration::from_secs(7), "gone after {ended:?}");
    namespace.wait(REMOVAL, "end of everything", <[String]>::is_empty);
}

/// A run that is alive is no prey of a sweep.
pub fn a_sweep_leaves_the_living_alone(cluster: &RealCluster) {
    let namespace = cluster.namespace("test-sweep");
    let (world, mut running) = start(&namespace);
    namespace.wait(Duration::from_mins(1), "RayJob", |objects| {
        objects.iter().any(|object| object.starts_with("rayjob."))
    });
    let kubeconfig = namespace.kubeconfig();
    let mut command = world.binary(&["sweep", "--backend", "kubernetes"]);
    command.args(["--namespace", &namespace.name, "--kubeconfig"]).arg(kubeconfig);
    let swept: Outcome = finish(command).expect(0, &[]);
    assert!(swept.stdout.contains("left alone"), "{swept:?}");
    assert!(running.child.try_wait().unwrap().is_none());
    running.signal(Signal::Interrupt);
    world.outcome(running).expect(2, &["cancelled"]);
    namespace.wait(REMOVAL, "end of everything", <[String]>::is_empty);
}
