//! What is written twice is the same: schemas, documentation, config, command line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

use clap::ValueEnum;
use indexmap::IndexMap;
use regression_action::{
    action::{inputs::Inputs, runner::Output},
    bisect::BisectReport,
    compare::RunList,
    config::Config,
    python::image::{Explanation, ResolvedImage},
    report::{Measurement, Report},
};
use serde::Deserialize;
use serde_json::{Value, json};

mod docs;
mod uses;

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
    let is_current = read(path) == generated;
    assert!(is_current, "{path} is stale; run: UPDATE=1 cargo test --test it contract");
}

#[test]
fn the_published_schemas_are_up_to_date() {
    published(".github/regression.schema.json", &Config::json_schema());
    published(".github/report.schema.json", &Report::json_schema());
    published(".github/bisect.schema.json", &BisectReport::json_schema());
    published(".github/image.schema.json", &ResolvedImage::json_schema());
    published(".github/explanation.schema.json", &Explanation::json_schema());
    published(".github/measurement.schema.json", &Measurement::json_schema());
    published(".github/list.schema.json", &RunList::json_schema());
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
        (true, read("examples/ray-train.yml")),
        (
            true,
            format!(
                "entrypoint: x\n{metrics}\nrequirements: [a.txt, b.txt]\nseeds: {{values: [1, 2]}}"
            ),
        ),
        (true, format!("entrypoint: x\n{metrics}\nhistory: {{branch: a, reuse: unchecked}}")),
        (true, format!("entrypoint: x\n{metrics}\nhistory: {{branch: a, reuse: false}}")),
        (true, format!("entrypoint: x\n{metrics}\nruler: [a.py]\nruler-shadow: true")),
        (true, format!("entrypoint: x\n{metrics}\ntraining: {{gpu: 0, workers: 4, parallel: 1}}")),
        (false, format!("entrypoint: x\n{metrics}\ntraining: {{gpu: 1001}}")),
        (false, format!("entrypoint: x\n{metrics}\ntraining: {{parallel: 0}}")),
        (false, format!("entrypoint: x\n{metrics}\nruler: [a.py]\nruler-shadow: asked")),
        (false, format!("entrypoint: x\n{metrics}\nhistory: {{branch: a, reuse: always}}")),
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

/// `action.yml`, with all that it may say; a misspelt key is an error here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    name: String,
    description: String,
    #[serde(rename = "author")]
    _author: String,
    branding: BTreeMap<String, String>,
    inputs: IndexMap<String, Input>,
    outputs: IndexMap<String, Input>,
    runs: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    description: String,
    default: Option<String>,
}

fn action() -> Action {
    serde_yaml::from_str(&read("action.yml")).unwrap()
}

/// Name and description of each, in order.
fn declared(inputs: &IndexMap<String, Input>) -> Vec<(String, String)> {
    inputs.iter().map(|(name, input)| (name.clone(), input.description.clone())).collect()
}

/// On one line, as Markdown would show it.
fn flowed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_action_declares_the_inputs_that_are_read() {
    let schema = Inputs::json_schema();
    let fields = schema.get("properties").unwrap().as_object().unwrap();
    let text = |field: &serde_json::Value| flowed(field["description"].as_str().unwrap());
    let fields: BTreeMap<_, _> =
        fields.iter().map(|(name, field)| (name.clone(), text(field))).collect();
    assert_eq!(BTreeMap::from_iter(declared(&action().inputs)), fields);
}

#[test]
fn the_defaults_of_the_action_are_those_of_the_code() {
    let defaults = action().inputs.into_iter().map(|(name, input)| {
        (format!("INPUT_{}", name.to_uppercase()), input.default.unwrap_or_default())
    });
    // The runner puts its own values there.
    let (expressions, defaults): (Vec<_>, Vec<_>) =
        defaults.partition(|(_, value)| value.contains("${{"));
    let expected = [
        ("INPUT_GITHUB-TOKEN".to_owned(), "${{ github.token }}".to_owned()),
        ("INPUT_GITHUB-API-URL".to_owned(), "${{ github.api_url }}".to_owned()),
    ];
    assert_eq!(expressions, expected);
    let inputs = Inputs::from_pairs(defaults).unwrap();
    assert_eq!(format!("{inputs:?}"), format!("{:?}", Inputs::default()));
}

#[test]
fn the_action_declares_the_outputs_that_are_set() {
    let outputs = Output::value_variants().iter().map(|output| {
        let value = output.to_possible_value().unwrap();
        // clap takes the full stop from the end.
        (output.to_string(), format!("{}.", value.get_help().unwrap()))
    });
    assert_eq!(declared(&action().outputs), outputs.collect::<Vec<_>>());
}

