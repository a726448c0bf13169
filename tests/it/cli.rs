//! Bad input, told before anything is started.  No Ray is needed here.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use crate::world;

use std::{
    fs,
    os::unix::fs::symlink,
    time::{Duration, Instant},
};

use regression_action::report::Report;
use world::{World, executable, finish};

const METRICS: &str = "metrics: {accuracy: {direction: higher, relative: 1%}}";
const COMPARE: [&str; 5] = ["compare", "--base", "main", "--head", "main"];
const WORKTREE: [&str; 2] = ["--config-from", "worktree"];

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
        world.run(&[&COMPARE[..], &WORKTREE].concat()).expect(2, &[".github/regression.yml", told]);
    }
}

#[test]
fn requirements_that_are_not_there() {
    let world = World::training("true", METRICS);
    world.config(&format!("entrypoint: x\n{METRICS}\nrequirements: needed.txt"));
    finish(world.compare(&[])).expect(2, &["needed.txt"]);
}

#[test]
fn a_python_that_is_missing_too_old_or_a_broken_shim() {
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
        let mut command = world.compare(&[]);
        command.env("PATH", &bin).env("REGRESSION_CACHE_DIR", world.path("cache"));
        finish(command)
    };
    run().expect(2, &["no python 3.10 or newer is on PATH; install it"]);
    let script = |name: &str, text: &str| {
        executable::write(&bin.join(name), &format!("#!/bin/sh\n{text}\n"));
    };
    script("python3", "echo /opt/old/python3; echo 3.9.18");
    script("python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127");
    run().expect(2, &["found /opt/old/python3 3.9.18; install it"]);
    world.config(&format!("entrypoint: x\n{METRICS}\npython: \"3.12\""));
    let told = [
        "python 3.12 is not on PATH; found /opt/old/python3 3.9.18",
        "change `python` in the config",
    ];
    run().expect(2, &told);
}

#[test]
fn addresses_that_are_no_dashboard() {
    let world = World::training("true", METRICS);
    let at = |address: &str| finish(world.compare(&["--backend", "ray", "--ray-address", address]));
    at("ray://head:10001").expect(2, &["ray://"]);
    at("127.0.0.1:1").expect(2, &["127.0.0.1:1"]);
    world.run(&[&COMPARE[..], &["--backend", "ray"]].concat()).expect(2, &["--ray-address"]);
}

#[test]
fn the_same_tree_is_answered_at_once() {
    let world = World::training("exit 1", METRICS);
    world.git(&["branch", "before"]);
    world.commit(&[]);
    let nowhere = world.path("none").display().to_string();
    let places = [
        (&["--backend", "local"][..], ""),
        (
            &["--backend", "ray", "--ray-address", "127.0.0.1:1"],
            " --backend ray --ray-address http://127.0.0.1:1/",
        ),
        (
            &["--backend", "kubernetes", "--kubeconfig", &nowhere, "--namespace", "ml"],
            " --backend kubernetes --namespace ml",
        ),
    ];
    let sha = world.git(&["rev-parse", "main"]);
    for (place, again) in places {
        for (base, why) in [("main", "the same commit"), ("before", "the same tree")] {
            let begun = Instant::now();
            let compare = [&["compare", "--base", base, "--head", "main"], place].concat();
            let outcome = world.run(&compare).expect(0, &[]);
            assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
            let first = outcome.stdout.lines().next().unwrap();
            assert!(first.starts_with("pass: ") && first.contains(why), "{outcome:#?}");
            let again = format!(" --head {sha}{again}\n");
            assert!(outcome.stdout.contains(&again), "{again}: {outcome:#?}");
        }
    }
    let json = ["compare", "--base", "before", "--head", "main", "--format", "json"];
    let report = world.run(&json).json();
    let schema = serde_json::to_value(Report::json_schema()).unwrap();
    jsonschema::validate(&schema, &report).unwrap();
    assert_eq!(report["observations"].as_array().unwrap().len(), 0);
}

