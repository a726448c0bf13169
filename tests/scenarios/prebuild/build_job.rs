//! The Job of `image --build-job` as it is printed, in the test cluster: `BuildKit` without root clones,
//! builds and pushes to a registry with a password.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    base,
    cluster::{Namespace, RealCluster},
    row,
    world::{World, docker::Docker, finish, served::Served},
};

/// Of the build, on a busy machine.
const LIMIT: Duration = Duration::from_mins(10);

pub fn the_job_builds_and_pushes(cluster: &RealCluster, docker: &Docker) {
    let namespace = cluster.namespace("prebuild-job");
    import(cluster, docker);
    let world = repository(cluster, docker);
    let daemon = Served::git(&world.path(""));
    let (user, password) = (cluster.variable("PRIVATE_USER"), cluster.variable("PRIVATE_PASSWORD"));
    let image = |rest: &[&str]| {
        let mut command = world.binary(&["image", "--registry-username", &user]);
        command.env("REGISTRY_PASSWORD", &password).args(rest);
        finish(command)
    };
    let missing = image(&[]).expect(1, &[]);
    assert!(missing.stdout.contains("does not exist"), "{missing:?}");
    let job = image(&["--build-job", "--source", "https://git.example.com/train"]).expect(0, &[]);
    let registry = cluster.variable("PRIVATE_IMAGE").split('/').next().unwrap().to_owned();
    namespace.kubectl(&[
        "create",
        "secret",
        "docker-registry",
        "regression-registry",
        &format!("--docker-server={registry}"),
        &format!("--docker-username={user}"),
        &format!("--docker-password={password}"),
    ]);
    let begun = Instant::now();
    let source = format!("git://127.0.0.1:{}/repository", daemon.port);
    cluster.apply(&namespace.name, &on_this_machine(&job.stdout, &source));
    await_end(&namespace);
    let found = image(&["--format", "json"]).expect(0, &[]).json();
    assert_eq!((&found["found"], &found["note"]), (&json!(true), &Value::Null), "{found:#}");
    row("image --build-job, on the cluster", "built, pushed, found by digest", begun.elapsed());
}

/// The image that the Job names, into the cluster's own store.
fn import(cluster: &RealCluster, docker: &Docker) {
    let name = docker.variable("BUILDKIT_IMAGE");
    let mut save = docker.command(&["save", name]).stdout(Stdio::piped()).spawn().unwrap();
    let socket = cluster.state.as_ref().unwrap().join("containerd.sock");
    let mut import = Command::new("ctr");
    import.arg("--address").arg(socket).args(["--namespace", "k8s.io", "images", "import", "-"]);
    assert!(import.stdin(save.stdout.take().unwrap()).status().unwrap().success());
    assert!(save.wait().unwrap().success());
}

fn repository(cluster: &RealCluster, docker: &Docker) -> World {
    let private = cluster.variable("PRIVATE_IMAGE");
    let open = cluster.image.split('/').next().unwrap();
    let name = format!("{open}/prebuild-base:1");
    base(docker, &name);
    docker.output(&["push", "--quiet", &name]);
    let world = World::new();
    let random = world.path("").file_name().unwrap().to_string_lossy().to_lowercase();
    world.config(&format!(
        "entrypoint: 'true'\nimage: {}/train-{}\nbuild: {{base-image: {name}}}\n\
         metrics: {{accuracy: {{direction: higher, absolute: 0.01}}}}\n",
        private.split('/').next().unwrap(),
        random.trim_start_matches('.')
    ));
    world.commit(&[("requirements.txt", "toolz==0.12.1\n")]);
    world
}

/// The Job with this machine's network, which has the registries, and its address of the repository.
fn on_this_machine(yaml: &str, source: &str) -> String {
    let objects = yaml.split("---\n").skip(1).map(|text| {
        let text = text.replace("https://git.example.com/train.git", source);
        let mut object: Value = serde_yaml::from_str(&text).unwrap();
        if object["kind"] == "Job" {
            object["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
        }
        object
    });
    json!({"apiVersion": "v1", "kind": "List", "items": objects.collect::<Vec<_>>()}).to_string()
}

fn await_end(namespace: &Namespace<'_>) {
    let begun = Instant::now();
    loop {
        let jobs: Value =
            serde_json::from_str(&namespace.kubectl(&["get", "jobs", "--output=json"])).unwrap();
        let status = &jobs["items"][0]["status"];
        if status["succeeded"] == 1 {
            return;
        }
        let failed = status["failed"].as_u64().unwrap_or(0) > 0;
        if failed || begun.elapsed() > LIMIT {
            let log = ["logs", "--selector=app.kubernetes.io/component=build", "--tail=60"];
            let pods = namespace.kubectl(&["describe", "pods"]);
            panic!(
                "{status}\n{:?}\n{pods}",
                namespace
                    .cluster
                    .try_kubectl(&[&["--namespace", &namespace.name], &log[..]].concat())
            );
        }
        thread::sleep(Duration::from_secs(1));
    }
}
