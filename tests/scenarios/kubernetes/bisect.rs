//! `bisect` on the real cluster: each commit in the image of its requirements, one Ray cluster for each.

use std::{
    collections::HashSet,
    fs,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    cluster::{Namespace, RealCluster},
    world::{
        World,
        digits::{BROKEN, Digits, NEWER},
        docker::Docker,
        finish,
        github::GitHub,
        mini_runner::MiniRunner,
    },
};

/// A name for images that nobody has pushed to yet.
fn images(cluster: &RealCluster, what: &str) -> String {
    let registry = cluster.image.split('/').next().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    format!("{registry}/{what}-{}", now.as_nanos())
}

fn place(images: &str) -> String {
    format!("python: \"3.11\"\nimage: {images}\ncluster: {{head: {{cpu: 300m, memory: 2Gi}}}}")
}

/// Builds and pushes the image that a commit's requirements want: the cluster's, and that toolz.
fn build(cluster: &RealCluster, docker: &Docker, world: &World, (commit, toolz): (&str, &str)) {
    let begun = Instant::now();
    let wanted = finish(world.binary(&["image", "--rev", commit, "--format", "json"])).json();
    let image = wanted["image"].as_str().unwrap();
    let context = world.path(&format!("image-{toolz}"));
    fs::create_dir_all(&context).unwrap();
    let dockerfile = format!(
        "FROM python:3.11-slim-bookworm AS packages\n\
         RUN pip install --no-deps --target /packages toolz=={toolz}\n\
         FROM {}\nCOPY --from=packages /packages /packages\nENV PYTHONPATH=/packages\n",
        cluster.image
    );
    fs::write(context.join("Dockerfile"), dockerfile).unwrap();
    let build = ["--network", "host", "--tag", image, context.to_str().unwrap()];
    docker.build(&build).expect(0, &[]);
    docker.run(&["push", "--quiet", image]).expect(0, &[]);
    println!("built and pushed {image} in {:.0?}", begun.elapsed());
}

fn search(namespace: &Namespace<'_>, world: &World, good: &str, more: &[&str]) -> (Value, String) {
    let bisect = ["bisect", "--good", good, "--bad", "main", "-k", "2"];
    let outcome = finish(namespace.command(world, &bisect, more));
    namespace.assert_empty();
    (outcome.json(), outcome.stderr)
}

/// The answer of a search that names a culprit.  The images' name is new in each run, and so are the seeds,
/// as they are when it is begun afresh: one search in a hundred, by the bench, says honestly that it cannot
/// tell; not two in a row.
fn search_twice(namespace: &Namespace<'_>, world: &World, good: &str) -> Value {
    let (report, _) = search(namespace, world, good, &[]);
    if report["finding"] == "culprit" {
        return report;
    }
    println!("searched again, for {}", report["answer"]);
    search(namespace, world, good, &["--fresh"]).0
}

/// First with one image missing, so that the commits of it are left out as a group; then with both.
pub fn the_culprit_among_24_commits_of_the_digits(cluster: &RealCluster) {
    let docker = Docker::from_environment().expect("start a Docker with tests/docker/up");
    let namespace = cluster.namespace("bisect-digits");
    let digits = Digits::new(&place(&images(cluster, "digits")));
    let (world, shas) = (&digits.world, &digits.shas);

    build(cluster, &docker, world, (&shas[NEWER], "0.12.1"));
    let (report, told) = search(&namespace, world, &shas[0], &[]);
    assert_eq!(report["finding"], "end_skipped", "{}", report["answer"]);
    assert!(told.contains("9 commits skipped") && told.contains("docker buildx build"), "{told}");
    assert!(!told.contains("starting a Ray cluster"), "{told}");

    build(cluster, &docker, world, (&shas[0], "0.11.2"));
    let begun = Instant::now();
    let report = search_twice(&namespace, world, &shas[0]);
    let took = begun.elapsed();
    assert_eq!(report["culprit"]["commit"]["sha"], digits.culprit(), "{}", report["answer"]);
    assert_eq!(report["culprit"]["pull"], 115);
    let broken = &report["searches"][0]["commits"][BROKEN];
    assert_eq!(broken["readings"], json!([]), "{broken}");
    let cleanups = report["cleanup"].as_array().unwrap();
    // One for each image, unless one went and was needed again.
    assert!(cleanups.len() >= 2, "{cleanups:?}");
    assert!(cleanups.iter().all(|one| one["left"] == 0), "{cleanups:?}");
    println!(
        "24 commits of the digits on Kubernetes: {} rounds, {} readings, {took:.1?}, right",
        report["rounds"], report["readings"],
    );
}

/// Loss by a package: 0.11 or 0.12.
const BY_PACKAGE: &str = "python -c \"import toolz; \
    level = '.'.join(toolz.__version__.split('.')[:2]); \
    print('REGRESSION_METRICS {\\\"loss\\\": %s}' % level)\"";
