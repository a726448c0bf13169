//! Each rule once, by payload.

use serde_json::json;

use super::sample::{A, B, C, Sample, here, request, sha};
use crate::{
    action::{
        event::Event,
        gate::{Approval, Base, Decision, Intent, RequestedAction, Rule, intent, still},
    },
    clients::github::{LONGEST_DESCRIPTION, PullNumber},
};

fn approving(sample: &Sample, login: &str) -> Event {
    sample.reviewed("submitted", login, "approved")
}

fn approved(decision: Decision) -> Approval {
    match decision {
        Decision::Approved(approval) => approval,
        Decision::Held(refusal) => panic!("{refusal:?}"),
    }
}

/// Rule, reason, and what the status says then.
fn row(sample: &Sample, event: &Event) -> (Rule, String, Option<String>) {
    let refusal = sample.refusal(event);
    if let Some(note) = &refusal.status {
        assert_eq!(note.sha, sha(sample.head));
        assert!(note.description.len() <= LONGEST_DESCRIPTION, "{}", note.description);
    }
    (refusal.rule, refusal.reason, refusal.status.map(|note| note.description))
}

#[test]
fn approvals_that_do_not_count() {
    let new = Sample::new;
    let waits = "awaiting approval of aaaaaaa";
    for (sample, event, rule, why) in [
        (
            new().review("will", "APPROVED", B),
            new().reviewed("submitted", "will", "approved"),
            Rule::StaleApproval,
            "will approved another commit than aaaaaaa",
        ),
        (
            new().review("Ann", "APPROVED", A),
            approving(&new(), "Ann"),
            Rule::SelfApproval,
            "Ann is the author",
        ),
        (
            new().review("rita", "APPROVED", A),
            approving(&new(), "rita"),
            Rule::ReaderApproval,
            "rita approves but may not push",
        ),
        (
            new().review("robot", "APPROVED", A),
            approving(&new(), "robot"),
            Rule::BotApproval,
            "robot is a bot",
        ),
        (
            new().review("will", "DISMISSED", A),
            new().reviewed("dismissed", "will", "dismissed"),
            Rule::Dismissed,
            "the review of will was dismissed",
        ),
    ] {
        // A review that counts for nothing takes no success back either.
        let status = (rule == Rule::Dismissed).then(|| waits.to_owned());
        assert_eq!(row(&sample, &event), (rule, format!("{waits}; {why}"), status));
    }
    let opened = row(&new(), &new().changed("opened"));
    assert_eq!(opened, (Rule::NoApproval, waits.to_owned(), Some(waits.to_owned())));
}

#[test]
fn changes_requested_stand_until_they_are_taken_back() {
    let objected =
        Sample::new().review("will", "APPROVED", A).review("wanda", "CHANGES_REQUESTED", B);
    let waits = "changes are requested; awaiting approval of aaaaaaa";
    let reason = format!("{waits}; wanda requests changes, will approves");
    let event = objected.reviewed("submitted", "wanda", "changes_requested");
    let expected = (Rule::ChangesRequested, reason, Some(waits.to_owned()));
    assert_eq!(row(&objected, &event), expected);
    assert_eq!(row(&objected, &approving(&objected, "will")), expected);
    let after = objected.clone().review("will", "CHANGES_REQUESTED", A);
    assert_eq!(row(&after, &approving(&after, "will")).0, Rule::ChangesRequested);
    let taken_back = objected.review("WANDA", "APPROVED", A);
    let approval = approved(taken_back.answer(&approving(&taken_back, "wanda"), &request(2)));
    assert_eq!(approval.who(), "approved by will (write), WANDA (write)");
    let reader = Sample::new().review("adam", "APPROVED", A).review("rita", "CHANGES_REQUESTED", A);
    let approval = approved(reader.answer(&approving(&reader, "adam"), &request(1)));
    assert_eq!(approval.who(), "approved by adam (admin)");
}

