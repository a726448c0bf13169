//! Every payload that GitHub publishes as an example is read, or refused with a reason.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::{collections::BTreeMap, fs, path::Path};

use clap::ValueEnum as _;
use regression_action::{
    action::{
        event::{self, Event, EventKind},
        gate::Occasion,
    },
    clients::github::{RepositoryName, ReviewState},
};
use serde_json::{Value, json};

/// Where `tests/github/install` puts what npm's `@octokit/webhooks-examples` holds.
const EXAMPLES: &str = "target/github/webhooks.json";

/// Name of an event -> its payloads.
fn examples() -> BTreeMap<String, Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLES);
    let text = fs::read_to_string(path)
        .unwrap_or_else(|_| panic!("there is no {EXAMPLES}; run tests/github/install"));
    let events: Vec<Value> = serde_json::from_str(&text).unwrap();
    let payloads = |event: &Value| event["examples"].as_array().unwrap().clone();
    let name = |event: &Value| event["name"].as_str().unwrap().to_owned();
    events.iter().map(|event| (name(event), payloads(event))).collect()
}

fn parse(name: &str, payload: &Value) -> Event {
    event::parse(name, payload.to_string().as_bytes())
        .unwrap_or_else(|error| panic!("{name} {}: {error:#}", payload["action"]))
}

#[test]
fn every_published_payload_is_read() {
    let examples = examples();
    let mut read = 0;
    for (name, payloads) in &examples {
        for payload in payloads {
            let event = parse(name, payload);
            let repository = payload["repository"]["full_name"].as_str();
            assert_eq!(event.repository.as_ref().map(RepositoryName::as_str), repository);
            agrees(&event.kind, payload);
            read += 1;
        }
    }
    println!("{read} payloads of {} events", examples.len());
    assert!(read > 300 && examples.len() > 50, "the package is not what it was: {read} payloads");
}

/// The few fields that decide, read by another way.
fn agrees(kind: &EventKind, payload: &Value) {
    let text = |pointer: &str| payload.pointer(pointer).and_then(Value::as_str).unwrap();
    match kind {
        EventKind::PullRequest(event) => {
            assert_eq!(event.action, text("/action"));
            assert_eq!(event.pull_request.head.sha.as_str(), text("/pull_request/head/sha"));
        }
        EventKind::Review(event) => {
            let state = event.review.state == ReviewState::Dismissed;
            assert_eq!(state, text("/review/state") == "dismissed");
            assert_eq!(event.pull_request.head.sha.as_str(), text("/pull_request/head/sha"));
        }
        EventKind::Run(event) => {
            assert_eq!(event.workflow_run.event, text("/workflow_run/event"));
            assert_eq!(event.workflow_run.head_sha.as_str(), text("/workflow_run/head_sha"));
        }
        EventKind::Comment(event) => {
            assert_eq!(event.comment.body, text("/comment/body"));
            let pull = payload["issue"].get("pull_request").is_some();
            assert_eq!(event.issue.is_pull(), pull);
        }
        EventKind::Dispatch(event) => assert_eq!(event.git_ref, text("/ref")),
        EventKind::MergeGroup(event) => {
            assert_eq!(event.merge_group.head_sha.as_str(), text("/merge_group/head_sha"));
            assert_eq!(event.merge_group.pull().map(|pull| pull.0), Some(104));
        }
        EventKind::Push(event) => {
            assert_eq!(event.after.is_none(), payload["deleted"] == true);
            assert_eq!(event.before.is_none(), payload["created"] == true);
        }
        EventKind::Schedule | EventKind::Other { .. } => {}
    }
}

/// What the gate says it knows is what is read, and nothing else.
#[test]
fn the_events_of_the_gate_are_those_that_are_read() {
    let mut examples = examples();
    // Which is no webhook.
    examples.insert("schedule".to_owned(), vec![json!({})]);
    for (name, payloads) in &examples {
        let known = !matches!(parse(name, &payloads[0]).kind, EventKind::Other { .. });
        assert_eq!(known, Occasion::from_str(name, false).is_ok(), "{name}");
    }
    let mut occasions = Occasion::value_variants().iter().filter_map(Occasion::to_possible_value);
    assert!(occasions.all(|occasion| examples.contains_key(occasion.get_name())));
}

#[test]
fn without_a_field_that_decides_it_is_refused_by_name() {
    let examples = examples();
    for (name, pointer, field) in [
        ("pull_request", "/pull_request/head", "sha"),
        ("pull_request", "/pull_request", "state"),
        ("pull_request_review", "/review", "state"),
        ("pull_request_review", "/pull_request/base", "ref"),
        ("workflow_run", "/workflow_run", "head_sha"),
        ("workflow_run", "/workflow_run", "event"),
        ("issue_comment", "/comment", "body"),
        ("workflow_dispatch", "", "sender"),
        ("merge_group", "/merge_group", "base_sha"),
        ("merge_group", "/repository", "default_branch"),
        ("workflow_run", "/repository", "default_branch"),
        ("push", "/repository", "default_branch"),
        ("push", "", "repository"),
    ] {
        let mut payload = examples[name][0].clone();
        payload.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(field).unwrap();
        let error = event::parse(name, payload.to_string().as_bytes()).expect_err(field);
        let path = format!("{pointer}/{field}").replace('/', ".");
        let field = format!("has no field `{}`", path.trim_start_matches('.'));
        assert!(error.to_string().ends_with(&field), "{error:#}");
    }
}
