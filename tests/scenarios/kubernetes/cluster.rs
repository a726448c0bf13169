//! The real cluster of these tests: `tests/cluster/up` starts one, `REGRESSION_TEST_CLUSTER` names
//! its directory; or any cluster with `KubeRay`, by `KUBECONFIG` and `REGRESSION_TEST_IMAGE`.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    server::Server,
    world::{PATIENCE, World, clean},
};

/// What a training does that is to last until [`Namespace::release`].
pub const UNTIL_RELEASED: &str = "until [ -e /tmp/released ]; do sleep 0.2; done";
const RELEASED: &str = "/tmp/released";
/// How often is looked for what is waited for.
const POLL: Duration = Duration::from_millis(250);

/// A Kubernetes with `KubeRay`.
pub struct RealCluster {
    pub kubeconfig: PathBuf,
    /// Image of Ray and the demo's requirements.
    pub image: String,
    /// Where `tests/cluster` keeps its state; none where the cluster is somebody else's, whose parts
    /// cannot be stopped.
    pub state: Option<PathBuf>,
    pub server: Server,
    /// As kubectl gives it to be copied.
    plain: OnceLock<Value>,
}

/// A namespace, and a kubeconfig that may do there what `manifests/role.yml` says and nothing else.
pub struct Namespace<'a> {
    pub cluster: &'a RealCluster,
    pub name: String,
    directory: tempfile::TempDir,
}

impl RealCluster {
    /// The cluster that the environment names.
    pub fn from_environment() -> Option<Self> {
        if let Some(state) = env::var_os("REGRESSION_TEST_CLUSTER") {
            let state = PathBuf::from(state);
            let image = variable(&state, "RAY_IMAGE");
            return Some(Self::new(state.join("kubeconfig"), image, Some(state)));
        }
        let kubeconfig = env::var_os("KUBECONFIG")?.into();
        Some(Self::new(kubeconfig, env::var("REGRESSION_TEST_IMAGE").ok()?, None))
    }

    fn new(kubeconfig: PathBuf, image: String, state: Option<PathBuf>) -> Self {
        let server = Server::of(&kubeconfig);
        Self { kubeconfig, image, state, server, plain: OnceLock::new() }
    }

    /// A value out of what `tests/cluster/up` wrote.
    pub fn variable(&self, name: &str) -> String {
        variable(self.state.as_deref().unwrap(), name)
    }

    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.try_kubectl(arguments).unwrap_or_else(|error| panic!("kubectl {arguments:?}: {error}"))
    }

    pub fn try_kubectl(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = clean("kubectl");
        command.env("KUBECONFIG", &self.kubeconfig).args(arguments);
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Creates objects in a namespace.
    pub fn apply(&self, namespace: &str, manifest: &str) {
        use std::io::Write;
        let mut command = clean("kubectl");
        command.env("KUBECONFIG", &self.kubeconfig).args([
            "--namespace",
            namespace,
            "apply",
            "--filename",
            "-",
        ]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(manifest.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{manifest}");
    }

    /// `tests/cluster/part`, which breaks and mends.
    pub fn part(&self, arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/part");
        let mut command = Command::new(script);
        command.env("REGRESSION_CLUSTER_STATE", self.state.as_ref().unwrap()).args(arguments);
        assert!(command.status().unwrap().success(), "part {arguments:?}");
    }

    /// The name of a namespace that is not there, and the place of its kubeconfig.
    pub fn absent(&self, name: &str) -> Namespace<'_> {
        self.server.await_absence(name);
        let directory = tempfile::tempdir().unwrap();
        Namespace { cluster: self, name: name.to_owned(), directory }
    }

    /// A new namespace with the least rights.
    pub fn namespace(&self, name: &str) -> Namespace<'_> {
        let namespace = self.absent(name);
        let token = self.server.make_namespace(name);
        fs::write(namespace.kubeconfig(), self.kubeconfig_with(&token)).unwrap();
        namespace
    }

    fn kubeconfig_with(&self, token: &str) -> String {
        let view = ["config", "view", "--raw", "--flatten", "--minify", "--output=json"];
        let plain = || serde_json::from_str(&self.kubectl(&view)).unwrap();
        let mut config = self.plain.get_or_init(plain).clone();
        config["users"][0]["user"] = serde_json::json!({"token": token});
        config.to_string()
    }
}