#[test]
fn reviews_that_change_nothing_leave_the_status_alone() {
    let sample = Sample::new().review("will", "APPROVED", A).review("will", "COMMENTED", A);
    let only_comments = row(&sample, &sample.reviewed("submitted", "will", "commented"));
    assert_eq!((only_comments.0, only_comments.2), (Rule::OnlyComment, None));
    let edited = row(&sample, &sample.reviewed("edited", "will", "approved"));
    assert_eq!((edited.0, edited.2), (Rule::OtherAction, None));
    let by_reader = sample.clone().review("rita", "APPROVED", A);
    let reason = "this review changes nothing: aaaaaaa is approved by will (write)".to_owned();
    let expected = (Rule::NothingNew, reason, None);
    assert_eq!(row(&by_reader, &approving(&sample, "rita")), expected);
    let objects = sample.clone().review("wanda", "CHANGES_REQUESTED", A);
    let objected = objects.reviewed("submitted", "wanda", "changes_requested");
    assert_eq!(row(&objects, &objected).0, Rule::ChangesRequested);
    // The hindrance is gone, and nobody else says so.
    let dismissed = sample.clone().review("wanda", "DISMISSED", A);
    let event = sample.reviewed("dismissed", "wanda", "dismissed");
    assert_eq!(approved(dismissed.answer(&event, &request(1))).head(), &sha(A));
    // A comment does not take the approval back either.
    assert_eq!(approved(sample.answer(&approving(&sample, "will"), &request(1))).head(), &sha(A));
}

#[test]
fn as_many_approvals_as_are_asked_for() {
    let one = Sample::new().review("will", "APPROVED", A).review("WILL", "APPROVED", A);
    let Decision::Held(refusal) = one.answer(&approving(&one, "will"), &request(2)) else {
        panic!("one is not two");
    };
    assert_eq!(refusal.rule, Rule::TooFewApprovals);
    assert_eq!(refusal.status.unwrap().description, "awaiting approval of aaaaaaa: 1 of 2");
}

#[test]
fn the_state_of_the_pull_request() {
    let good = Sample::new().review("will", "APPROVED", A);
    let event = approving(&good, "will");
    let pushed = Sample { head: B, ..good.clone() };
    let (rule, reason, status) = row(&pushed, &event);
    assert_eq!((rule, status), (Rule::Superseded, None));
    assert_eq!(reason, "aaaaaaa is not the head of #7, which is bbbbbbb now");
    let draft = Sample { draft: true, ..good.clone() };
    let note = "a draft: awaiting ready-for-review and approval of aaaaaaa".to_owned();
    assert_eq!(row(&draft, &event), (Rule::Draft, "#7 is a draft".to_owned(), Some(note)));
    assert_eq!(row(&draft, &draft.changed("converted_to_draft")).0, Rule::Draft);
    let aside = Sample { target: "lax", ..good.clone() };
    let (rule, reason, status) = row(&aside, &event);
    assert_eq!((rule, status), (Rule::OtherBase, None));
    assert_eq!(reason, "#7 goes into `lax`, and only the default branch says how it is judged");
    let closed = Sample { open: false, ..good.clone() };
    let expected = (Rule::Closed, "#7 is closed".to_owned(), None);
    assert_eq!(row(&closed, &event), expected);
    assert_eq!(row(&closed, &closed.changed("closed")), expected);
    let gone = Sample { home: None, ..good.clone() };
    let (rule, reason, status) = row(&gone, &event);
    assert_eq!((rule, status), (Rule::HeadDeleted, None));
    assert_eq!(reason, "the repository of the branch of #7 was deleted");
    let ready = approved(good.answer(&good.changed("ready_for_review"), &request(1)));
    assert_eq!((ready.head(), ready.base()), (&sha(A), &Base::Branch("main".to_owned())));
    assert_eq!(row(&good, &good.changed("labeled")).0, Rule::OtherAction);
}