/// What no training reads, and what measures alone, needs no training; all else does.
#[test]
fn what_no_training_reads_is_answered_at_once() {
    let keys = "ignore: [\"docs/**\", \"*.md\"]\nruler: [evaluate.py, \"splits/**\"]";
    let world = World::training("exit 1", &format!("{METRICS}\n{keys}"));
    world.commit(&[("evaluate.py", "1"), ("train.py", "1"), ("README.md", "1")]);
    let head = |name: &str, files: &[(&str, &str)]| {
        world.git(&["checkout", "--quiet", "-b", name, "main"]);
        world.commit(files);
        world.git(&["checkout", "--quiet", "main"]);
    };
    let nowhere = ["--backend", "ray", "--ray-address", "127.0.0.1:1"];
    let compare = |head: &str| {
        let compare = ["compare", "--base", "main", "--head", head];
        world.run(&[&compare[..], &WORKTREE, &nowhere].concat())
    };
    head("docs", &[("docs/a/b.txt", "2"), ("README.md", "2")]);
    let told = "pass: nothing that the training reads has changed (but README.md and docs/a/b.txt)";
    assert!(compare("docs").expect(0, &[]).stdout.starts_with(told));
    head("ruler", &[("evaluate.py", "2"), ("splits/test", "2"), ("README.md", "3")]);
    let told = "ruler: this change also changes how it is measured (evaluate.py and splits/test)";
    let outcome = compare("ruler").expect(0, &[]);
    assert!(outcome.stdout.contains(told), "{outcome:#?}");
    // Somebody wants to see what head's own ruler says: of that, nothing is trained.
    let text = fs::read_to_string(world.repository().join(".github/regression.yml")).unwrap();
    world.config(&format!("{text}\nruler-shadow: true"));
    let told = "own ruler: not known: nothing that a training reads has changed";
    assert!(compare("ruler").expect(0, &[]).stdout.contains(told));
    assert!(!compare("docs").expect(0, &[]).stdout.contains("own ruler"));
    world.config(&text);
    // There is no Ray, so that it fails where it would train.
    for (at, file) in ["train.py", "lib/README.md", "lib/evaluate.py"].into_iter().enumerate() {
        let name = format!("code-{at}");
        head(&name, &[(file, "2"), ("README.md", "4")]);
        compare(&name).expect(2, &["127.0.0.1:1"]);
    }
    head("requirements", &[("requirements.txt", "numpy==2.1.0\n")]);
    world.config(&format!("entrypoint: x\n{METRICS}\ninputs: [train.py]"));
    compare("ruler").expect(0, &[]);
    compare("code-0").expect(2, &["127.0.0.1:1"]);
    // A Ray that runs already has the environment that it has; an image follows from the requirements.
    compare("requirements").expect(0, &[]);
    let kubernetes =
        ["compare", "--base", "main", "--head", "requirements", "--backend", "kubernetes"];
    let image = "image: localhost:1/acme/train";
    world.config(&format!("entrypoint: x\n{METRICS}\ninputs: [train.py]\n{image}"));
    world.run(&[&kubernetes[..], &WORKTREE].concat()).expect(2, &["localhost:1"]);
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
fn a_doctor_looks_at_everything_in_spite_of_problems() {
    let world = World::training("true", METRICS);
    let doctor = |more: &[&str], code, told: &[&str]| {
        let outcome = world.run(&[&["doctor"][..], more].concat()).expect(code, &[]);
        for text in told {
            assert!(outcome.stdout.contains(text), "not told: {text:?}\n{outcome:#?}");
        }
        outcome
    };
    let told = ["ok       repository", "ok       config", "ok       python", "no problem"];
    doctor(&[], 0, &told);
    world.config(&format!("entrypoint: 'true'\nrequirements: []\n{METRICS}"));
    doctor(&[], 0, &["ok       requirements  none: Ray alone is installed"]);
    world.config("entrypoint: x\nmetrcs: {}");
    let told = ["problem  config", "ok       python", "until that is fixed: requirements"];
    doctor(&[], 2, &told);
    let none = world.path("none").display().to_string();
    let told = ["problem  config", "problem  kubeconfig", "API server, credentials", "2 problems"];
    doctor(&["--backend", "kubernetes", "--kubeconfig", &none], 2, &told);
    let ray = ["--backend", "ray", "--ray-address", "127.0.0.1:1", "--format", "json"];
    let json = doctor(&ray, 2, &[]).json();
    assert_eq!(json["checks"][3]["state"], "problem", "{json:#}");
}

/// Told before an environment is made, or a Ray starts.
#[test]
fn workers_that_spread_have_no_place_on_one_machine() {
    let training = "training: {workers: 2, placement: spread}";
    let world = World::training("true", &format!("{METRICS}\n{training}"));
    let (base, head) = (world.git(&["rev-parse", "HEAD"]), world.commit(&[("file", "2")]));
    let told = "training.placement: spread asks for a node for each of a training's 2 workers, and this machine is one; \
                take pack, or ";
    let bisect = ["bisect", "--good", &base, "--bad", &head];
    for command in [&["compare", "--base", &base, "--head", &head][..], &bisect] {
        let outcome = world.run(command).expect(2, &[told]);
        let begun = ["environment", "starting a local Ray"];
        assert!(begun.iter().all(|begun| !outcome.stderr.contains(begun)), "{outcome:#?}");
    }
    let doctor = world.run(&["doctor"]).expect(2, &[]).stdout;
    assert!(doctor.contains("problem  training") && doctor.contains(told), "{doctor}");
}

/// A second group would run whatever image stands there, or none.
#[test]
fn a_doctor_sees_workers_without_an_image() {
    let cluster = "image: 127.0.0.1:1/train\ncluster: {workers: {cpu: 1, memory: 1Gi, min: 0, max: 2}, template: ray.yml}";
    let world = World::training("true", &format!("{METRICS}\n{cluster}"));
    let none = world.path("none").display().to_string();
    let doctor = ["doctor", "--backend", "kubernetes", "--kubeconfig", &none];
    for (group, state) in
        [("", "ok       template"), ("- {groupName: gpus}\n", "problem  template")]
    {
        let groups = format!("workerGroupSpecs:\n- {{groupName: cpus}}\n{group}");
        world.commit(&[("ray.yml", &groups)]);
        let outcome = world.run(&doctor).expect(2, &[]);
        assert!(outcome.stdout.contains(state), "{state}: {outcome:#?}");
        let named = outcome.stdout.contains("has 2 groups of workers (cpus, gpus)");
        assert_eq!(named, !group.is_empty(), "{outcome:#?}");
    }
}

#[test]
fn the_command_line_explains_itself() {
    let world = World::new();
    let help = world.run(&["--help"]).expect(0, &[]);
    for command in ["compare", "doctor", "sweep", "demo"] {
        assert!(help.stdout.contains(command), "{help:?}");
    }
    world.run(&["compare"]).expect(2, &["--base"]);
}

/// Whoever asks for JSON reads JSON on standard output, and people read the same on standard error.
#[test]
fn errors_are_json_where_reports_are() {
    let world = World::new();
    world.commit(&[("file", "1")]);
    let json = ["--format", "json"];
    for (arguments, told) in [
        (&COMPARE[..], "cannot read the config .github/regression.yml"),
        (&["compare", "--base", "main"], "--head <REV>"),
        (&["demo", "/proc/demo"], "cannot write /proc/demo/.github/regression.yml; name another"),
        (&["compares"], "unrecognized subcommand 'compares'"),
    ] {
        let outcome = world.run(&[arguments, &json].concat()).expect(2, &[told]);
        let error = outcome.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(told) && !error.contains('\u{1b}'), "{error}");
        assert_eq!(world.run(arguments).expect(2, &[told]).stdout, "");
    }
    let outcome = world.run(&["compare", "--format=json", "--base", "none", "--head", "main"]);
    assert!(outcome.json()["error"].is_string());
    assert!(world.run(&["--format", "json", "--help"]).expect(0, &[]).stdout.contains("Usage"));
}

#[test]
fn shells_complete_and_man_shows_every_command() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = world.run(&["completions", shell]).expect(0, &[]).stdout;
        for word in ["compare", "kube-context", "init"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let mut bash = world::clean("bash");
    let script = world.run(&["completions", "bash"]).stdout;
    // As bash asks for what may follow `regression-action compare --ba`.
    let asks = "COMP_WORDS=(regression-action compare --ba); COMP_CWORD=2; \
                _regression__action regression-action --ba compare; echo \"${COMPREPLY[@]}\"";
    bash.args(["-c", &format!("{script}\n{asks}")]);
    assert_eq!(finish(bash).expect(0, &[]).stdout, "--base --backend\n");
    let page = world.run(&["man"]).expect(0, &[]).stdout;
    assert!(page.contains(".TH regression-action 1") && page.contains("bisect"), "{page}");
    let page = world.run(&["man", "compare"]).expect(0, &[]).stdout;
    assert!(
        page.contains("regression\\-action\\-compare") && page.contains("\\-\\-head"),
        "{page}"
    );
    world.run(&["man", "compares"]).expect(2, &["read \"compares\"; allowed: init, compare,"]);
}
