//! Bad input, told before anything is started.  No Ray is needed here.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

mod world;

use std::{fs, os::unix::fs::symlink};

use world::{World, finish};

const METRICS: &str = "metrics: {accuracy: {direction: higher, relative: 1%}}";
const COMPARE: [&str; 5] = ["compare", "--base", "main", "--head", "main"];

#[test]
fn outside_of_a_repository() {
    let world = World::new();
    let mut command = world.binary(&COMPARE);
    command.current_dir(std::env::temp_dir());
    finish(command).expect(2, &["no git repository"]);
}

#[test]
fn unknown_revisions_get_suggestions() {
    let world = World::training("true", METRICS);
    world.git(&["branch", "simplify-activation"]);
    let arguments = ["compare", "--base", "main", "--head", "simplfy-activation"];
    world.run(&arguments).expect(2, &["simplfy-activation", "simplify-activation"]);
    world.run(&["compare", "--base", "--all", "--head", "main"]).expect(2, &[]);
}

#[test]
fn a_config_that_is_not_there() {
    let world = World::new();
    world.commit(&[("file", "1")]);
    world.run(&COMPARE).expect(2, &["cannot read the config .github/regression.yml", "--config"]);
    let arguments = [&COMPARE[..], &["--config", "other.yml"]].concat();
    world.run(&arguments).expect(2, &["cannot read the config other.yml"]);
}

#[test]
fn a_config_with_mistakes_names_the_place() {
    let mistakes = [
        ("", "the file is empty"),
        ("entrypoint: [a]\nmetrics: {a: {direction: higher, relative: 1%}}", ":1:13: entrypoint"),
        ("entrypoint: x\nmetrcs: {}", "did you mean \"metrics\"?"),
        ("entrypoint: x\nmetrics: {a: {direction: higher, relative: 101%}}", "read \"101%\""),
        (
            "entrypoint: x\nmetrics: {a: {direction: higher, relative: 1%}}\nseeds: {min: 4, max: 3}",
            "min 4 and max 3",
        ),
        ("entrypoint: x\nmetrics: {}", "at least one metric"),
    ];
    let world = World::training("true", METRICS);
    for (text, told) in mistakes {
        world.config(text);
        world.run(&COMPARE).expect(2, &[".github/regression.yml", told]);
    }
}

#[test]
fn requirements_that_are_not_there() {
    let world = World::training("true", METRICS);
    world.config(&format!("entrypoint: x\n{METRICS}\nrequirements: needed.txt"));
    world.run(&COMPARE).expect(2, &["needed.txt"]);
}

#[test]
fn no_python_and_an_old_one() {
    let world = World::training("true", METRICS);
    let bin = world.path("bin");
    fs::create_dir(&bin).unwrap();
    let git = finish({
        let mut which = world::clean("sh");
        which.args(["-c", "command -v git"]);
        which
    });
    symlink(git.stdout.trim(), bin.join("git")).unwrap();
    let run = || {
        let mut command = world.binary(&COMPARE);
        command.env("PATH", &bin).env("REGRESSION_CACHE_DIR", world.path("cache"));
        finish(command)
    };
    run().expect(2, &["ython", "3.10"]);
    let old = bin.join("python3");
    fs::write(&old, "#!/bin/sh\nprintf '/usr/bin/python3\\n3.8.18\\n'\n").unwrap();
    let mut permissions = fs::metadata(&old).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    fs::set_permissions(&old, permissions).unwrap();
    run().expect(2, &["3.8.18", "3.10"]);
}

#[test]
fn addresses_that_are_no_dashboard() {
    let world = World::training("true", METRICS);
    let at = |address: &str| {
        let place = ["--backend", "ray", "--ray-address", address];
        world.run(&[&COMPARE[..], &place].concat())
    };
    at("ray://head:10001").expect(2, &["ray://"]);
    at("127.0.0.1:1").expect(2, &["127.0.0.1:1"]);
    world.run(&[&COMPARE[..], &["--backend", "ray"]].concat()).expect(2, &["--ray-address"]);
}

#[test]
fn a_cache_that_cannot_be_written() {
    let world = World::training("true", METRICS);
    let file = world.path("file");
    fs::write(&file, "").unwrap();
    let mut command = world.binary(&COMPARE);
    command.env("REGRESSION_CACHE_DIR", file.join("cache"));
    finish(command).expect(2, &["cannot write to the cache", "--cache-dir"]);
}

#[test]
fn the_command_line_explains_itself() {
    let world = World::new();
    let help = world.run(&["--help"]).expect(0, &[]);
    for command in ["compare", "sweep", "demo"] {
        assert!(help.stdout.contains(command), "{help:?}");
    }
    world.run(&["compare"]).expect(2, &["--base"]);
}