#[test]
fn forks_need_someone_who_names_the_commit() {
    let fork = Sample { home: Some("eve/model"), ..Sample::new().review("will", "APPROVED", A) };
    let (rule, reason, status) = row(&fork, &approving(&fork, "will"));
    assert_eq!((rule, status), (Rule::Fork, None));
    assert_eq!(reason, "#7 comes from a fork, whose events start nothing");
    assert_eq!(row(&fork, &fork.changed("opened")).0, Rule::Fork);
    let remedy = fork.refusal(&fork.changed("opened")).remedy.unwrap();
    assert!(remedy.ends_with(&format!("`pull-request: 7` and `sha: {A}`")), "{remedy}");
    let button = button();
    let number = RequestedAction { pull_request: Some(PullNumber(7)), ..request(1) };
    let Decision::Held(refusal) = fork.answer(&button, &number) else { panic!("unnamed") };
    assert_eq!(refusal.rule, Rule::Fork);
    let named = RequestedAction { sha: Some(sha(A)), ..number };
    assert_eq!(approved(fork.answer(&button, &named)).who(), "dispatched by will");
    let command = Sample::commented("will", &format!("/regression {A}\r\nplease"));
    assert_eq!(approved(fork.answer(&command, &request(1))).who(), "asked for by will");
}

#[test]
fn commands() {
    let sample = Sample::new();
    for (login, body, rule) in [
        ("will", "looks good".to_owned(), Rule::NoCommand),
        ("will", format!("/regressions {A}"), Rule::NoCommand),
        ("will", format!("see\n/regression {A}"), Rule::NoCommand),
        ("will", "/regression".to_owned(), Rule::ShortSha),
        ("will", "/regression aaaaaaa".to_owned(), Rule::ShortSha),
        ("will", format!("/regression {A} now"), Rule::ShortSha),
        ("will", format!("/regression {B}"), Rule::Superseded),
        ("rita", format!("/regression {A}"), Rule::ReaderCommand),
        ("nobody", format!("/regression {A}"), Rule::ReaderCommand),
        ("robot", format!("/regression {A}"), Rule::BotCommand),
        ("ann", format!("/regression {A}"), Rule::SelfCommand),
    ] {
        let (told, _, status) = row(&sample, &Sample::commented(login, &body));
        assert_eq!((told, status), (rule, None), "{login}: {body}");
    }
    let command = Sample::commented("will", &format!("/regression {A}"));
    let objected = Sample::new().review("wanda", "CHANGES_REQUESTED", A);
    assert_eq!(row(&objected, &command).0, Rule::ChangesRequested);
    let by_a_reader = Sample::new().review("rita", "CHANGES_REQUESTED", A);
    assert_eq!(approved(by_a_reader.answer(&command, &request(1))).who(), "asked for by will");
    // It is as good as one review.
    let Decision::Held(refusal) = sample.answer(&command, &request(2)) else {
        panic!("one is not two")
    };
    assert_eq!((refusal.rule, refusal.status), (Rule::TooFewApprovals, None));
    let beside = Sample::new().review("wanda", "APPROVED", A);
    assert_eq!(approved(beside.answer(&command, &request(2))).who(), "asked for by will");
    let both = Sample::new().review("will", "APPROVED", A);
    let Decision::Held(refusal) = both.answer(&command, &request(2)) else { panic!("will twice") };
    assert_eq!(refusal.reason, "awaiting approval of aaaaaaa: 1 of 2; will approves");
    let short = sample.refusal(&Sample::commented("will", "/regression aaaaaaa"));
    assert_eq!(short.remedy.unwrap(), format!("comment `/regression {A}`"));
    let issue = json!({"action": "created", "issue": {"number": 7},
        "comment": {"user": super::sample::account("will"), "body": format!("/regression {A}")}});
    assert_eq!(row(&sample, &Sample::event("issue_comment", issue)).0, Rule::NoCommand);
}

fn button() -> Event {
    let sender = super::sample::account("will");
    Sample::event("workflow_dispatch", json!({"ref": "refs/heads/main", "sender": sender}))
}

