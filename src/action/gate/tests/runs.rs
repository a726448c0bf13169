//! Runs that ended: which pull request is meant, and whose run changes what.

use serde_json::{Value, json};

use super::sample::{A, B, C, Sample, account, here, request, sha};
use crate::{
    action::{
        event::Event,
        gate::{Approval, Base, Decision, Intent, Rule, Sought, intent, still},
    },
    clients::github::{Pull, PullNumber},
};

fn approved(sample: &Sample, event: &Event) -> Approval {
    match sample.answer(event, &request(1)) {
        Decision::Approved(approval) => approval,
        Decision::Held(refusal) => panic!("{refusal:?}"),
    }
}

/// Rule, and what the status says then: the text, and whether it takes back what was said.
fn row(sample: &Sample, event: &Event) -> (Rule, Option<(String, bool)>) {
    let refusal = sample.refusal(event);
    (refusal.rule, refusal.status.map(|note| (note.description, note.takes_back)))
}

fn fork() -> Sample {
    Sample { home: Some("eve/model"), ..Sample::new() }
}

#[test]
fn an_approval_starts_also_from_a_fork() {
    for sample in [Sample::new(), fork()] {
        let sample = sample.review("will", "APPROVED", A);
        for event in ["pull_request_review", "pull_request"] {
            let approval = approved(&sample, &sample.ran(event, "will"));
            assert_eq!((approval.head(), approval.pull()), (&sha(A), Some(PullNumber(7))));
            // Never the commit of the default branch, which the event is of.
            assert_eq!(approval.base(), &Base::Branch("main".to_owned()));
            assert_eq!(approval.who(), "approved by will (write)");
            let pushed = Sample { head: B, ..sample.clone() };
            assert_eq!(still(&approval, &pushed.facts()).unwrap_err().rule, Rule::Superseded);
            let dismissed = sample.clone().review("will", "DISMISSED", A);
            assert_eq!(still(&approval, &dismissed.facts()).unwrap_err().rule, Rule::Dismissed);
        }
    }
}

#[test]
fn what_holds_a_review_holds_its_run() {
    let waits = Some(("awaiting approval of aaaaaaa".to_owned(), true));
    let (new, good) = (fork(), fork().review("will", "APPROVED", A));
    let draft = "a draft: awaiting ready-for-review and approval of aaaaaaa".to_owned();
    for (sample, rule, status) in [
        (new.clone(), Rule::NoApproval, waits.clone()),
        (new.clone().review("will", "APPROVED", B), Rule::StaleApproval, waits.clone()),
        (new.clone().review("Ann", "APPROVED", A), Rule::SelfApproval, waits.clone()),
        (new.clone().review("rita", "APPROVED", A), Rule::ReaderApproval, waits.clone()),
        (new.review("will", "DISMISSED", A), Rule::Dismissed, waits),
        (Sample { draft: true, ..good.clone() }, Rule::Draft, Some((draft, true))),
        (Sample { open: false, ..good.clone() }, Rule::Closed, None),
        (Sample { home: None, ..good.clone() }, Rule::HeadDeleted, None),
        (Sample { target: "lax", ..good }, Rule::OtherBase, None),
    ] {
        assert_eq!(row(&sample, &sample.ran("pull_request_review", "will")), (rule, status));
    }
}

/// Anyone may review, and open a pull request of whatever commit they can read.
#[test]
fn a_run_by_a_stranger_starts_nothing_and_takes_nothing_back() {
    let sample = fork().review("will", "APPROVED", A);
    let event = sample.ran("pull_request_review", "rita");
    let refusal = sample.refusal(&event);
    assert_eq!((refusal.rule, refusal.status), (Rule::NothingNew, None));
    let reason = "this run by somebody who may not push changes nothing: aaaaaaa is approved by will (write)";
    assert_eq!(refusal.reason, reason);
    let first_word = (Rule::NoApproval, Some(("awaiting approval of aaaaaaa".to_owned(), false)));
    for stranger in ["rita", "nobody"] {
        assert_eq!(row(&fork(), &fork().ran("pull_request", stranger)), first_word);
    }
    let gone = json!({"workflow_run": {"actor": null}});
    assert_eq!(row(&fork(), &with(&fork().ran("pull_request", "will"), gone)), first_word);
    let again = json!({"workflow_run": {"triggering_actor": account("will")}});
    assert_eq!(approved(&sample, &with(&event, again)).head(), &sha(A));
}

/// Its author may open it again, and a stranger's word takes nothing back then.
#[test]
fn what_is_withdrawn_while_it_is_closed_is_told() {
    let closed = Sample { open: false, ..fork().review("will", "DISMISSED", A) };
    let waits = Some(("awaiting approval of aaaaaaa".to_owned(), true));
    let withdrawn = (Rule::Closed, waits);
    assert_eq!(row(&closed, &closed.ran("pull_request_review", "will")), withdrawn);
    let ours = Sample { home: Some("acme/model"), ..closed };
    assert_eq!(row(&ours, &ours.reviewed("dismissed", "will", "dismissed")), withdrawn);
}

#[test]
fn other_runs_start_nothing() {
    let sample = Sample::new().review("will", "APPROVED", A);
    for event in
        ["push", "workflow_dispatch", "pull_request_target", "issue_comment", "x\n::error::"]
    {
        assert_eq!(row(&sample, &sample.ran(event, "will")), (Rule::OtherEvent, None), "{event}");
    }
    let requested =
        with(&sample.ran("pull_request_review", "will"), json!({"action": "requested"}));
    assert_eq!(row(&sample, &requested), (Rule::OtherAction, None));
}