/// Whether all of these, by `kind/name`, are what stays of a killed run until a sweep, and costs nothing.
pub fn are_entries(objects: &[String]) -> bool {
    let kinds = ["rayjob.", "secret/", "networkpolicy."];
    objects.iter().all(|object| kinds.iter().any(|kind| object.starts_with(kind)))
}

/// Whether a cluster or a pod is there.
pub fn cost(objects: &[String]) -> bool {
    objects.iter().any(|object| object.starts_with("raycluster.") || object.starts_with("pod/"))
}

impl Namespace<'_> {
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join("kubeconfig")
    }

    /// Changes the kubeconfig's entry of the API server.
    pub fn change_server<T>(&self, change: impl FnOnce(&mut Value) -> T) -> T {
        let path = self.kubeconfig();
        let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let changed = change(&mut config["clusters"][0]["cluster"]);
        fs::write(path, config.to_string()).unwrap();
        changed
    }

    /// As the secret holds it.
    pub fn encoded_kubeconfig(&self) -> String {
        STANDARD.encode(fs::read(self.kubeconfig()).unwrap())
    }

    pub fn kubectl(&self, arguments: &[&str]) -> String {
        self.cluster.kubectl(&[&["--namespace", &self.name], arguments].concat())
    }

    /// `kind/name` of everything of ours.
    pub fn objects(&self) -> Vec<String> {
        self.cluster.server.objects(&self.name)
    }

    /// Lets trainings go on that wait as [`UNTIL_RELEASED`] says, wherever they run.  The first pod to be told
    /// may be the one that a training waits in, and the others gone before their turn.
    pub fn release(&self) {
        let objects = self.objects();
        for pod in objects.iter().filter(|object| object.starts_with("pod/")) {
            let exec = ["--namespace", &self.name, "exec", pod, "--", "touch", RELEASED];
            let begun = Instant::now();
            // A kubelet that has just been started again does not know its pods yet.
            while let Err(error) = self.cluster.try_kubectl(&exec) {
                if !self.objects().contains(pod) {
                    break;
                }
                assert!(begun.elapsed() < PATIENCE, "{pod}: {error}");
                thread::sleep(POLL);
            }
        }
    }

    /// Asserts that nothing is left.
    pub fn assert_empty(&self) {
        assert_eq!(self.objects(), Vec::<String>::new());
    }

    /// Waits until a condition on the objects holds; yields how long it took.
    pub fn wait(&self, limit: Duration, what: &str, holds: impl Fn(&[String]) -> bool) -> Duration {
        let begun = Instant::now();
        loop {
            let objects = self.objects();
            if holds(&objects) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < limit, "no {what} after {limit:?}: {objects:?}");
            thread::sleep(POLL);
        }
    }

    /// A repository whose training is a shell command, to be run on a small head that both sides share, unless
    /// the config says otherwise.
    pub fn training(&self, entrypoint: &str, rest: &str) -> World {
        let image = &self.cluster.image;
        let head = "cluster: {head: {cpu: 300m, memory: 2Gi}}\nisolation: shared";
        let cluster = if rest.contains("cluster:") { "" } else { head };
        World::training(entrypoint, &format!("image: {image}\n{cluster}\n{rest}"))
    }

    /// `compare` of two revisions here.
    pub fn compare(&self, world: &World, base: &str, head: &str, rest: &[&str]) -> Command {
        self.command(
            world,
            &["compare", "--base", base, "--head", head, "--fresh", "--config-from", "worktree"],
            rest,
        )
    }

    /// A command that trains here, and prints its report as JSON.
    pub fn command(&self, world: &World, what: &[&str], rest: &[&str]) -> Command {
        let kubeconfig = self.kubeconfig();
        let place = ["--backend", "kubernetes", "--kubeconfig", kubeconfig.to_str().unwrap()];
        let namespace = ["--namespace", &self.name, "--format", "json"];
        world.binary(&[what, &place, &namespace, rest].concat())
    }
}

impl Drop for Namespace<'_> {
    fn drop(&mut self) {
        drop(self.cluster.server.delete_namespace(&self.name));
    }
}

fn variable(state: &Path, name: &str) -> String {
    let text = fs::read_to_string(state.join("images.env")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
    line.unwrap_or_else(|| panic!("no {name} in images.env")).to_owned()
}
