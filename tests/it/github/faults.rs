//! Failures, as the test wants them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::json;

use super::{
    Scene,
    world::github::{ALWAYS, Fault},
};

#[test]
fn it_fails_as_told() {
    let scene = Scene::new();
    let github = &scene.github;
    github.fail("GET", "/pulls/7", Fault::Status(502), 2);
    assert_eq!([(); 3].map(|()| scene.get("/pulls/7").status), [502, 502, 200]);
    github.fail("GET", "/pulls/7", Fault::RateLimited { retry_after: 3 }, 1);
    let limited = scene.get("/pulls/7");
    assert_eq!((limited.status, &limited.headers["retry-after"]), (429, &"3".parse().unwrap()));
    github.fail("GET", "/pulls/7", Fault::Exhausted { reset_in: 60 }, 1);
    let exhausted = scene.get("/pulls/7");
    assert_eq!(
        (exhausted.status, &exhausted.headers["x-ratelimit-remaining"]),
        (403, &"0".parse().unwrap())
    );
    github.fail("GET", "/pulls/7", Fault::SecondaryLimit, 1);
    assert!(scene.get("/pulls/7").body["message"].as_str().unwrap().contains("secondary"));
    github.fail("GET", "/pulls/7", Fault::Slow(Duration::from_millis(300)), 1);
    let started = Instant::now();
    assert_eq!(scene.get("/pulls/7").status, 200);
    assert!(started.elapsed() >= Duration::from_millis(300));
    github.fail("GET", "/pulls/7", Fault::Status(503), ALWAYS);
    assert_eq!(scene.get("/pulls/7").status, 503);
    github.heal();
    assert_eq!(scene.get("/pulls/7").status, 200);
    assert_eq!(github.count("GET", "/pulls/7"), 9);
    assert!(github.requests().is_sorted_by_key(|request| request.at));
    scene.github.finish();
}

#[test]
fn a_connection_is_cut_before_after_and_in_the_middle() {
    let scene = Scene::new();
    let github = &scene.github;
    github.fail("GET", "/pulls/7", Fault::Cut, 1);
    let cut = scene.try_send(Method::GET, &scene.url("/pulls/7"), None).unwrap_err();
    assert!(cut.is_body() || cut.is_decode(), "in the body: {cut:?}");
    let comments = scene.url("/issues/7/comments");
    let post = || scene.try_send(Method::POST, &comments, Some(&json!({"body": "x"})));
    github.fail("POST", "/comments", Fault::Cut, 1);
    assert!(post().unwrap_err().is_request());
    assert_eq!(github.comments(7).len(), 0, "not done");
    github.fail("POST", "/comments", Fault::CutAfterDoing, 1);
    assert!(post().unwrap_err().is_request());
    assert_eq!(github.comments(7).len(), 1, "done");
    scene.github.finish();
}

/// Requests at the same time see one state.
#[test]
fn many_ask_at_once() {
    let scene = Arc::new(Scene::new());
    let post = |number: usize| {
        let scene = scene.clone();
        std::thread::spawn(move || scene.post_status(&scene.head, &number.to_string()).status)
    };
    let threads: Vec<_> = (0..16).map(post).collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 201));
    let statuses = scene.github.statuses(&scene.head);
    assert_eq!(statuses.len(), 16);
    assert!(statuses.is_sorted_by_key(|status| status.id));
}
