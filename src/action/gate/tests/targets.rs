//! Into which branch a pull request went when it was approved.

use super::sample::{A, C, Sample, here, request, sha};
use crate::action::{
    event::Event,
    gate::{Decision, Intent, PullFacts, Rule, decide, intent, still},
};

fn approving(sample: &Sample) -> Event {
    sample.reviewed("submitted", "will", "approved")
}

/// Whoever may push makes the run of the command again.
#[test]
fn a_command_is_for_the_branch_that_it_went_into() {
    let commanded = Sample::new().review("rita", "COMMENTED", A);
    let command = commanded.commands("will", &format!("/regression {A}"));
    let answer = |sample: &Sample| sample.answer(&command, &request(1));
    let Decision::Approved(approval) = answer(&commanded) else { panic!() };
    let moved = Sample { retargeted: Some(1), ..commanded.clone() };
    let refusal = moved.refusal(&command);
    let reason = "the command is from when #7 went into another branch";
    assert_eq!((refusal.rule, &*refusal.reason), (Rule::RetargetedCommand, reason));
    assert_eq!(refusal.status, None);
    assert_eq!(still(&approval, &moved.facts()).unwrap_err().rule, Rule::RetargetedCommand);
    let before = Sample { retargeted: Some(0), ..commanded };
    assert!(matches!(answer(&before), Decision::Approved(_)));
}

/// The commit is the same, what it changes is not.
#[test]
fn an_approval_is_for_the_branch_that_it_went_into() {
    let approved_first = Sample::new().review("will", "APPROVED", A);
    let moved = Sample { retargeted: Some(1), ..approved_first };
    let reason =
        "awaiting approval of aaaaaaa; will approved aaaaaaa when it went into another branch";
    for event in
        [approving(&moved), moved.ran("pull_request_review", "will"), moved.changed("reopened")]
    {
        let refusal = moved.refusal(&event);
        assert_eq!((refusal.rule, &*refusal.reason), (Rule::RetargetedApproval, reason));
    }
    let objects = moved.clone().review("wanda", "CHANGES_REQUESTED", A);
    let objects = Sample { retargeted: Some(2), ..objects };
    assert_eq!(objects.refusal(&objects.changed("reopened")).rule, Rule::ChangesRequested);
    let again = moved.review("will", "APPROVED", A);
    let asked = intent(&approving(&again), &request(1), &here(), &sha(C));
    let Intent::Pull(question) = asked else { panic!() };
    let Decision::Approved(approval) = decide(&question, &again.facts()) else { panic!() };
    assert_eq!(approval.who(), "approved by will (write)");
    // It may happen while it trains, and what cannot be read is not taken for earlier.
    let once_more = Sample { retargeted: Some(2), ..again.clone() };
    assert_eq!(still(&approval, &once_more.facts()).unwrap_err().rule, Rule::RetargetedApproval);
    for time in ["", "yesterday"] {
        let facts = PullFacts { retargeted: Some(time.to_owned()), ..again.facts() };
        assert!(matches!(decide(&question, &facts), Decision::Held(_)), "{time}");
    }
}
