//! The command `image` on real repositories, and with a real registry where one is asked.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use crate::world::{self, image_registry as registry};

use std::{fs, net::TcpListener, process::Command};

use registry::Registry;
use world::{Outcome, World, finish};

const LABEL: &str = "org.regression-action.requirements-sha256";
const SECRET: &str = "s3cret-of-the-registry";

/// A repository with two commits: `main`, and `newer` with another torch.
fn repository(image: &str) -> World {
    let world = World::new();
    world.config(&format!(
        "entrypoint: python train.py\nmetrics: {{a: {{direction: higher, relative: 1%}}}}\n{image}\n"
    ));
    world.commit(&[
        ("requirements.txt", "torch==2.4.0\n-r deps/more.txt\n"),
        ("deps/more.txt", "numpy\n"),
    ]);
    world.git(&["checkout", "--quiet", "-b", "newer"]);
    world.commit(&[("requirements.txt", "# a comment\n-r deps/more.txt\nTorch == 2.5.1\n")]);
    world.git(&["checkout", "--quiet", "main"]);
    world
}

/// The binary without the logins of whoever runs the tests.
fn image(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.binary(&[&["image"], arguments].concat());
    for variable in ["DOCKER_CONFIG", "HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
        command.env(variable, world.path("nobody"));
    }
    command
}

fn run(world: &World, arguments: &[&str]) -> Outcome {
    finish(image(world, arguments))
}

fn explained(world: &World, revision: &str) -> serde_json::Value {
    run(world, &["--explain", "--format", "json", "--rev", revision]).expect(0, &[]).json()
}

