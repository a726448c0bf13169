//! Who pushed the head last, where that matters.

use serde_json::json;

use super::sample::{A, B, C, Sample, account, here, request, sha};
use crate::{
    action::{
        event::Event,
        gate::{
            Decision, Intent, PullFacts, Refusal, RequestedAction, Rule, decide, intent, still,
        },
    },
    clients::github::Activity,
};

fn strict(approvals: u32) -> RequestedAction {
    RequestedAction { last_push_approval: true, ..request(approvals) }
}

fn pushed_by(pusher: &'static str, sample: Sample) -> Sample {
    Sample { pusher: Some(pusher), ..sample }
}

fn refused(sample: &Sample, event: &Event, approvals: u32) -> Refusal {
    match sample.answer(event, &strict(approvals)) {
        Decision::Held(refusal) => refusal,
        Decision::Approved(approval) => panic!("{approval:?}"),
    }
}

fn approved(sample: &Sample, event: &Event, request: &RequestedAction) -> String {
    match sample.answer(event, request) {
        Decision::Approved(approval) => approval.who().to_owned(),
        Decision::Held(refusal) => panic!("{refusal:?}"),
    }
}

/// Will pushes to ann's pull request, and approves what he pushed.
#[test]
fn whoever_pushed_last_does_not_approve() {
    let will = Sample::new().review("will", "APPROVED", A);
    for sample in [pushed_by("Will", will.clone()), pushed_by("will", will.clone())] {
        for event in [
            sample.reviewed("submitted", "will", "approved"),
            sample.ran("pull_request_review", "will"),
            sample.changed("ready_for_review"),
        ] {
            let refusal = refused(&sample, &event, 1);
            let reason = "awaiting approval of aaaaaaa; will pushed aaaaaaa last";
            assert_eq!((refusal.rule, &*refusal.reason), (Rule::PusherApproval, reason));
            assert!(refusal.remedy.unwrap().ends_with("neither the author nor pushed it"));
            // Who does not ask is not told.
            assert_eq!(approved(&sample, &event, &request(1)), "approved by will (write)");
        }
        let both = sample.clone().review("wanda", "APPROVED", A);
        let event = both.reviewed("submitted", "wanda", "approved");
        assert_eq!(approved(&both, &event, &strict(1)), "approved by wanda (write)");
        assert_eq!(refused(&both, &event, 2).rule, Rule::TooFewApprovals);
        let own = both.reviewed("submitted", "will", "approved");
        assert_eq!(refused(&both, &own, 1).rule, Rule::NothingNew);
    }
    let by_ann = pushed_by("ann", will);
    let event = by_ann.reviewed("submitted", "will", "approved");
    assert_eq!(approved(&by_ann, &event, &strict(1)), "approved by will (write)");
}

#[test]
fn a_command_stands_for_a_review_and_the_button_does_not() {
    let sample = pushed_by("will", Sample::new());
    let command = |login: &str| Sample::commented(login, &format!("/regression {A}"));
    let refusal = refused(&sample, &command("will"), 1);
    assert_eq!((refusal.rule, &*refusal.reason), (Rule::SelfCommand, "will pushed aaaaaaa last"));
    assert_eq!(approved(&sample, &command("wanda"), &strict(1)), "asked for by wanda");
    let button = json!({"ref": "refs/heads/main", "sender": account("will")});
    let button = Sample::event("workflow_dispatch", button);
    let number = Some(crate::clients::github::PullNumber(7));
    let asked = RequestedAction { pull_request: number, ..strict(1) };
    assert_eq!(approved(&sample, &button, &asked), "dispatched by will");
}

/// Whatever GitHub does not tell is held, and an approval that stands does not stand then.
#[test]
fn where_nobody_knows_it_is_held() {
    let sample = pushed_by("ann", Sample::new().review("will", "APPROVED", A));
    let event = sample.reviewed("submitted", "will", "approved");
    let Intent::Pull(question) = intent(&event, &strict(1), &here(), &sha(C)) else { panic!() };
    let Decision::Approved(approval) = decide(&question, &sample.facts()) else { panic!() };
    let activity = |after: &str, actor| -> Option<Activity> {
        Some(serde_json::from_value(json!({"after": after, "actor": actor})).unwrap())
    };
    for (activity, why) in [
        (Err("the token may not".to_owned()), "the token may not"),
        (Ok(None), "GitHub lists no push to its branch"),
        (Ok(activity(B, account("ann"))), "the last push that GitHub lists is of another commit"),
        (
            Ok(activity(&"0".repeat(40), account("ann"))),
            "the last push that GitHub lists is of another commit",
        ),
        (Ok(activity(A, json!(null))), "whoever did has no account any more"),
        (
            Ok(activity(A, json!({"login": "GitHub-Actions[bot]"}))),
            "GitHub-Actions[bot] did, as which every workflow pushes",
        ),
    ] {
        let facts = PullFacts { activity, ..sample.facts() };
        let Decision::Held(refusal) = decide(&question, &facts) else { panic!("{why}") };
        let unknown = "it is not known who pushed aaaaaaa last";
        assert_eq!(
            (refusal.rule, refusal.reason),
            (Rule::UnknownPusher, format!("{unknown}: {why}"))
        );
        assert_eq!(refusal.status.unwrap().description, unknown);
        assert!(refusal.remedy.unwrap().contains("`require-last-push-approval`"));
        let stopped = still(&approval, &facts).unwrap_err().status.unwrap();
        assert_eq!(stopped.description, "stopped: awaiting approval of aaaaaaa");
    }
    let another = PullFacts { activity: Ok(activity(A, account("will"))), ..sample.facts() };
    assert_eq!(still(&approval, &another).unwrap_err().rule, Rule::PusherApproval);
    assert_eq!(still(&approval, &sample.facts()), Ok(()));
}

/// GitHub is asked only where it matters.
#[test]
fn who_pushed_is_asked_for_where_it_matters() {
    let sample = Sample::new();
    let asks =
        |event: &Event, request: &RequestedAction| match intent(event, request, &here(), &sha(C)) {
            Intent::Pull(question) => question.asks_who_pushed(),
            Intent::Ran(sought) => {
                sought.question(&[sample.facts().pull]).unwrap().asks_who_pushed()
            }
            Intent::Decided(_) => false,
        };
    let events = [
        sample.changed("opened"),
        sample.reviewed("submitted", "will", "approved"),
        sample.ran("pull_request_review", "will"),
        Sample::commented("will", "/regression"),
    ];
    for event in events {
        assert!(asks(&event, &strict(1)) && !asks(&event, &request(1)), "{event:?}");
    }
}
