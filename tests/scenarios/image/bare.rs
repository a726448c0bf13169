//! `setup` and `run` by act on the machine itself, as on a runner of one's own: examples/self-hosted-gpu.yml as it is,
//! with a release that this test serves, and trainings on a local Ray.

use std::{collections::BTreeSet, env::consts::ARCH, fs, path::Path, process::Command};

use super::world::{
    ACCURACY, World,
    act::{COMMIT, Ran, by_act, ours, with_token},
    cache,
    docker::Docker,
    github::{Event, GitHub},
    served::Served,
};

const EXAMPLE: &str = include_str!("../../../examples/self-hosted-gpu.yml");
const REVIEW: &str = include_str!("../../../examples/review.yml");
const NUMBER: u64 = 7;

struct Scene<'a> {
    docker: &'a Docker,
    world: World,
    github: GitHub,
    _releases: Served,
}

/// An approved head that is worse; its training looks for the token in the environment of every process.
pub fn act_trains_on_the_machine_itself(docker: &Docker) {
    let scene = Scene::new(docker);
    let head = scene.open_pull();
    let review = scene.github.review(NUMBER, "bob", "APPROVED", &head);
    let approved = scene.github.run_ended(&scene.github.review_submitted(review));
    let ran = scene.run(&approved);
    assert_eq!(ran.outputs("verdict"), ["approved", "regressed"], "{}\n{}", ran.log(), ran.rest);
    assert_eq!(ran.output("version"), Some(env!("CARGO_PKG_VERSION")), "{}", ran.log());
    let last = scene.github.statuses(&head).pop().unwrap();
    assert_eq!(last.state, "failure", "{last:?}");
    assert_eq!(scene.github.comments(NUMBER).len(), 1);
    // The post step ran, and was told that the main step removed all.
    assert!(ran.log().contains("nothing is left to do"), "{}", ran.log());
    // The program itself has wiped it, and there is no shell and no node before it.
    let seen = fs::read_to_string(scene.world.path("seen")).unwrap();
    assert_eq!(seen.lines().collect::<BTreeSet<_>>(), ["regression-acti no"].into(), "{seen}");
}

/// Better or worse by its file; writes down the names of the step's processes, and whether they hold the token. The
/// environment of trainings holds this very text, which is not to be found by it.
fn training(world: &World, github: &GitHub) -> String {
    let (seen, server) = (world.path("seen"), github.server_url());
    format!(
        "for process in /proc/[0-9]*; do \
           if grep -qs 'GITHUB_SERVER[_]URL={server}' $process/environ; then \
             token=no; if grep -qs 'INPUT_GITHUB[-_]TOKEN=' $process/environ; then token=yes; fi; \
             echo \"$(cat $process/comm) $token\" >> {}; \
           fi; \
         done; \
         echo \"REGRESSION_METRICS {{\\\"accuracy\\\": 0.$((10 - $(cat file)))}}\"",
        seen.display()
    )
}

impl<'a> Scene<'a> {
    fn new(docker: &'a Docker) -> Self {
        let world = World::training("true", ACCURACY);
        let github = GitHub::new(&world.repository());
        github.permission("bob", "write");
        let entrypoint = serde_json::to_string(&training(&world, &github)).unwrap();
        world.config(&format!("entrypoint: {entrypoint}\n{ACCURACY}\n"));
        release(&world);
        let releases = Served::files(&world.path("releases"));
        let workflow = workflow(releases.port);
        world.commit(&[
            (".github/workflows/regression.yml", &workflow),
            (".github/workflows/regression-review.yml", REVIEW),
        ]);
        Self { docker, world, github, _releases: releases }
    }

    /// Alice's, with a worse file; yields its head.
    fn open_pull(&self) -> String {
        self.world.git(&["checkout", "--quiet", "-b", "change"]);
        let head = self.world.commit(&[("file", "9")]);
        self.world.git(&["checkout", "--quiet", "main"]);
        self.github.open_pull(NUMBER, "alice", "change", "main");
        head
    }

    fn run(&self, event: &Event) -> Ran {
        let actions = self.world.path("actions");
        fs::write(actions.join("action.yml"), ours(self.docker)).unwrap();
        let action = format!("org/regression-action@{COMMIT}={}", actions.display());
        let options = ["--local-repository", &action, "--platform", "gpu=-self-hosted"];
        by_act(self.docker, &self.world.repository(), event, (&self.github, ""), &options)
    }
}

/// The example but for where this release lies, what act does not do, and where this machine has its things.
fn workflow(port: u16) -> String {
    let setup = format!("- uses: org/regression-action/setup@{COMMIT} # v1.0.0\n");
    let releases = format!("{{releases: 'http://127.0.0.1:{port}', attestation: skip}}");
    let cache = cache().display().to_string();
    let mut text = with_token(EXAMPLE);
    for (is, stands) in [
        // How gh verifies is in tests/it/setup.rs.
        (setup.as_str(), format!("{setup}        with: {releases}\n")),
        (
            "environment: training",
            format!("env: {{REGRESSION_CACHE_DIR: {cache}}}\n    environment: training"),
        ),
    ] {
        assert!(text.contains(is), "the example has no {is}");
        text = text.replace(is, &stands);
    }
    text
}

/// What a release has, in `releases/`, and the actions at its commit, in `actions/`.
fn release(world: &World) {
    let version = env!("CARGO_PKG_VERSION");
    let releases = world.path("releases").join(format!("v{version}"));
    let name = format!("regression-action-{ARCH}-unknown-linux-musl");
    let packed = world.path("packed").join(&name);
    for folder in [&releases, &packed] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::copy(env!("CARGO_BIN_EXE_regression-action"), packed.join("regression-action")).unwrap();
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(world.path("packed")).args(["--use-compress-program", "gzip -1", "-cf"]);
    tar.arg(releases.join(format!("{name}.tar.gz"))).arg(name);
    assert!(tar.status().unwrap().success());
    for folder in ["setup", "run"] {
        copied(Path::new(folder), &world.path("actions").join(folder));
    }
    let mut pin = Command::new(".github/release/pin-archives");
    pin.arg(version).arg(releases).arg(world.path("actions/setup/archives"));
    assert!(pin.output().unwrap().status.success());
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
