//! Images by requirements: missing and told how to build, built by what we generate and pushed, found,
//! and run by digest.

use std::{fs, time::Instant};

use serde_json::Value;

use super::{
    cluster::{Namespace, RealCluster},
    world::{World, docker::Docker, finish},
};

/// What the training reads out of the image that it runs in.
const TRAIN: &str = "
import importlib.metadata, json
major, minor, _ = importlib.metadata.version('toolz').split('.')
print('REGRESSION_METRICS', json.dumps({'version': float(f'{major}.{minor}')}))
";
const OLD: &str = "toolz==0.11.2\n";
const NEW: &str = "# newer\ntoolz==0.12.1\n";

/// A branch that changes its requirements has no image until it is built; a branch that does not has one
/// at once; and a comparison of both takes two images, and says so.
pub fn an_image_for_each_requirements(cluster: &RealCluster) {
    let docker = Docker::from_environment().expect("start a Docker with tests/docker/up");
    let namespace = cluster.namespace("test-images");
    let repository = Repository::new(cluster, &docker);
    let world = &repository.world;

    let missing = finish(namespace.compare(world, "main", "newer", &[]));
    let missing = missing.expect(2, &["does not exist", "docker buildx build", "--dockerfile"]);
    assert!(!missing.stderr.contains("starting a Ray cluster"), "{missing:?}");
    namespace.assert_empty();
    let missing = repository.image("newer", &["--against", "main"]).expect(1, &[]);
    assert!(missing.stdout.contains("toolz 0.11.2 -> 0.12.1"), "{missing:?}");
    assert!(missing.stdout.contains("docker buildx build"), "{missing:?}");

    repository.build("main");
    let missing = finish(namespace.compare(world, "main", "newer", &[]));
    let missing = missing.expect(2, &["does not exist", "toolz 0.11.2 -> 0.12.1"]);
    assert!(!missing.stderr.contains("starting a Ray cluster"), "{missing:?}");
    repository.build("newer");

    let report = compare(&namespace, world, "main", "newer");
    assert_eq!(report["cleanup"].as_array().unwrap().len(), 2, "{report:#}");
    let (base, head) = (image(&report, "base"), image(&report, "head"));
    for image in [&base, &head] {
        assert!(image.starts_with(&repository.name) && image.contains("@sha256:"), "{image}");
    }
    assert_ne!(base, head);
    let metric = &report["metrics"][0];
    assert_eq!((metric["base"].as_f64(), metric["head"].as_f64()), (Some(0.11), Some(0.12)));
    let change = report["environments"]["changes"][0].as_str().unwrap();
    assert_eq!(change, "toolz 0.11.2 -> 0.12.1");

    // Other code, other comments, the same requirements.
    let begun = Instant::now();
    let found = repository.image("code", &[]).expect(0, &[]);
    println!("the image of an unchanged branch was found after {:.0?}", begun.elapsed());
    assert_eq!(found.stdout, format!("found: {base}\n"));
    world.config(&format!("{}isolation: shared\n", repository.config));
    let report = compare(&namespace, world, "main", "code");
    assert_eq!(report["cleanup"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!((image(&report, "base"), image(&report, "head")), (base.clone(), base));
    assert_eq!(report["environments"]["changes"], serde_json::json!([]));
}

fn compare(namespace: &Namespace<'_>, world: &World, base: &str, head: &str) -> Value {
    let outcome = finish(namespace.compare(world, base, head, &[]));
    assert_eq!(outcome.code, Some(0), "{outcome:#?}");
    namespace.assert_empty();
    outcome.json()
}

fn image(report: &Value, side: &str) -> String {
    report["environments"][side]["image"].as_str().unwrap_or_default().to_owned()
}

/// A repository of code, and one of images that nobody has pushed to yet.
struct Repository<'a> {
    docker: &'a Docker,
    world: World,
    name: String,
    config: String,
}

impl<'a> Repository<'a> {
    fn new(cluster: &RealCluster, docker: &'a Docker) -> Self {
        let world = World::new();
        let random = world.path("").file_name().unwrap().to_string_lossy().to_lowercase();
        let registry = cluster.image.split('/').next().unwrap();
        let name = format!("{registry}/train-{}", random.trim_start_matches('.'));
        let config = format!(
            "entrypoint: python train.py\n\
             python: \"3.11\"\n\
             image: {name}\n\
             cluster: {{head: {{cpu: 300m, memory: 2Gi}}}}\n\
             metrics: {{version: {{direction: higher, absolute: 0.05, sd: 0.001}}}}\n\
             seeds: {{values: [1]}}\n"
        );
        world.config(&config);
        world.commit(&[("train.py", TRAIN), ("requirements.txt", OLD)]);
        world.git(&["checkout", "--quiet", "-b", "newer"]);
        world.commit(&[("requirements.txt", NEW)]);
        world.git(&["checkout", "--quiet", "-b", "code", "main"]);
        world.commit(&[("file", "2"), ("requirements.txt", &format!("# old\n\n{OLD}"))]);
        world.git(&["checkout", "--quiet", "main"]);
        Self { docker, world, name, config }
    }

    fn image(&self, revision: &str, rest: &[&str]) -> crate::world::Outcome {
        finish(self.world.binary(&[&["image", "--rev", revision], rest].concat()))
    }

    /// What the message tells people to do.
    fn build(&self, revision: &str) {
        let begun = Instant::now();
        // What is printed to be pasted does the same by buildx, which this Docker has not.
        let dockerfile = self.image(revision, &["--dockerfile"]).expect(0, &[]).stdout;
        let answer: Value = self.image(revision, &["--format", "json"]).json();
        let image = answer["image"].as_str().unwrap();
        let tree = self.world.path(&format!("tree-{revision}"));
        let tree = tree.to_str().unwrap();
        self.world.git(&["worktree", "add", "--quiet", "--detach", tree, revision]);
        let file = self.world.path(&format!("Dockerfile.{revision}"));
        fs::write(&file, dockerfile).unwrap();
        let build = ["--network", "host", "--tag", image, "--file", file.to_str().unwrap(), tree];
        self.docker.build(&build).expect(0, &[]);
        self.docker.run(&["push", "--quiet", image]).expect(0, &[]);
        println!("built and pushed {image} in {:.0?}", begun.elapsed());
    }
}
