//! What is written twice is the same: schemas, README, config, command line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use std::{env, fs, path::Path};

use regression_action::{config::Config, report::Report};

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
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
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