#[test]
fn the_button_measures_what_it_is_told() {
    let sample = Sample { draft: true, ..Sample::new() };
    let button = button();
    let asked = |request| approved(sample.answer(&button, &request));
    let plain = asked(request(1));
    assert_eq!((plain.head(), plain.base(), plain.pull()), (&sha(C), &Base::Unsaid, None));
    let alone =
        asked(RequestedAction { sha: Some(sha(B)), base: Some("v1".to_owned()), ..request(1) });
    assert_eq!((alone.head(), alone.base()), (&sha(B), &Base::Input("v1".to_owned())));
    let pull = RequestedAction { pull_request: Some(PullNumber(7)), ..request(1) };
    assert_eq!(
        (asked(pull.clone()).head(), asked(pull.clone()).pull()),
        (&sha(A), pull.pull_request)
    );
    let other = RequestedAction { sha: Some(sha(B)), ..pull.clone() };
    let Decision::Held(refusal) = sample.answer(&button, &other) else { panic!("another head") };
    assert_eq!(refusal.rule, Rule::Superseded);
    let closed = Sample { open: false, ..sample.clone() };
    let Decision::Held(refusal) = closed.answer(&button, &pull) else { panic!("closed") };
    assert_eq!((refusal.rule, refusal.status), (Rule::Closed, None));
}

#[test]
fn branches_queues_and_schedules() {
    let sample = Sample::new();
    let queue = |action, into: &str| {
        let head_ref = format!("refs/heads/gh-readonly-queue/{into}/pr-7-{C}");
        let base_ref = format!("refs/heads/{into}");
        let group =
            json!({"head_sha": A, "base_sha": B, "head_ref": head_ref, "base_ref": base_ref});
        Sample::event("merge_group", json!({"action": action, "merge_group": group}))
    };
    let group = approved(sample.answer(&queue("checks_requested", "main"), &request(1)));
    assert_eq!((group.head(), group.base()), (&sha(A), &Base::Commit(sha(B))));
    assert_eq!((group.pull(), group.question()), (Some(PullNumber(7)), None));
    assert_eq!(row(&sample, &queue("destroyed", "main")).0, Rule::OtherAction);
    for into in ["lax", "x/main", "Main"] {
        let (rule, reason, status) = row(&sample, &queue("checks_requested", into));
        let told =
            format!("aaaaaaa is queued into `{into}`, and only what goes into `main` is compared");
        assert_eq!((rule, reason), (Rule::OtherBase, told.clone()));
        assert_eq!(status, Some(format!("held: {told}")));
    }
    let push = |branch: &str, before: &str, after: &str| {
        Sample::event("push", json!({"ref": branch, "before": before, "after": after}))
    };
    let zeros = "0".repeat(40);
    let main = approved(sample.answer(&push("refs/heads/main", A, B), &request(1)));
    assert_eq!((main.head(), main.base()), (&sha(B), &Base::Commit(sha(A))));
    for (branch, before, after, rule) in [
        ("refs/heads/main", &*zeros, A, Rule::FirstPush),
        ("refs/heads/main", A, &*zeros, Rule::OtherBranch),
        ("refs/heads/other", A, B, Rule::OtherBranch),
        ("refs/tags/main", A, B, Rule::OtherBranch),
    ] {
        assert_eq!(row(&sample, &push(branch, before, after)).0, rule, "{branch}");
    }
    let asked_nightly = Sample::event("schedule", json!({"schedule": "0 3 * * *"}));
    assert_eq!(row(&sample, &asked_nightly).0, Rule::NoBase);
    let base = RequestedAction { base: Some("v1".to_owned()), ..request(1) };
    let nightly = approved(sample.answer(&asked_nightly, &base));
    assert_eq!((nightly.head(), nightly.base()), (&sha(C), &Base::Input("v1".to_owned())));
    let search = RequestedAction { compares: false, ..request(1) };
    let nightly = approved(sample.answer(&asked_nightly, &search));
    assert_eq!((nightly.head(), nightly.base()), (&sha(C), &Base::Unsaid));
}

