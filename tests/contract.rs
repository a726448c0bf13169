//! What is written twice is the same: schemas, README, config, command line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use std::{collections::BTreeSet, env, fs, path::Path};

use regression_action::{config::Config, report::Report};
use serde_json::Value;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares a published schema with the code, or rewrites it when UPDATE=1.
fn published(path: &str, schema: &schemars::Schema) {
    let generated = serde_json::to_string_pretty(schema).unwrap() + "\n";
    if env::var_os("UPDATE").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(path), &generated).unwrap();
    }
    assert_eq!(read(path), generated, "{path} is stale; run: UPDATE=1 cargo test --test contract");
}

#[test]
fn the_published_schemas_are_up_to_date() {
    published(".github/regression.schema.json", &Config::json_schema());
    published(".github/report.schema.json", &Report::json_schema());
}

/// The schema and the parser agree on files that are right and on files that are wrong.
#[test]
fn the_config_schema_says_what_the_parser_says() {
    let schema = serde_json::to_value(Config::json_schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let metrics = "metrics: {a: {direction: higher, relative: 1%}}";
    let files = [
        (true, read("src/config/full.yml")),
        (true, read("src/demo/project/.github/regression.yml")),
        (true, read("examples/regression.yml")),
        (
            true,
            format!(
                "entrypoint: x\n{metrics}\nrequirements: [a.txt, b.txt]\nseeds: {{values: [1, 2]}}"
            ),
        ),
        (false, format!("entrypoint: x\n{metrics}\nextra: 1")),
        (false, format!("entrypoint: x\n{metrics}\npython: \"2.7\"")),
        (false, format!("entrypoint: x\n{metrics}\nlimits: {{job: 90}}")),
        (false, format!("entrypoint: x\n{metrics}\ncluster: {{head: {{cpu: two, memory: 1Gi}}}}")),
        (false, "entrypoint: x\nmetrics: {a: {direction: up, relative: 1%}}".into()),
        (false, "entrypoint: x\nmetrics: {}".into()),
        (false, metrics.into()),
    ];
    for (valid, text) in files {
        let value: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(validator.is_valid(&value), valid, "schema: {text}");
        assert_eq!(Config::parse(&text, "x").is_ok(), valid, "parser: {text}");
    }
}

#[test]
fn the_readme_shows_a_config_that_parses() {
    let readme = read("README.md");
    let mut blocks =
        readme.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let config =
        blocks.find(|block| block.contains("entrypoint:")).expect("a config in the README");
    Config::parse(config, "README.md").unwrap();
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = read("README.md");
    for command in ["cargo run --release -- demo", "tests/run"] {
        assert!(readme.contains(command), "{command}");
    }
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run").exists());
}

/// The steps of a workflow that use the action, as it is published or as it is here.
fn uses_of_the_action(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    let steps = jobs.flat_map(|job| job["steps"].as_array().unwrap());
    let ours = |uses: &str| uses == "./" || uses.starts_with("org/regression-action@");
    steps.filter(|step| step["uses"].as_str().is_some_and(ours)).collect()
}

fn keys(map: &Value) -> BTreeSet<&str> {
    map.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

#[test]
fn workflows_give_the_action_only_inputs_that_it_has() {
    let action: Value = serde_yaml::from_str(&read("action.yml")).unwrap();
    let mut declared = keys(&action["inputs"]);
    declared.extend(["entrypoint", "args"]); // every container action takes them
    for (folder, least) in [("examples", 5), (".github/workflows", 6)] {
        let mut found = 0;
        for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = file.unwrap().path();
            let workflow: Value =
                serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            if workflow.get("jobs").is_none() {
                continue;
            }
            for step in uses_of_the_action(&workflow) {
                let given = keys(&step["with"]);
                assert!(given.is_subset(&declared), "{}: {given:?}", path.display());
                found += 1;
            }
        }
        assert!(found >= least, "{folder}: the action is used {found} times");
    }
}

/// A job of the same name as the required status would be required too, and a skipped one passes.
#[test]
fn no_example_has_a_job_with_the_name_of_the_status() {
    let action: Value = serde_yaml::from_str(&read("action.yml")).unwrap();
    let status = action["inputs"]["status-context"]["default"].as_str().unwrap();
    for example in ["approval", "merge-queue", "comment", "nightly"] {
        let workflow: Value =
            serde_yaml::from_str(&read(&format!("examples/{example}.yml"))).unwrap();
        for (id, job) in workflow["jobs"].as_object().unwrap() {
            assert_ne!(job["name"].as_str().unwrap_or(id), status, "{example}");
        }
    }
}
