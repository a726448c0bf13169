use serde_json::json;

use super::*;
use crate::{clients::github::PullNumber, git::CommitSha};

const SHA: &str = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";

fn refused(name: &str, payload: &str) -> String {
    format!("{:#}", parse(name, payload.as_bytes()).expect_err("it is refused"))
}

#[test]
fn a_message_names_the_field_and_quotes_nothing() {
    let branch = |sha: &str| json!({"ref": "b", "sha": sha, "repo": {"full_name": "o/r"}});
    let event = |head| {
        json!({"action": "opened", "repository": {"full_name": "o/r"}, "pull_request": {
            "number": 1, "state": "open", "user": null, "head": head, "base": branch(SHA)}})
        .to_string()
    };
    let secret = refused("pull_request", &event(branch("s3cret")));
    assert!(secret.contains("`pull_request.head.sha`") && !secret.contains("s3cret"), "{secret}");
    let missing = refused("pull_request", &event(json!({"ref": "b", "repo": null})));
    assert_eq!(
        missing,
        "the payload of the event `pull_request` has no field `pull_request.head.sha`"
    );
    let nowhere = json!({"ref": "refs/heads/a", "sender": {"login": "a"}}).to_string();
    assert!(refused("workflow_dispatch", &nowhere).ends_with("has no field `repository`"));
    assert!(refused("push", "{\"ref\": s3cret}").ends_with("is not JSON at line 1, column 9"));
    assert!(refused("push", "{\"ref\": ").contains("ends too early"));
    assert!(refused("push", "[]").contains("`push` "));
    assert!(refused("issues", "\"s3cret\"").ends_with("is not an object"));
}

#[test]
fn the_branch_of_a_merge_group_tells_the_pull_request() {
    let pull = |head_ref: &str| {
        let sha = CommitSha::parse(SHA).unwrap();
        let (head_ref, base_ref) = (head_ref.to_owned(), "refs/heads/main".to_owned());
        MergeGroup { head_sha: sha.clone(), head_ref, base_sha: sha, base_ref }.pull()
    };
    let queue = "refs/heads/gh-readonly-queue";
    assert_eq!(pull(&format!("{queue}/main/pr-104-{SHA}")), Some(PullNumber(104)));
    assert_eq!(pull(&format!("{queue}/release/pr-9-x/pr-7-{SHA}")), Some(PullNumber(7)));
    assert_eq!(pull(&format!("{queue}/main/pr-x-{SHA}")), None);
    assert_eq!(pull(&format!("refs/heads/main/pr-7-{SHA}")), None);
    assert_eq!(pull(&format!("{queue}/main/pr-7-abc")), None);
}

#[test]
fn zeros_are_no_commit() {
    let zeros = "0".repeat(40);
    let payload = json!({"ref": "refs/heads/main", "before": zeros, "after": SHA,
        "repository": {"full_name": "o/r", "default_branch": "main"}});
    let EventKind::Push(push) = parse("push", payload.to_string().as_bytes()).unwrap().kind else {
        panic!("a push");
    };
    assert_eq!((push.before, push.after.unwrap().as_str()), (None, SHA));
}

#[test]
fn a_schedule_and_a_stranger_need_nothing() {
    assert_eq!(parse("schedule", b"{}").unwrap().kind, EventKind::Schedule);
    let other = parse("issues", b"{\"action\": \"opened\"}").unwrap();
    assert_eq!(other.kind, EventKind::Other { action: Some("opened".to_owned()) });
}

proptest::proptest! {
    #[test]
    fn no_payload_makes_the_parser_panic(text in ".{0,200}") {
        for name in ["pull_request", "workflow_run", "push", "schedule", "ping"] {
            let _ = parse(name, text.as_bytes());
        }
    }
}