#[test]
fn the_pull_request_is_the_one_that_github_says_has_the_head() {
    let sample = Sample::new();
    let pull = |number: u64, change: Value| {
        let mut pull = sample.pull();
        pull["number"] = number.into();
        overlay(&mut pull, change);
        serde_json::from_value::<Pull>(pull).unwrap()
    };
    let plain = |number| pull(number, json!({}));
    let pushed = |number| pull(number, json!({"head": {"sha": B}}));
    let closed = |number| pull(number, json!({"state": "closed"}));
    let aside = |number| pull(number, json!({"base": {"ref": "lax"}}));
    let copy = |number| pull(number, json!({"head": {"repo": {"full_name": "eve/model"}}}));
    let renamed = |number| pull(number, json!({"head": {"ref": "x"}}));
    let told = |event: &Event, pulls: &[Pull]| {
        let question = sought(event).question(pulls);
        question.map(|question| question.number().0).map_err(|refusal| refusal.rule)
    };
    let event = sample.ran("pull_request", "will");
    for (pulls, expected) in [
        (vec![], Err(Rule::NoPull)),
        (vec![pushed(1)], Err(Rule::NoPull)),
        (vec![copy(1), plain(2), renamed(3)], Ok(2)),
        (vec![aside(1), plain(2)], Ok(2)),
        (vec![closed(1), plain(2)], Ok(2)),
        (vec![aside(1), pushed(2)], Ok(1)),
        (vec![closed(1)], Ok(1)),
        (vec![copy(1)], Ok(1)),
        (vec![copy(1), renamed(2)], Err(Rule::SeveralPulls)),
    ] {
        assert_eq!(told(&event, &pulls), expected, "{pulls:?}");
    }
    // A fork that is gone, or a branch that nobody can name.
    for lost in [json!({"head_repository": null}), json!({"head_branch": null})] {
        let event = with(&event, json!({"workflow_run": lost}));
        assert_eq!(sought(&event).branch(), None);
        assert_eq!(told(&event, &[plain(1), pushed(2)]), Ok(1));
    }
    // The numbers in the payload are those of nobody.
    let claimed = json!({"workflow_run": {"pull_requests": [{"number": 1, "head": {"sha": A}}]}});
    assert_eq!(told(&with(&event, claimed), &[pushed(1), plain(2)]), Ok(2));
}

fn sought(event: &Event) -> Sought {
    let Intent::Ran(sought) = intent(event, &request(1), &here(), &sha(C)) else { panic!() };
    sought
}

/// The event again, with other fields; a field that was not there is its own.
fn with(event: &Event, change: Value) -> Event {
    let crate::action::event::EventKind::Run(run) = &event.kind else { panic!("{event:?}") };
    let home = run.workflow_run.head_repository.as_ref().map(|home| home.full_name.as_str());
    let mut payload = json!({"action": run.action, "workflow_run": {
        "event": run.workflow_run.event, "head_sha": run.workflow_run.head_sha.as_str(),
        "head_branch": run.workflow_run.head_branch,
        "head_repository": home.map(|home| json!({"full_name": home})),
        "actor": run.workflow_run.maker().map(|maker| account(&maker.login))}});
    overlay(&mut payload, change);
    Sample::event("workflow_run", payload)
}

fn overlay(onto: &mut Value, with: Value) {
    match (onto, with) {
        (Value::Object(onto), Value::Object(with)) => {
            for (key, value) in with {
                overlay(onto.entry(key).or_insert(Value::Null), value);
            }
        }
        (onto, with) => *onto = with,
    }
}

/// A group needs no look at its pull request, and its commit is never that of the default branch.
#[test]
fn a_run_of_the_queue_starts_its_group() {
    let ran = |event: &str, branch: &str| {
        let run = json!({"event": event, "head_sha": A, "head_branch": branch,
            "head_repository": {"full_name": "acme/model"}, "actor": account("rita")});
        Sample::event("workflow_run", json!({"action": "completed", "workflow_run": run}))
    };
    let group = format!("gh-readonly-queue/main/pr-7-{B}");
    let approval = approved(&fork(), &ran("merge_group", &group));
    assert_eq!((approval.head(), approval.pull()), (&sha(A), Some(PullNumber(7))));
    assert_eq!(approval.base(), &Base::Commit(sha(B)));
    assert_eq!(approval.who(), "approved by the merge queue");
    // Whoever may push may call a branch so.
    assert_eq!(row(&fork(), &ran("push", &group)), (Rule::OtherEvent, None));
    assert_eq!(row(&fork(), &ran("workflow_dispatch", &group)), (Rule::OtherEvent, None));
    assert_eq!(row(&fork(), &ran("merge_group", "main")), (Rule::NoPull, None));
    // A success would be of a commit that may go into main as well.
    let held = "held: aaaaaaa is queued into `lax`, and only what goes into `main` is compared";
    let lax = format!("gh-readonly-queue/lax/pr-7-{B}");
    assert_eq!(
        row(&fork(), &ran("merge_group", &lax)),
        (Rule::OtherBase, Some((held.to_owned(), true)))
    );
}
