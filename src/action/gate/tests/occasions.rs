//! The table of `docs/triggers.md`, against the gate: what it says that starts does, what it says that does not does not.

use clap::ValueEnum as _;
use serde_json::json;

use super::sample::{A, B, Sample, account, request};
use crate::{
    action::{
        event::Event,
        gate::{Decision, Occasion, RequestedAction, Rule},
    },
    clients::github::PullNumber,
};

/// One event, what is given besides, and the rule that holds it, if one does.
struct Case(Event, RequestedAction, Option<Rule>);

impl Case {
    fn starts(event: Event) -> Self {
        Self(event, request(1), None)
    }

    fn is_held(event: Event, rule: Rule) -> Self {
        Self(event, request(1), Some(rule))
    }
}

fn cases(occasion: Occasion, sample: &Sample) -> Vec<Case> {
    let review = |login: &str| sample.reviewed("submitted", login, "approved");
    match occasion {
        Occasion::WorkflowRun => vec![
            Case::starts(sample.ran("pull_request_review", "will")),
            Case::starts(sample.ran("pull_request", "will")),
            Case::is_held(sample.ran("pull_request_review", "rita"), Rule::NothingNew),
            Case::is_held(sample.ran("push", "will"), Rule::OtherEvent),
        ],
        Occasion::PullRequestReview => vec![
            Case::starts(review("will")),
            Case::is_held(review("rita"), Rule::NothingNew),
            Case::is_held(review("ann"), Rule::NothingNew),
            Case(review("will"), request(2), Some(Rule::TooFewApprovals)),
        ],
        Occasion::PullRequest => vec![
            Case::starts(sample.changed("synchronize")),
            Case::is_held(
                Sample { head: B, ..sample.clone() }.changed("synchronize"),
                Rule::Superseded,
            ),
        ],
        Occasion::WorkflowDispatch => {
            let payload = json!({"ref": "refs/heads/main", "sender": account("rita")});
            let event = || Sample::event("workflow_dispatch", payload.clone());
            let number = Some(PullNumber(7));
            vec![
                Case::starts(event()),
                Case(event(), RequestedAction { pull_request: number, ..request(1) }, None),
            ]
        }
        Occasion::IssueComment => {
            let command = |login: &str| Sample::commented(login, &format!("/regression {A}"));
            vec![
                Case::starts(command("will")),
                Case::is_held(command("rita"), Rule::ReaderCommand),
                Case::is_held(command("ann"), Rule::SelfCommand),
            ]
        }
        Occasion::MergeGroup => {
            let queued = |target: &str| {
                let head_ref = format!("refs/heads/gh-readonly-queue/{target}/pr-7-{A}");
                let group = json!({"head_sha": A, "base_sha": B, "head_ref": head_ref,
                    "base_ref": format!("refs/heads/{target}")});
                let payload = json!({"action": "checks_requested", "merge_group": group});
                Sample::event("merge_group", payload)
            };
            vec![Case::starts(queued("main")), Case::is_held(queued("lax"), Rule::OtherBase)]
        }
        Occasion::Push => {
            let push = |branch: &str| {
                Sample::event("push", json!({"ref": branch, "before": A, "after": B}))
            };
            vec![
                Case::starts(push("refs/heads/main")),
                Case::is_held(push("refs/heads/other"), Rule::OtherBranch),
            ]
        }
        Occasion::Schedule => {
            let event = || Sample::event("schedule", json!({"schedule": "0 3 * * *"}));
            let base = Some("v1".to_owned());
            vec![
                Case(event(), RequestedAction { base, ..request(1) }, None),
                Case::is_held(event(), Rule::NoBase),
            ]
        }
    }
}

#[test]
fn each_event_of_the_table_starts_what_it_says() {
    let sample = Sample::new().review("will", "APPROVED", A);
    for occasion in Occasion::value_variants() {
        let name = occasion.to_possible_value().unwrap().get_name().to_owned();
        for Case(event, request, rule) in cases(*occasion, &sample) {
            assert_eq!(event.name, name);
            let held = match sample.answer(&event, &request) {
                Decision::Approved(_) => None,
                Decision::Held(refusal) => Some(refusal.rule),
            };
            assert_eq!(held, rule, "{event:?}");
        }
    }
}