#[test]
fn the_explanation_tells_tag_document_files_and_changes() {
    let world = repository("image: ghcr.io/acme/train");
    let told = explained(&world, "main");
    let (tag, hash) = (told["tag"].as_str().unwrap(), told["hash"].as_str().unwrap());
    assert_eq!(tag, format!("req2-{}", &hash[..20]));
    assert_eq!(told["image"], format!("ghcr.io/acme/train:{tag}"));
    assert_eq!(told["platform"], "linux/amd64");
    assert_eq!(told["against"], serde_json::Value::Null);
    let paths: Vec<_> =
        told["files"].as_array().unwrap().iter().map(|file| &file["path"]).collect();
    assert_eq!(paths, ["requirements.txt", "deps/more.txt"]);
    fs::write(world.path("document"), told["document"].as_str().unwrap()).unwrap();
    let sum = finish({
        let mut sum = world::clean("sha256sum");
        sum.arg(world.path("document"));
        sum
    });
    assert!(sum.stdout.starts_with(hash), "the hash is that of the document: {sum:?}");

    let text =
        run(&world, &["--explain", "--rev", "newer", "--against", "main"]).expect(0, &[]).stdout;
    for part in ["torch 2.4.0 -> 2.5.1", "deps/more.txt", "image   ghcr.io/acme/train:req2-"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let markdown =
        run(&world, &["--explain", "--rev", "newer", "--against", "main", "--format", "markdown"]);
    assert!(markdown.stdout.contains("- torch 2.4.0"), "{}", markdown.stdout);
    let same = run(&world, &["--explain", "--against", "HEAD"]).expect(0, &[]).stdout;
    assert!(same.contains("nothing that decides the image changed"), "{same}");
}

/// The commit counts, not what lies about; and order, case and comments do not.
#[test]
fn only_what_the_commit_says_moves_the_tag() {
    let world = repository("image: ghcr.io/acme/train");
    let before = explained(&world, "HEAD")["tag"].clone();
    fs::write(world.repository().join("requirements.txt"), "jax\n").unwrap();
    assert_eq!(explained(&world, "HEAD")["tag"], before, "a change that is not committed");
    world.commit(&[
        ("requirements.txt", "-r deps/more.txt\r\n\r\nTORCH==2.4.0 # pinned\r\n"),
        ("train.py", "print(1)\n"),
    ]);
    assert_eq!(explained(&world, "HEAD")["tag"], before);
    assert_ne!(explained(&world, "newer")["tag"], before);
    let old = world.git(&["rev-parse", "--short", "HEAD~1"]);
    assert_eq!(explained(&world, &old)["tag"], before, "any notation of git");
}

#[test]
fn dockerfile_and_job_need_neither_network_nor_checkout() {
    let world = repository("image: ghcr.io/acme/train");
    world.git(&["remote", "add", "origin", &format!("https://me:{SECRET}@github.com/acme/digits")]);
    let newer = world.git(&["rev-parse", "newer"]);
    let told = explained(&world, "newer");
    let dockerfile = run(&world, &["--dockerfile", "--rev", "newer"]).expect(0, &[]).stdout;
    for part in ["FROM python:3.11-slim-bookworm\n", "'ray[default]==2.60.0'", "USER 1000\n"] {
        assert!(dockerfile.contains(part), "{part}: {dockerfile}");
    }
    assert!(dockerfile.contains(&format!("LABEL {LABEL}=\"{}\"", told["hash"].as_str().unwrap())));
    let job = run(&world, &["--build-job", "--rev", "newer"]).expect(0, &[]);
    assert!(job.stdout.contains(&format!("https://github.com/acme/digits.git#{newer}")), "{job:?}");
    assert!(job.stdout.contains(told["image"].as_str().unwrap()), "{job:?}");
    assert!(!format!("{job:?}").contains(SECRET), "{job:?}");
    let other = run(&world, &["--build-job", "--source", "git@git.acme.dev:a/b"]).expect(0, &[]);
    assert!(other.stdout.contains("https://git.acme.dev/a/b.git#"), "{other:?}");
}

#[test]
fn a_dockerfile_of_their_own_is_taken_from_the_commit_and_counts() {
    let world = repository("image: ghcr.io/acme/train\ndockerfile: Dockerfile.train");
    run(&world, &["--dockerfile"]).expect(2, &["Dockerfile.train"]);
    world.commit(&[("Dockerfile.train", "FROM acme/base:1\n")]);
    assert_eq!(run(&world, &["--dockerfile"]).expect(0, &[]).stdout, "FROM acme/base:1\n");
    let before = explained(&world, "HEAD")["tag"].clone();
    world.commit(&[("Dockerfile.train", "FROM acme/base:2\n")]);
    assert_ne!(explained(&world, "HEAD")["tag"], before);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let world = repository("");
    run(&world, &[]).expect(2, &["the config names no `image`", "ghcr.io/acme/train"]);
    run(&world, &["--build-job"]).expect(2, &["the config names no `image`"]);
    assert!(run(&world, &["--explain"]).expect(0, &[]).stdout.contains("names no `image`"));
    run(&world, &["--explain", "--rev", "newr"]).expect(2, &["newr", "did you mean `newer`"]);
    run(&world, &["--explain", "--against", "nothing"]).expect(2, &["nothing"]);
    run(&world, &["--explain", "--dockerfile"]).expect(2, &["--dockerfile"]);
    let world = repository("image: ghcr.io/acme/train\nrequirements: needed.txt");
    run(&world, &["--explain"]).expect(2, &["needed.txt"]);
    let world = repository("image: ghcr.io/acme/train:1");
    run(&world, &["--build-job"]).expect(2, &["used as it is"]);
    let world = repository("image: ghcr.io/acme/train");
    run(&world, &["--build-job"]).expect(2, &["no remote `origin`", "--source"]);
    world.git(&["remote", "add", "origin", "/srv/git/digits"]);
    run(&world, &["--build-job"]).expect(2, &["not an address on a network", "--source"]);
}

#[test]
fn a_registry_that_does_not_answer_is_an_error() {
    // Closed, for nobody listens there any more.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = repository(&format!("image: 127.0.0.1:{port}/acme/train"));
    let mut command = image(&world, &["-vv", "--registry-username", "ci"]);
    command.env("REGISTRY_PASSWORD", SECRET);
    let outcome = finish(command).expect(2, &["cannot tell whether", &port.to_string()]);
    assert!(!format!("{outcome:?}").contains(SECRET), "{outcome:?}");
    let mut command = image(&world, &[]);
    command.env("REGISTRY_PASSWORD", SECRET);
    let outcome = finish(command).expect(2, &["registry-username"]);
    assert!(!format!("{outcome:?}").contains(SECRET), "{outcome:?}");
}

#[test]
fn a_real_registry_says_what_is_there() {
    let Some(registry) = Registry::start() else { return };
    let name = format!("{}/acme/train", registry.address);
    let world = repository(&format!("image: {name}"));
    let told = explained(&world, "newer");
    let (tag, hash) = (told["tag"].as_str().unwrap(), told["hash"].as_str().unwrap());

    let missing = run(&world, &["--rev", "newer", "--against", "main"]).expect(1, &[]).stdout;
    for part in
        ["does not exist", "torch 2.4.0 -> 2.5.1", "docker buildx build", "gh workflow run", tag]
    {
        assert!(missing.contains(part), "{part}: {missing}");
    }
    let digest = registry.push("acme/train", tag, ("linux", "amd64"), (LABEL, hash));
    let found = run(&world, &["--rev", "newer"]).expect(0, &[]).stdout;
    assert_eq!(found, format!("found: {name}:{tag}@{digest}\n"));
    let json = run(&world, &["--rev", "newer", "--format", "json"]).expect(0, &[]).json();
    assert_eq!((&json["found"], &json["requirements_hash"]), (&true.into(), &hash.into()));
    assert_eq!(json["pinned"], format!("{name}:{tag}@{digest}"));
    run(&world, &[]).expect(1, &[]);

    registry.push("acme/train", tag, ("linux", "arm64"), (LABEL, hash));
    let other = run(&world, &["--rev", "newer"]).expect(1, &[]).stdout;
    assert!(other.contains("linux/arm64"), "{other}");
    registry.push("acme/train", tag, ("linux", "amd64"), (LABEL, &"0".repeat(64)));
    run(&world, &["--rev", "newer"]).expect(2, &["built for other requirements"]);
}
