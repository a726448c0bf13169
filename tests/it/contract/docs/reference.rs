//! Tables of the pages that are made from the code: inputs, outputs, events.

use clap::ValueEnum;
use indexmap::IndexMap;
use regression_action::action::gate::Occasion;
use serde::Deserialize;
use serde_json::Value;

use super::{
    super::{Input, action},
    env, fs, read, root,
};

/// Inputs and outputs of the action.
const ACTION: &str = "docs/action.md";
/// Runners without a container.
const SELF_HOSTED: &str = "docs/self-hosted.md";
/// One workflow for many repositories.
const ORGANISATION: &str = "docs/organisation.md";
/// Events that start something.
const TRIGGERS: &str = "docs/triggers.md";

/// Compares a page between two marks with the code, or rewrites it when UPDATE=1.
pub(super) fn shown(path: &str, mark: &str, generated: &str) {
    let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->"));
    let page = read(path);
    let (before, rest) = page.split_once(&begin).expect("the mark in the page");
    let (_, after) = rest.split_once(&end).expect("the end mark in the page");
    let current = format!("{before}{begin}{generated}{end}{after}");
    if env::var_os("UPDATE").is_some() {
        fs::write(root().join(path), &current).unwrap();
    }
    let stale = format!("{path}: {mark}: stale; run: UPDATE=1 cargo test --test it contract");
    assert_eq!(read(path), current, "{stale}");
}

/// A table of Markdown.
pub(super) fn table<const N: usize>(
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows = rows.into_iter().map(|row| line(&row.map(|cell| cell.replace('|', "\\|"))));
    let head = line(&head.map(str::to_owned)) + "|" + &"---|".repeat(N) + "\n";
    head + &rows.collect::<String>()
}

/// As code in a line.
pub(super) fn code(text: &str) -> String {
    format!("`{text}`")
}

#[test]
fn the_action_page_lists_inputs_and_outputs() {
    let action = action();
    let row = |(name, input): (&String, &Input)| {
        let default = input.default.as_deref().map(code).unwrap_or_default();
        [code(name), input.description.clone(), default]
    };
    let inputs = table(["input", "meaning", "default"], action.inputs.iter().map(row));
    shown(ACTION, "inputs", &inputs);
    let row = |(name, output): (&String, &Input)| [code(name), output.description.clone()];
    shown(ACTION, "outputs", &table(["output", "meaning"], action.outputs.iter().map(row)));
}

/// A table of inputs that all have a default.
fn with_defaults(title: &str, inputs: &IndexMap<String, Input>) -> String {
    let row = |(name, input): (&String, &Input)| {
        [code(name), input.description.clone(), code(input.default.as_deref().unwrap())]
    };
    table([title, "meaning", "default"], inputs.iter().map(row))
}

/// What the action that installs the program takes.
#[derive(Deserialize)]
struct Setup {
    inputs: IndexMap<String, Input>,
}

#[test]
fn the_page_of_runners_lists_what_setup_takes() {
    let setup: Setup = serde_yaml::from_str(&read("setup/action.yml")).unwrap();
    shown(SELF_HOSTED, "setup", &with_defaults("input of `setup`", &setup.inputs));
}

/// The workflow that an organisation copies.
#[derive(Deserialize)]
struct Called {
    on: Occasions,
}

#[derive(Deserialize)]
struct Occasions {
    workflow_call: Call,
}

#[derive(Deserialize)]
struct Call {
    inputs: IndexMap<String, CallInput>,
}

#[derive(Deserialize)]
struct CallInput {
    description: String,
    default: Value,
}

#[test]
fn the_page_of_organisations_lists_what_their_workflow_takes() {
    let called: Called = serde_yaml::from_str(&read("examples/organisation.yml")).unwrap();
    let inputs = called.on.workflow_call.inputs.into_iter().map(|(name, input)| {
        let default = input.default.as_str().map_or(input.default.to_string(), str::to_owned);
        (name, Input { description: input.description, default: Some(default) })
    });
    shown(ORGANISATION, "organisation", &with_defaults("input", &inputs.collect()));
}

#[test]
fn the_page_of_triggers_lists_the_events() {
    let row = |occasion: &Occasion| {
        let value = occasion.to_possible_value().unwrap();
        [code(value.get_name()), value.get_help().unwrap().to_string()]
    };
    let rows = Occasion::value_variants().iter().map(row);
    shown(TRIGGERS, "events", &table(["event", "starts"], rows));
}
