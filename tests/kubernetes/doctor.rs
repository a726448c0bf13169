//! `doctor` on a real cluster: as the account that the README has the user make, and as it fails.

#![allow(unreachable_pub, dead_code, reason = "these are called by the test binary of the cluster")]

use std::{
    env, fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// The Role that the README has the user apply.
const ROLE: &str = include_str!("../../manifests/role.yml");
const CONFIG: &str = "entrypoint: python train.py\n\
    image: ghcr.io/acme/train:1\n\
    cluster: {workers: {cpu: 1, memory: 1Gi, min: 0, max: 2}}\n\
    metrics: {accuracy: {direction: higher, relative: 1%}}\n";
const ACCOUNT: &str = "regression-action";

/// A namespace of its own, gone with this value, and a repository with a config.
struct Place {
    namespace: String,
    directory: TempDir,
}

/// (a) The README's steps are enough, and nothing is found wrong.
pub fn the_least_rights_are_enough() {
    let place = Place::new("least");
    place.account(ROLE);
    let output = place.doctor(&place.kubeconfig(&place.token()), &[]);
    let told =
        place.expect(&output, 0, &["no problem", "permissions", "all 18", "a dry run accepts"]);
    for check in ["repository", "config", "kubeconfig", "API server", "namespace", "KubeRay"] {
        assert!(told.lines().any(|line| line.starts_with(&format!("ok       {check} "))), "{told}");
    }
    assert!(
        told.contains(&format!("system:serviceaccount:{}:{ACCOUNT}", place.namespace)),
        "{told}"
    );
    assert!(!told.contains("not looked at"), "{told}");
    assert_eq!(place.kubectl(&["get", "rayjobs", "-o", "name"]), "", "the dry run left something");
}

/// (b) A right that is missing is named, with the rule that grants it.
pub fn a_missing_right_is_named() {
    let place = Place::new("missing");
    let without = ROLE.replace("verbs: [create, get]\n", "verbs: [get]\n");
    assert_ne!(without, ROLE);
    place.account(&without);
    let output = place.doctor(&place.kubeconfig(&place.token()), &[]);
    let told = [
        "problem  permissions",
        "create pods/portforward",
        "resources: [pods/portforward]",
        "verbs: [create]",
        "1 problem",
    ];
    place.expect(&output, 2, &told);
    let json = place.doctor(&place.kubeconfig(&place.token()), &["--format", "json"]);
    assert_eq!(json.status.code(), Some(2));
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let checks = json["checks"].as_array().unwrap();
    let bad: Vec<_> = checks.iter().filter(|check| check["state"] != "ok").collect();
    assert!(bad.len() == 1 && bad[0]["name"] == "permissions", "{json:#}");
}

/// (c) A namespace that is not there is told once, and the rest is looked at.
pub fn an_absent_namespace_is_told() {
    let place = Place::new("absent");
    let absent = format!("{}-not", place.namespace);
    let output = place.doctor(&admin(), &["--namespace", &absent]);
    let told =
        [&*format!("there is no {absent}"), "kubectl create namespace", "1 problem", "KubeRay"];
    let told = place.expect(&output, 2, &told);
    assert!(told.contains("not looked at until that is fixed: RayJob\n"), "{told}");
}

/// (d) A token that the server does not take is told, and never shown.
pub fn a_wrong_token_is_told_and_never_shown() {
    let place = Place::new("token");
    let output = place.doctor(&place.kubeconfig("not-a-token-of-this-cluster"), &[]);
    let told = [
        "ok       API server",
        "problem  credentials",
        "make new ones",
        "not looked at until that is fixed: namespace, permissions, KubeRay, RayJob",
    ];
    place.expect(&output, 2, &told);
    let said = format!("{output:?}");
    assert!(!said.contains("not-a-token-of-this-cluster"), "{said}");
}

/// The way of the cluster's administrator, as `tests/cluster/up` prints it.
fn admin() -> String {
    env::var("REGRESSION_TEST_CLUSTER").unwrap()
}

impl Place {
    fn new(name: &str) -> Self {
        let namespace = format!("doc-{name}-{}", std::process::id());
        let place = Self { namespace, directory: tempfile::tempdir().unwrap() };
        let repository = place.directory.path();
        fs::create_dir(repository.join(".github")).unwrap();
        fs::write(repository.join(".github/regression.yml"), CONFIG).unwrap();
        let init = Command::new("git").args(["init", "--quiet"]).current_dir(repository).status();
        assert!(init.unwrap().success());
        place.kubectl(&["create", "namespace", &place.namespace]);
        place
    }

    /// The account with this Role, as the README makes it.
    fn account(&self, role: &str) {
        self.kubectl(&["create", "serviceaccount", ACCOUNT]);
        self.apply(role);
        let bound = format!("{}:{ACCOUNT}", self.namespace);
        let role = ["--role", ACCOUNT, "--serviceaccount", &bound];
        self.kubectl(&[&["create", "rolebinding", ACCOUNT][..], &role].concat());
    }

    fn token(&self) -> String {
        self.kubectl(&["create", "token", ACCOUNT])
    }

    /// A kubeconfig with this token; server and authority are those of the administrator's.
    fn kubeconfig(&self, token: &str) -> String {
        let path = self.directory.path().join("kubeconfig");
        let view = ["config", "view", "--raw", "--minify", "-o"];
        let read = |field: &str| {
            let template = format!("jsonpath={{.clusters[0].cluster.{field}}}");
            self.kubectl(&[&view[..], &[&template]].concat())
        };
        let (server, authority) = (read("server"), read("certificate-authority-data"));
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: ci\n\
             clusters: [{{name: ci, cluster: {{server: \"{server}\", \
             certificate-authority-data: {authority}}}}}]\n\
             users: [{{name: ci, user: {{token: \"{token}\"}}}}]\n\
             contexts: [{{name: ci, context: {{cluster: ci, user: ci, namespace: {}}}}}]\n",
            self.namespace
        );
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn doctor(&self, kubeconfig: &str, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_regression-action"));
        command.args(["doctor", "--backend", "kubernetes", "--kubeconfig", kubeconfig]).args(more);
        command.env("REGRESSION_CACHE_DIR", self.directory.path().join("cache"));
        command.current_dir(self.directory.path()).env_remove("RAY_ADDRESS").output().unwrap()
    }

    fn expect(&self, output: &Output, code: i32, told: &[&str]) -> String {
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let all = format!("{said}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{}: {all}", self.namespace);
        for text in told {
            assert!(said.contains(text), "{text}: {all}");
        }
        said
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        self.kubectl_with(arguments, "")
    }

    fn apply(&self, manifest: &str) {
        self.kubectl_with(&["apply", "-f", "-"], manifest);
    }

    /// As the administrator, in the namespace.
    fn kubectl_with(&self, arguments: &[&str], input: &str) -> String {
        let mut command = Command::new("kubectl");
        command.args(["--kubeconfig", &admin(), "-n", &self.namespace]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "kubectl {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut command = Command::new("kubectl");
        command.args(["--kubeconfig", &admin(), "delete", "namespace", &self.namespace]);
        // A failure here must not hide the one that ended the test.
        drop(command.args(["--wait=false", "--ignore-not-found"]).output());
    }
}
