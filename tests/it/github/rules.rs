//! Who may what, and what does not fit.

use reqwest::{Client, Method};
use serde_json::json;

use super::{Scene, blocking};

#[test]
fn what_does_not_fit_is_a_violation() {
    let scene = Scene::new();
    let violations = || scene.github.take_violations().join("\n");
    let statuses = format!("/statuses/{}", scene.head);
    assert_eq!(scene.send(Method::POST, &statuses, &json!({"state": "green"})).status, 422);
    assert!(violations().contains("\"green\" is not one of"));
    scene.send(Method::POST, &statuses, &json!({"state": "error", "color": "red"}));
    assert!(violations().contains("color"));
    scene.send(Method::POST, "/issues/7/comments", &json!({}));
    assert!(violations().contains("\"body\" is a required property"));
    scene.get("/pulls/seven");
    assert!(violations().contains("is not of type \"integer\""));
    scene.get("/pulls/7/reviews?perpage=2");
    assert!(violations().contains("no such parameter: perpage"));
    assert_eq!(scene.get("/actions/runs").status, 404);
    assert!(violations().contains("nothing is served here"));
    assert!(scene.github.statuses(&scene.head).is_empty());
    scene.github.finish();
}

#[test]
#[should_panic(expected = "violations:")]
fn a_violation_fails_the_test() {
    Scene::new().get("/nonsense");
}

#[test]
fn a_token_opens_only_what_it_may() {
    let scene = Scene::new();
    scene.github.token_may(&["contents: read", "pull-requests: read"]);
    let refused = scene.post_status(&scene.head, "x");
    assert_eq!(refused.status, 403);
    assert_eq!(refused.body["message"], "Resource not accessible by integration");
    assert_eq!(refused.headers["x-accepted-github-permissions"], "statuses=write");
    assert_eq!(scene.get("/pulls/7").status, 200);
    assert_eq!(scene.get("/issues/7/comments").status, 200);
    assert_eq!(scene.send(Method::POST, "/issues/7/comments", &json!({"body": "x"})).status, 403);
    scene.github.token_may(&[]);
    assert_eq!(scene.get("/pulls/7").status, 403);
    scene.github.publish();
    assert_eq!(scene.get("/pulls/7").status, 200);

    let client = Client::builder().no_proxy().user_agent("curl/8").build().unwrap();
    let wrong = client.get(scene.url("/pulls/7")).bearer_auth("wrong");
    assert_eq!(blocking(wrong.send()).unwrap().status(), 401);
    let none = client.get(scene.url("/pulls/7"));
    assert_eq!(blocking(none.send()).unwrap().status(), 401);
    scene.github.finish();
}