#[test]
fn other_events_repositories_and_inputs() {
    let sample = Sample::new().review("will", "APPROVED", A);
    let target = json!({"action": "opened", "pull_request": sample.pull()});
    let refusal = sample.refusal(&Sample::event("pull_request_target", target));
    assert_eq!((refusal.rule, refusal.status), (Rule::OtherEvent, None));
    assert_eq!(refusal.reason, "the event `pull_request_target` starts nothing");
    let mut other = approving(&sample, "will");
    other.repository = Some("eve/model".parse().unwrap());
    let reason = "the event is of eve/model, not of acme/model".to_owned();
    assert_eq!(row(&sample, &other), (Rule::OtherRepository, reason, None));
    let mut facts = sample.facts();
    facts.pull.base.repo.as_mut().unwrap().full_name = "eve/model".parse().unwrap();
    let event = approving(&sample, "will");
    let Intent::Pull(question) = intent(&event, &request(1), &here(), &sha(C)) else { panic!() };
    let Decision::Held(refusal) = crate::action::gate::decide(&question, &facts) else { panic!() };
    assert_eq!(refusal.rule, Rule::OtherRepository);
    let with_sha = RequestedAction { sha: Some(sha(A)), ..request(1) };
    let Decision::Held(refusal) = sample.answer(&event, &with_sha) else { panic!() };
    assert_eq!(refusal.rule, Rule::InputOfAnotherEvent);
}

#[test]
fn an_approval_is_asked_for_again() {
    let good = Sample::new().review("will", "APPROVED", A);
    let approval = approved(good.answer(&approving(&good, "will"), &request(1)));
    assert_eq!(approval.who(), "approved by will (write)");
    assert_eq!(still(&approval, &good.facts()), Ok(()));
    for (sample, rule) in [
        (Sample { head: B, ..good.clone() }, Rule::Superseded),
        (Sample { open: false, ..good.clone() }, Rule::Closed),
        (Sample { draft: true, ..good.clone() }, Rule::Draft),
        (good.clone().review("will", "DISMISSED", A), Rule::Dismissed),
        (good.clone().review("wanda", "CHANGES_REQUESTED", A), Rule::ChangesRequested),
    ] {
        let refusal = still(&approval, &sample.facts()).expect_err("it holds no more");
        let note = refusal.status.expect("a run that stops tells its commit");
        assert_eq!((refusal.rule, note.sha), (rule, sha(A)));
        assert!(note.description.starts_with("stopped: "), "{}", note.description);
    }
    let by_another = Sample::new().review("will", "DISMISSED", A).review("wanda", "APPROVED", A);
    assert_eq!(still(&approval, &by_another.facts()), Ok(()));
}

#[test]
fn only_permissions_that_decide_are_asked_for() {
    let sample = Sample::new()
        .review("will", "APPROVED", A)
        .review("wanda", "APPROVED", B)
        .review("ann", "APPROVED", A)
        .review("robot", "APPROVED", A)
        .review("rita", "CHANGES_REQUESTED", B);
    let whose = |event: &Event| {
        let Intent::Pull(question) = intent(event, &request(1), &here(), &sha(C)) else { panic!() };
        let facts = sample.facts();
        question.whose_permission(&facts.pull, &facts.reviews)
    };
    assert_eq!(whose(&sample.changed("opened")), ["rita", "will"]);
    assert_eq!(whose(&Sample::commented("adam", "/regression")), ["adam", "rita", "will"]);
    let mut facts = sample.facts();
    facts.permissions.clear();
    let event = approving(&sample, "will");
    let Intent::Pull(question) = intent(&event, &request(1), &here(), &sha(C)) else { panic!() };
    let Decision::Held(refusal) = crate::action::gate::decide(&question, &facts) else { panic!() };
    assert_eq!(refusal.rule, Rule::ChangesRequested);
}
