//! `doctor` on a real cluster: as the account that docs/kubernetes.md has the user make, and as it fails.

use std::{fs, path::Path};

use super::{
    cluster::{Namespace, RealCluster},
    world::{Outcome, World},
};

const METRICS: &str = "metrics: {accuracy: {direction: higher, relative: 1%}}";

/// The steps of docs/kubernetes.md are enough: nothing is found wrong, and nothing is left behind.
pub fn the_least_rights_are_enough(cluster: &RealCluster) {
    let namespace = cluster.namespace("doc-least");
    let told = ["no problem", "all 25 that are needed", "a dry run accepts", "keeps the lease"];
    let said = expect(&doctor(&namespace, &namespace.kubeconfig(), &[]), 0, &told);
    for check in ["repository", "config", "kubeconfig", "API server", "namespace", "permissions"] {
        assert!(said.lines().any(|line| line.starts_with(&format!("ok       {check} "))), "{said}");
    }
    assert!(said.contains("system:serviceaccount:doc-least:regression-action"), "{said}");
    assert!(!said.contains("not looked at"), "{said}");
    if cluster.state.is_some() {
        // A bridge; the least account may not see that.
        assert!(said.contains("warning  network policy  unknown whether"), "{said}");
        assert!(said.contains("manifests/try-policy.yml"), "{said}");
    }
    namespace.assert_empty();
}

/// A right that is missing is named, with the rule that grants it.
pub fn a_missing_right_is_named(cluster: &RealCluster) {
    let namespace = cluster.namespace("doc-missing");
    let role = include_str!("../../../manifests/role.yml");
    let without = role.replace("verbs: [create, get]\n", "verbs: [get]\n");
    assert_ne!(without, role);
    cluster.apply(&namespace.name, &without);
    let told = [
        "problem  permissions",
        "missing in namespace doc-missing: create pods/portforward",
        "resources: [pods/portforward]",
        "verbs: [create]",
        "1 problem",
    ];
    expect(&doctor(&namespace, &namespace.kubeconfig(), &[]), 2, &told);
    let json = doctor(&namespace, &namespace.kubeconfig(), &["--format", "json"]).json();
    let checks = json["checks"].as_array().unwrap();
    let bad: Vec<_> = checks.iter().filter(|check| check["state"] == "problem").collect();
    assert!(bad.len() == 1 && bad[0]["name"] == "permissions", "{json:#}");
}

/// A namespace that is not there is told once, and the rest is looked at all the same.
pub fn an_absent_namespace_is_told(cluster: &RealCluster) {
    let namespace = cluster.namespace("doc-absent");
    let absent = ["--namespace", "doc-nowhere"];
    let told = [
        "there is no doc-nowhere",
        "kubectl create namespace doc-nowhere",
        "ray.io/v1 is served",
        "not looked at until that is fixed: RayJob\n1 problem",
    ];
    // The least account may not know which namespaces there are.
    expect(&doctor(&namespace, &cluster.kubeconfig, &absent), 2, &told);
}

/// A token that the server does not take is told, and never shown.
pub fn a_wrong_token_is_told_and_never_shown(cluster: &RealCluster) {
    let namespace = cluster.namespace("doc-token");
    let text = fs::read_to_string(namespace.kubeconfig()).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    config["users"][0]["user"]["token"] = "not-a-token-of-this-cluster".into();
    fs::write(namespace.kubeconfig(), config.to_string()).unwrap();
    let told = [
        "ok       API server",
        "problem  credentials",
        "make new ones",
        "not looked at until that is fixed: namespace, permissions, KubeRay, network policy, RayJob",
    ];
    let outcome = doctor(&namespace, &namespace.kubeconfig(), &[]);
    expect(&outcome, 2, &told);
    assert!(!format!("{outcome:?}").contains("not-a-token-of-this-cluster"), "{outcome:#?}");
}

fn doctor(namespace: &Namespace<'_>, kubeconfig: &Path, more: &[&str]) -> Outcome {
    let world: World = namespace.training("true", METRICS);
    let kubeconfig = kubeconfig.to_str().unwrap();
    let mut arguments = vec!["doctor", "--backend", "kubernetes", "--kubeconfig", kubeconfig];
    if !more.contains(&"--namespace") {
        arguments.extend(["--namespace", &namespace.name]);
    }
    arguments.extend(more);
    world.run(&arguments)
}

/// Checks the exit code and that the examination tells all of these; yields the examination.
fn expect(outcome: &Outcome, code: i32, told: &[&str]) -> String {
    assert_eq!(outcome.code, Some(code), "{outcome:#?}");
    for text in told {
        assert!(outcome.stdout.contains(text), "not told: {text:?}\n{outcome:#?}");
    }
    outcome.stdout.clone()
}