/// Place of the commit that brought the newer package.
const CULPRIT: u64 = 2;
/// The pull request that brought the newer package.
const NUMBER: u64 = 7;
const PATIENCE: Duration = Duration::from_mins(6);

/// The button: the image under a runner, a cluster for each environment, and a comment that tells the
/// culprit's pull request.  The first container is killed in mid-search; the second goes on.
pub fn the_button_tells_the_culprit(cluster: &RealCluster) {
    let docker = Docker::from_environment().expect("start a Docker with tests/docker/up");
    let namespace = cluster.namespace("bisect-button");
    let world = World::new();
    let entrypoint = serde_json::to_string(BY_PACKAGE).unwrap();
    world.config(&format!(
        "entrypoint: {entrypoint}\nmetrics: {{loss: {{direction: lower, absolute: 0.002}}}}\n{}",
        place(&images(cluster, "button"))
    ));
    let commit = |at: u64| {
        let toolz = if at < CULPRIT { "0.11.2" } else { "0.12.1" };
        world
            .commit(&[("requirements.txt", &format!("toolz=={toolz}\n")), ("at", &at.to_string())]);
        let number = if at == CULPRIT { NUMBER } else { 100 + at };
        let message = format!("Change {at} (#{number})");
        world.git(&["commit", "--quiet", "--amend", "--message", &message]);
        world.git(&["rev-parse", "HEAD"])
    };
    let shas: Vec<String> = (0..4).map(commit).collect();
    build(cluster, &docker, &world, (&shas[0], "0.11.2"));
    build(cluster, &docker, &world, (&shas[3], "0.12.1"));
    world.git(&["checkout", "--quiet", "-b", "change", &shas[2]]);
    world.git(&["checkout", "--quiet", "--detach"]);

    let github = GitHub::new(&world.repository());
    github.permission("bob", "write");
    github.open_pull(NUMBER, "alice", "change", "main");
    let event = github.dispatched("bob", "main", &json!({}));
    let kubeconfig = namespace.encoded_kubeconfig();
    let job = MiniRunner::new(&docker, &event.name, &event.payload)
        .on(&github, &shas[3])
        .input("kubeconfig", &kubeconfig)
        .input("namespace", &namespace.name)
        .input("command", "bisect")
        .input("good", &shas[0]);

    let mut killed = job.main();
    killed.wait_for("round 2: ", PATIENCE);
    killed.kill_container();
    let ended = killed.finish(PATIENCE);
    let post = job.post(&ended.state).finish(PATIENCE);
    assert!(post.is_success(), "{post:#?}");
    namespace.assert_empty();
    let read = readings(&job);
    assert!(read.len() >= 8, "both ends were read: {read:?}");

    let ended = job.main().finish(PATIENCE);
    assert_eq!((ended.code, &*ended.outputs["culprit"]), (Some(0), &*shas[2]), "{ended:#?}");
    namespace.assert_empty();
    let post = job.post(&ended.state).finish(PATIENCE);
    assert!(post.is_success(), "{post:#?}");
    let comments = github.comments(NUMBER);
    assert_eq!(comments.len(), 1, "{comments:#?}");
    assert!(comments[0].body.contains(&shas[2][..7]), "{}", comments[0].body);
    assert!(ended.outputs["comment-url"].contains(&comments[0].id.to_string()));
    let summary = ended.summary.unwrap();
    assert!(summary.contains("it is the dependencies"), "{summary}");
    let report = fs::read(job.workspace().join(&ended.outputs["report"])).unwrap();
    let report: Value = serde_json::from_slice(&report).unwrap();
    let told = format!("resuming: {} readings known", read.len());
    assert!(ended.log.contains(&told), "{told}: {}", ended.log);
    let all = readings(&job);
    assert_eq!(all[..read.len()], read, "readings are lost");
    let distinct: HashSet<&String> = all.iter().collect();
    assert_eq!(distinct.len(), all.len(), "a reading is counted twice");
    assert_eq!(report["readings"], all.len());
    println!(
        "the button on Kubernetes: {} rounds, {} readings, {:.1?}",
        report["rounds"], report["readings"], ended.took
    );
}

/// Commit, environment and seed of each reading that the workspace keeps.
fn readings(job: &MiniRunner<'_>) -> Vec<String> {
    let files = fs::read_dir(job.workspace().join("regression-bisect")).unwrap().flatten();
    let journal = files.map(|file| file.path()).find(|path| path.extension().is_some());
    let lines = fs::read_to_string(journal.unwrap()).unwrap();
    let entries = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let readings = entries.filter(|entry| entry["reading"].is_object());
    let name = |entry: Value| {
        let reading = &entry["reading"];
        format!("{} {} {}", reading["commit"], reading["home"], reading["seed"])
    };
    readings.map(name).collect()
}
