//! Steps of prebuild.yml: whose commit is built with, and by whose config.

use std::{collections::BTreeMap, env, fs, process::Command, time::Duration};

use serde_json::Value;

use super::judge::Listener;
use crate::world::{World, executable, github::GitHub, mini_runner::MiniRunner};

const TOLD: &str = "0123456789abcdef0123456789abcdef01234567";
const GIVEN: &str = "89abcdef0123456789abcdef0123456789abcdef";

fn workflow() -> Value {
    serde_yaml::from_str(include_str!("../../.github/workflows/prebuild.yml")).unwrap()
}

fn step<'a>(job: &'a Value, id: &str) -> &'a Value {
    job["steps"].as_array().unwrap().iter().find(|step| step["id"] == id).unwrap()
}

/// The script of each of the two jobs that says whose commit it is.
fn scripts() -> Vec<String> {
    let workflow = workflow();
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.map(|job| step(job, "ours")["run"].as_str().unwrap().to_owned()).collect()
}

/// What it sets, or what it says if it refuses.
fn ours(script: &str, [sha, repository, given]: [&str; 3]) -> Result<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let output = directory.path().join("output");
    let mut bash = Command::new("bash");
    bash.args(["-e", "-c", script]).env("GITHUB_OUTPUT", &output);
    bash.env("REF", sha).env("REPOSITORY", repository).env("GIVEN", given);
    let ended = bash.output().unwrap();
    if ended.status.success() {
        return Ok(fs::read_to_string(output).unwrap());
    }
    assert!(!output.exists());
    Err(String::from_utf8(ended.stdout).unwrap())
}

#[test]
fn the_commit_is_told_by_github_or_by_the_caller() {
    let scripts = scripts();
    assert_eq!(scripts.len(), 2);
    let given = format!("acme/regression-action@{GIVEN}");
    for script in scripts {
        let ours = |told| ours(&script, told);
        let set = |sha, repository| Ok(format!("ref={sha}\nrepository={repository}\n"));
        let theirs = "org/regression-action";
        assert_eq!(ours([TOLD, theirs, ""]), set(TOLD, theirs));
        assert_eq!(ours([TOLD, theirs, &given]), set(TOLD, theirs), "GitHub knows better");
        assert_eq!(ours(["", "", &given]), set(GIVEN, "acme/regression-action"));
        let short = format!("acme/regression-action@{}", &GIVEN[..12]);
        let [lines, nobody] = [format!("acme/x\nref=main@{GIVEN}"), format!("@{GIVEN}")];
        for wrong in ["", GIVEN, &short, "acme/regression-action@v1", &nobody, &lines] {
            let said = ours(["", "", wrong]).unwrap_err();
            assert!(said.contains("give the input action: OWNER/NAME@"), "{wrong}: {said}");
        }
    }
}

/// What stands for Docker: it keeps the config that it is given, and builds nothing.
const DOCKER: &str = "#!/bin/sh\n[ \"$1\" = run ] || exit 0\ncp regression.yml \"$KEPT\"\nexit 1\n";

/// What the workflow takes from the job before: what our action told there.
fn told(outputs: &BTreeMap<String, String>, expression: &str) -> String {
    let workflow = workflow();
    let name = |text: &str, from: &str| {
        let inner = text.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")).unwrap();
        inner.strip_prefix(from).map(str::to_owned)
    };
    let Some(output) = name(expression, "needs.resolve.outputs.") else {
        assert_eq!(expression, "${{ inputs.config }}");
        return workflow["on"]["workflow_call"]["inputs"]["config"]["default"]
            .as_str()
            .unwrap()
            .to_owned();
    };
    let of_step = workflow["jobs"]["resolve"]["outputs"][output].as_str().unwrap();
    outputs.get(&name(of_step, "steps.resolve.outputs.").unwrap()).cloned().unwrap_or_default()
}

/// A push that changes the config itself: what was there before judges no more.
#[test]
fn the_config_of_the_default_branchs_tip_counts() {
    let registry = Listener::start();
    let world = World::new();
    let before = world.commit(&[
        (".github/regression.yml", &registry.config("before")),
        ("requirements.txt", "toolz==0.11.2\n"),
    ]);
    let tip = registry.config("after");
    let after = world.commit(&[(".github/regression.yml", &tip)]);
    let github = GitHub::new(&world.repository());
    let event = github.pushed("bob", "main", &before, &after);
    let job = MiniRunner::bare(&event.name, &event.payload)
        .on(&github, &after)
        .input("command", "image")
        .input("registry-username", "alice")
        .input("registry-password", "the-password")
        .variable("TMPDIR", world.path("").to_str().unwrap());
    let ended = job.main().finish(Duration::from_mins(1)).expect(0, &[]);
    assert_eq!((&ended.outputs["base-sha"], &ended.outputs["config-sha"]), (&before, &after));

    let place = tempfile::tempdir().unwrap();
    let (docker, kept) = (place.path().join("docker"), place.path().join("kept"));
    executable::write(&docker, DOCKER);
    world.git(&["clone", "--quiet", ".", place.path().join("commit").to_str().unwrap()]);
    fs::create_dir(place.path().join(".regression-action")).unwrap();
    fs::write(place.path().join(".regression-action/action.yml"), "").unwrap();
    let workflow = workflow();
    let dockerfile = step(&workflow["jobs"]["build"], "dockerfile");
    let mut bash = Command::new("bash");
    bash.args(["-e", "-c", dockerfile["run"].as_str().unwrap()]).current_dir(&place);
    for (name, value) in dockerfile["env"].as_object().unwrap() {
        bash.env(name, told(&ended.outputs, value.as_str().unwrap()));
    }
    let path = format!("{}:{}", place.path().display(), env::var("PATH").unwrap());
    let output = bash.env("PATH", path).env("KEPT", &kept).output().unwrap();
    assert!(!output.status.success(), "what stands for Docker does not go on");
    assert_eq!(fs::read_to_string(kept).unwrap(), tip, "{output:?}");
}
