//! What workflows give to our actions: the container's, the one without a container, the one that installs.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use super::{keys, read};

/// Where each is declared, and how workflows name it: as it is published, or as it is here.
const ACTIONS: [(&str, &[&str]); 3] = [
    ("action.yml", &["./", "./.regression-action", "org/regression-action@"]),
    ("run/action.yml", &["org/regression-action/run@"]),
    ("setup/action.yml", &["org/regression-action/setup@"]),
];

/// The file that declares what a step uses, if that is ours.
fn declaration(uses: &str) -> Option<&'static str> {
    let names = |name: &&str| match name.strip_suffix('@') {
        Some(_) => uses.starts_with(*name),
        None => uses == *name,
    };
    ACTIONS.iter().find(|(_, all)| all.iter().any(names)).map(|(file, _)| *file)
}

/// The steps of a workflow that use an action of ours, with the file that declares it.
fn uses(workflow: &Value) -> Vec<(&Value, &'static str)> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    // A job that calls a workflow has none.
    let steps = jobs.flat_map(|job| job["steps"].as_array().into_iter().flatten());
    steps.filter_map(|step| Some((step, declaration(step["uses"].as_str()?)?))).collect()
}

/// What a step of ours is given that its action does not have.
pub(super) fn unknown_input(workflow: &Value) -> Option<String> {
    uses(workflow).into_iter().find_map(|(step, file)| {
        let action: Value = serde_yaml::from_str(&read(file)).unwrap();
        let mut declared = keys(&action["inputs"]);
        if file == "action.yml" {
            declared.extend(["entrypoint", "args"]); // every container action takes them
        }
        let unknown = keys(&step["with"]).into_iter().find(|key| !declared.contains(key))?;
        Some(format!("{file} has no input {unknown}"))
    })
}

#[test]
fn workflows_give_our_actions_only_inputs_that_they_have() {
    for (folder, least) in [("examples", 9), (".github/workflows", 6)] {
        let mut found = 0;
        for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
            let path = file.unwrap().path();
            let workflow: Value =
                serde_yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            if workflow.get("jobs").is_none() {
                continue;
            }
            assert_eq!(unknown_input(&workflow), None, "{}", path.display());
            found += uses(&workflow).len();
        }
        assert!(found >= least, "{folder}: our actions are used {found} times");
    }
}

/// What a declaration of an action says of inputs and outputs.
fn interface(file: &str) -> String {
    let text = read(file);
    let (_, rest) = text.split_once("\ninputs:\n").expect(file);
    let (inputs, rest) = rest.split_once("\noutputs:\n").expect(file);
    let (outputs, _) = rest.split_once("\n\n").expect(file);
    format!("{inputs}\n{outputs}")
}

/// So that a workflow can go from one to the other.
#[test]
fn the_action_without_a_container_has_the_inputs_and_outputs_of_the_other() {
    assert_eq!(interface("run/action.yml"), interface("action.yml"));
    let action: Value = serde_yaml::from_str(&read("run/action.yml")).unwrap();
    let runs = &action["runs"];
    assert_eq!((&runs["using"], &runs["post-if"]), (&json!("node24"), &json!("always()")));
    for (stage, command) in [("main", "run"), ("post", "post")] {
        let script = read(&format!("run/{}", runs[stage].as_str().unwrap()));
        assert!(script.contains(&format!("become('{command}')")), "{stage}: {script}");
    }
}

/// A job that names a commit of another release for one of them would mix versions.
#[test]
fn workflows_name_one_release_of_ours() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let named: BTreeSet<&str> = text
            .lines()
            .filter(|line| line.contains("uses: org/regression-action"))
            .filter_map(|line| line.split_once('@'))
            .map(|(_, commit)| commit)
            .collect();
        assert!(named.len() <= 1, "{}: {named:?}", path.display());
    }
}
