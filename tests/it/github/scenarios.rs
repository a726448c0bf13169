//! What happens to pull requests, and the events that tell of it.

use serde_json::{Value, json};

use super::{Scene, world::github::Event};

#[test]
fn pulls_change_as_their_authors_do() {
    let scene = Scene::new();
    let github = &scene.github;
    let pushed = scene.world.commit(&[("train.py", "3")]);
    github.push(7, &pushed);
    github.draft(7, true);
    let pull = scene.get("/pulls/7").body;
    assert_eq!((&pull["head"]["sha"], &pull["draft"]), (&json!(pushed), &json!(true)));
    github.close(7);
    assert_eq!(scene.get("/pulls/7").body["state"], "closed");
    github.open_fork_pull(8, "eve", &scene.head, "main");
    let fork = scene.get("/pulls/8").body;
    assert_eq!(fork["head"]["repo"]["full_name"], "eve/model");
    assert_eq!(fork["head"]["label"], "eve:patch");
    github.delete_fork(8);
    assert_eq!(scene.get("/pulls/8").body["head"]["repo"], Value::Null);
    let review = github.review(8, "bob", "APPROVED", &scene.head);
    github.dismiss(review);
    assert_eq!(scene.get("/pulls/8/reviews").body[0]["state"], "DISMISSED");
    scene.github.finish();
}

#[test]
fn events_are_github_s_own_with_our_values() {
    let scene = Scene::new();
    let Scene { github, head, base, .. } = &scene;
    let review = github.review(7, "bob", "APPROVED", head);
    let submitted = github.review_submitted(review).payload;
    assert_eq!(submitted["action"], "submitted");
    assert_eq!(submitted["review"]["state"], "approved");
    assert_eq!(submitted["review"]["user"]["login"], "bob");
    assert_eq!(submitted["pull_request"]["head"]["sha"], **head);
    assert_eq!(submitted["pull_request"]["base"]["repo"]["full_name"], "org/model");
    assert_eq!(submitted["repository"]["full_name"], "org/model");
    assert!(submitted["pull_request"].get("merged").is_none(), "no review has it");
    github.dismiss(review);
    assert_eq!(github.review_dismissed(review).payload["review"]["state"], "dismissed");
    let comment = github.comment(7, "bob", "/train");
    let created = github.comment_created(comment);
    assert_eq!(
        (created.name.as_str(), &created.payload["comment"]["body"]),
        ("issue_comment", &json!("/train"))
    );
    assert!(created.payload["issue"]["pull_request"]["url"].is_string());
    assert_eq!(github.dispatched("bob", "main", &json!({"pr": "7"})).payload["inputs"]["pr"], "7");
    let group = github.merge_group(7, head).payload["merge_group"].clone();
    let queue = format!("refs/heads/gh-readonly-queue/main/pr-7-{base}");
    assert_eq!((&group["head_ref"], &group["head_sha"]), (&json!(queue), &json!(head)));
    assert_eq!(github.pushed("ada", "main", base, head).payload["after"], **head);
    assert_eq!(github.pull_opened(7).payload["number"], 7);
    assert_eq!(github.pull_synchronized(7, base).payload["before"], **base);
    github.open_fork_pull(8, "eve", head, "main");
    let ended = github.run_ended(&github.pull_opened(8)).payload["workflow_run"].clone();
    assert_eq!((&ended["event"], &ended["head_sha"]), (&json!("pull_request"), &json!(head)));
    assert_eq!(ended["head_repository"]["full_name"], "eve/model");
    assert_eq!((&ended["head_branch"], &ended["pull_requests"]), (&json!("patch"), &json!([])));
    assert_eq!(ended["triggering_actor"]["login"], "eve");
    github.delete_fork(8);
    assert_eq!(github.pull_opened(8).payload["pull_request"]["head"]["repo"], Value::Null);
    assert!(Event::all().len() > 100);
    scene.github.finish();
}