#[test]
fn the_action_runs_the_container_as_runners_need_it() {
    let action = action();
    let expected = [
        ("using", "docker"),
        ("image", "Dockerfile"),
        // Runners on Kubernetes take the image's own for none.
        ("entrypoint", "/usr/local/bin/regression-action-run"),
        ("post-entrypoint", "/usr/local/bin/regression-action-post"),
        ("post-if", "always()"),
    ];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(action.runs, BTreeMap::from(expected));
    assert_eq!(action.name, "regression-action");
    assert!(action.description.len() < 125, "the marketplace cuts a longer description");
    assert_eq!(action.branding.keys().collect::<Vec<_>>(), ["color", "icon"]);
}

fn keys(map: &Value) -> BTreeSet<&str> {
    map.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect()
}

/// The examples that together are a gate, each of its kind.
const GATES: [&str; 7] = [
    "approval",
    "approval-simple",
    "review",
    "self-hosted-gpu",
    "arc",
    "organisation",
    "organisation-caller",
];

/// The example of this name.
fn workflow(example: &str) -> Value {
    serde_yaml::from_str(&read(&format!("examples/{example}.yml"))).unwrap()
}

/// A job of the same name as the required status would be required too, and a skipped one passes.
#[test]
fn no_example_has_a_job_with_the_name_of_the_status() {
    let action: Value = serde_yaml::from_str(&read("action.yml")).unwrap();
    let status = action["inputs"]["status-context"]["default"].as_str().unwrap();
    for example in GATES.into_iter().chain(["comment", "nightly", "prebuild"]) {
        let workflow = workflow(example);
        for (id, job) in workflow["jobs"].as_object().unwrap() {
            assert_ne!(job["name"].as_str().unwrap_or(id), status, "{example}");
        }
    }
}

/// In a group of GitHub one run waits, and the next one cancels it: no stranger may enter one.
#[test]
fn what_strangers_can_start_has_no_group() {
    for example in GATES.into_iter().chain(["comment"]) {
        let workflow = workflow(example);
        let jobs = workflow["jobs"].as_object().unwrap().values();
        assert!(jobs.chain([&workflow]).all(|part| part["concurrency"].is_null()), "{example}");
    }
}

/// A pull request can change the one, and the other has the kubeconfig.
#[test]
fn the_workflow_of_a_pull_request_has_no_rights_and_the_other_is_the_default_branchs() {
    let review = workflow("review");
    let none = json!({});
    assert_eq!(
        (&review["permissions"], &review["jobs"]["occasion"]["permissions"]),
        (&none, &none)
    );
    let text = review.to_string();
    assert!(!text.contains("secrets") && !text.contains("uses"), "{text}");
    assert_eq!(keys(&review["on"]), ["merge_group", "pull_request", "pull_request_review"].into());
    // GitHub runs these as the default branch has the file; for a merge queue it would be the group's.
    for gate in ["approval", "self-hosted-gpu", "arc", "organisation-caller"] {
        let on = &workflow(gate)["on"];
        assert_eq!(keys(on), ["workflow_dispatch", "workflow_run"].into(), "{gate}");
        assert_eq!(on["workflow_run"]["workflows"], json!([review["name"]]), "{gate}");
    }
    for gate in ["approval", "self-hosted-gpu", "arc", "organisation"] {
        assert_eq!(workflow(gate)["jobs"]["train"]["environment"], "training", "{gate}");
    }
}

/// A rule that one of them did not know would be none.
#[test]
fn each_job_of_an_organisation_has_the_rules_of_approval() {
    let workflow = workflow("organisation");
    for (name, job) in workflow["jobs"].as_object().unwrap() {
        let step = job["steps"].as_array().and_then(|steps| steps.last());
        let given = &step.unwrap_or(job)["with"];
        for rule in ["approvals", "require-last-push-approval"] {
            assert_eq!(given[rule], format!("${{{{ inputs.{rule} }}}}"), "{name}");
        }
    }
}

/// However a job got into the cluster, it makes the account's kubeconfig in the same way; a scenario runs that step.
#[test]
fn workflows_of_clouds_make_the_same_kubeconfig() {
    let scripts = ["eks", "gke", "aks"].map(|cloud| {
        let workflow = workflow(cloud);
        let steps = workflow["jobs"]["train"]["steps"].as_array().unwrap().clone();
        let [.., step, ours] = steps.as_slice() else { panic!("{cloud}") };
        assert_eq!(ours["with"]["kubeconfig"], "regression-action.kubeconfig", "{cloud}");
        assert_eq!(workflow["jobs"]["train"]["permissions"]["id-token"], "write", "{cloud}");
        assert!(!workflow.to_string().contains("secrets."), "{cloud}");
        step["run"].as_str().unwrap().to_owned()
    });
    assert!(
        scripts[0].contains("kubectl create token") && scripts.iter().all(|one| *one == scripts[0])
    );
}

/// Two nights at once would train twice, and could tell one culprit twice.
#[test]
fn searches_by_themselves_wait_for_each_other() {
    let workflow = workflow("bisect");
    let concurrency = &workflow["concurrency"];
    assert!(concurrency["group"].as_str().is_some_and(|group| !group.contains("${{")));
    assert_eq!(concurrency["cancel-in-progress"], false, "readings would be thrown away");
}
