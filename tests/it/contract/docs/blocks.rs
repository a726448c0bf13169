//! Fenced blocks: shell runs with programs that only note how they are called, and the calls hold; trainings
//! report; YAML is a config, a workflow or an object of Kubernetes.

use std::{
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use clap::Parser;
use regression_action::{cli::Cli, config::Config};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    super::{keys, uses::unknown_input},
    BTreeSet, Block, fs, pages, root,
};
use crate::world::executable;

/// Programs that the pages call.
const PROGRAMS: [&str; 17] = [
    "regression-action",
    "pip",
    "uv",
    "uvx",
    "tar",
    "sha256sum",
    "kubectl",
    "oc",
    "helm",
    "kind",
    "docker",
    "gh",
    "cargo",
    "base64",
    "git",
    "sed",
    "sleep",
];

/// Notes its own name and what it is given, and reads its input to the end: who writes to a pipe that is closed
/// dies of it.
const NOTING: &str = "#!/bin/sh
printf '%s\\036' \"$(printf '%s\\037' \"${0##*/}\" \"$@\")\" >> \"$NOTES\"
while read -r _; do :; done
";

fn blocks() -> Vec<Block> {
    pages().iter().flat_map(|page| page.parts().1).collect()
}

fn in_language(language: &str) -> Vec<Block> {
    blocks().into_iter().filter(|block| block.language == language).collect()
}

#[test]
fn every_block_has_a_language_that_is_checked() {
    for Block { language, text, place } in blocks() {
        let checked = ["sh", "console", "python", "yaml", "json", "mermaid", "text"];
        assert!(checked.contains(&language.as_str()), "{place}: {language:?}");
        match language.as_str() {
            "json" => assert!(serde_json::from_str::<Value>(&text).is_ok(), "{place}"),
            "mermaid" => {
                let kind = text.split_whitespace().next().unwrap();
                assert!(["sequenceDiagram", "flowchart"].contains(&kind), "{place}: {kind}");
            }
            _ => {}
        }
    }
}

/// A directory in which scripts of ours, and all programs, only note how they are called.
struct Stage(TempDir);

impl Stage {
    fn new() -> Self {
        let stage = Self(TempDir::new().unwrap());
        stage.put("regression-action.kubeconfig.base64"); // an earlier page makes it
        for program in PROGRAMS {
            stage.put(&format!("bin/{program}"));
        }
        let tests = ["tests", "tests/cluster", "tests/docker", "tests/kind", "tests/lint"];
        for folder in tests.into_iter().chain(["docs", ".github/release"]) {
            for file in fs::read_dir(root().join(folder)).unwrap() {
                let file = file.unwrap();
                let metadata = file.metadata().unwrap();
                if metadata.is_file() && metadata.permissions().mode() & 0o100 != 0 {
                    stage.put(&format!("{folder}/{}", file.file_name().to_str().unwrap()));
                }
            }
        }
        stage
    }

    fn put(&self, path: &str) {
        executable::write(&self.0.path().join(path), NOTING);
    }

    /// What a script calls, each with its words.
    fn calls(&self, script: &str, place: &str) -> Vec<Vec<String>> {
        let notes = self.0.path().join("notes");
        let _ = fs::remove_file(&notes);
        let ended = Command::new("/bin/bash")
            .args(["-euo", "pipefail", "-c", &format!("cd() {{ :; }}\n{script}")])
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", self.0.path().join("bin"))
            .env("NOTES", &notes)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success() && told.is_empty(), "{place}: {told}");
        let notes = fs::read_to_string(notes).unwrap_or_default();
        let words = |call: &str| call.split_terminator('\u{1f}').map(str::to_owned).collect();
        notes.split_terminator('\u{1e}').map(words).collect()
    }
}

/// What follows an option, each time that it is given.
fn after<'a>(call: &'a [String], option: &'static str) -> impl Iterator<Item = &'a String> {
    let pairs = call.iter().zip(call.iter().skip(1));
    pairs.filter(move |(word, _)| word.as_str() == option).map(|(_, value)| value)
}

/// Why a call cannot be as it stands there.
fn wrong(call: &[String]) -> Option<String> {
    match call[0].as_str() {
        "regression-action" => wrong_words(call),
        "uvx" => wrong_words(&call[1..]),
        "cargo" if call[1] == "run" => {
            let ours = call.iter().skip_while(|word| *word != "--").skip(1).cloned();
            wrong_words(
                &["regression-action".to_owned()].into_iter().chain(ours).collect::<Vec<_>>(),
            )
        }
        "cargo" => {
            let tests = after(call, "--test").map(|name| ("tests", name));
            let benches = after(call, "--bench").map(|name| ("benches", name));
            tests.chain(benches).find_map(|(folder, name)| {
                let path = root().join(folder).join(name);
                let is_there = path.is_dir() || path.with_extension("rs").exists();
                (!is_there).then(|| format!("no {folder}/{name}"))
            })
        }
        _ => after(call, "-f").chain(after(call, "--filename")).find_map(|path| {
            let is_ours = path.starts_with("manifests/") || path.starts_with("examples/");
            (is_ours && !root().join(path).exists()).then(|| format!("no {path}"))
        }),
    }
}

