//! `connect` where no Kubernetes is needed to know what is wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use std::{fs, path::PathBuf};

use crate::world::World;

/// A kubeconfig whose server nobody has.
fn kubeconfig(world: &World) -> PathBuf {
    let path = world.path("kubeconfig");
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: prod\n\
                clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n\
                users: [{name: admin, user: {token: s3cr3t}}]\n\
                contexts: [{name: prod, context: {cluster: c, user: admin}}]\n";
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_dry_run_prints_what_an_administrator_can_apply_before_it_asks_the_server() {
    let world = World::new();
    let path = kubeconfig(&world);
    let words =
        ["connect", "--kubeconfig", path.to_str().unwrap(), "--dry-run", "--namespace", "ml"];
    let shown = world.run(&[&words[..], &["--quota", "requests.nvidia.com/gpu=8"]].concat());
    let shown =
        shown.expect(2, &["context prod (http://127.0.0.1:1), namespace ml", "cannot be reached"]);
    for told in ["kind: Namespace", "kind: RoleBinding", "requests.nvidia.com/gpu", "namespace: ml"]
    {
        assert!(shown.stdout.contains(told), "{told}: {shown:#?}");
    }
    assert!(!format!("{shown:?}").contains("s3cr3t"));
    // Programs get one value, which an error is, too.
    let told = world.run(&[&words[..], &["--format", "json"]].concat()).expect(2, &[]).json();
    assert!(told["error"].as_str().unwrap().contains("cannot be reached"), "{told}");
}

#[test]
fn places_that_are_taken_are_told_before_anything_else() {
    let world = World::new();
    let path = kubeconfig(&world);
    let path = path.to_str().unwrap();
    let connect =
        |rest: &[&str]| world.run(&[&["connect", "--kubeconfig", path, "--yes"], rest].concat());
    connect(&["--output", path])
        .expect(2, &["is there already, and is no kubeconfig that this command wrote"]);
    connect(&["--namespace", "default"]).expect(2, &["`default` is not for trainings alone"]);
    connect(&["--env", "training"]).expect(2, &["--secret <NAME>"]);
    connect(&["--expires", "1m"]).expect(2, &["from 10m to 136y"]);
    assert!(fs::read_to_string(path).unwrap().contains("admin"));
}