fn wrong_words(call: &[String]) -> Option<String> {
    Cli::try_parse_from(call).err().map(|error| error.to_string())
}

/// The commands of a session: what follows a prompt.
fn typed(session: &str) -> String {
    session.lines().filter_map(|line| line.strip_prefix("$ ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn commands_are_ones_that_we_have() {
    let stage = Stage::new();
    let mut ours = 0;
    for language in ["sh", "console"] {
        for Block { text, place, .. } in in_language(language) {
            let script = if language == "sh" { text } else { typed(&text) };
            let calls = stage.calls(&script, &place);
            assert!(!calls.is_empty(), "{place}: nothing is called");
            for call in calls {
                assert_eq!(wrong(&call), None, "{place}: {call:?}");
                ours += usize::from(call[0] == "regression-action");
            }
        }
    }
    assert!(ours > 10, "{ours}");
}

#[test]
fn a_command_that_we_do_not_have_is_noticed() {
    let stage = Stage::new();
    for script in [
        "regression-action compare --base main --haed x",
        "echo x | regression-action compares",
        "uvx regression-action demonstrate",
        "cargo run -- demonstrate",
        "cargo test --test scenario x",
        "kubectl apply -n ml -f manifests/roles.yml",
    ] {
        let calls = stage.calls(script, script);
        assert!(calls.iter().any(|call| wrong(call).is_some()), "{script}: {calls:?}");
    }
}

#[test]
fn trainings_of_the_pages_report() {
    let blocks = in_language("python");
    assert!(blocks.len() >= 2, "{}", blocks.len());
    for Block { text, place, .. } in blocks {
        let directory = TempDir::new().unwrap();
        let metrics = directory.path().join("metrics");
        let ended = Command::new("python3")
            .args(["-c", &text])
            .current_dir(directory.path())
            .env("REGRESSION_SEED", "1")
            .env("REGRESSION_METRICS_FILE", &metrics)
            .output()
            .unwrap();
        assert!(ended.status.success(), "{place}: {}", String::from_utf8_lossy(&ended.stderr));
        let file = fs::read_to_string(metrics).unwrap_or_default();
        let printed = String::from_utf8(ended.stdout).unwrap();
        let line = printed.lines().find_map(|line| line.strip_prefix("REGRESSION_METRICS "));
        let told: Value = serde_json::from_str(line.unwrap_or(&file)).expect(&place);
        assert!(told["accuracy"].is_number(), "{place}: {told}");
    }
}

/// Why YAML is not what its keys promise.
fn misfit(text: &str) -> Option<String> {
    let value: Value = match serde_yaml::from_str(text) {
        Ok(value) => value,
        Err(error) => return Some(error.to_string()),
    };
    let schema = serde_json::to_value(Config::json_schema()).unwrap();
    let given = keys(&value);
    if given.is_subset(&keys(&schema["properties"])) {
        return misfit_config(value);
    }
    match () {
        () if given.contains("jobs") => unknown_input(&value),
        () if given == BTreeSet::from(["permissions"]) => misfit_permissions(&value["permissions"]),
        () if given.contains("kind") && given.contains("apiVersion") => None,
        () if given.contains("headGroupSpec") || given.contains("workerGroupSpecs") => None,
        () => Some(format!("neither a config, a workflow nor an object: {given:?}")),
    }
}

/// A part of a config is completed.
fn misfit_config(mut config: Value) -> Option<String> {
    let map = config.as_object_mut()?;
    map.entry("entrypoint").or_insert(json!("x"));
    map.entry("metrics").or_insert(json!({"a": {"direction": "higher", "relative": "1%"}}));
    Config::parse(&config.to_string(), "block").err().map(|error| error.to_string())
}

fn misfit_permissions(permissions: &Value) -> Option<String> {
    let known =
        ["actions", "contents", "id-token", "issues", "packages", "pull-requests", "statuses"];
    let map = permissions.as_object()?;
    let right = |(key, value): &(&String, &Value)| {
        known.contains(&key.as_str()) && (**value == "read" || **value == "write")
    };
    map.iter().find(|entry| !right(entry)).map(|(key, value)| format!("{key}: {value}"))
}

#[test]
fn yaml_is_a_config_a_workflow_or_an_object() {
    let blocks = in_language("yaml");
    assert!(blocks.len() > 5, "{}", blocks.len());
    for Block { text, place, .. } in blocks {
        for document in text.split("\n---\n") {
            assert_eq!(misfit(document), None, "{place}");
        }
    }
}

#[test]
fn yaml_that_is_wrong_is_noticed() {
    for text in [
        "seeds: {min: 0}",
        "seed: {min: 3}",
        "history: {branch: a, reuse: always}",
        "permissions: {content: read}",
        "jobs: {a: {steps: [{uses: org/regression-action@v1, with: {backends: ray}}]}}",
        "a: [",
    ] {
        assert!(misfit(text).is_some(), "{text}");
    }
}

/// In the README: no workflow is longer than a screen.
#[test]
fn the_workflow_of_the_readme_is_short() {
    let readme = pages().remove(0);
    let workflows = readme.parts().1.into_iter().filter(|block| block.text.contains("jobs:"));
    let lines: Vec<_> = workflows.map(|block| block.text.lines().count()).collect();
    assert!(matches!(lines[..], [..=20]), "{lines:?}");
}
