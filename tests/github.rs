//! The GitHub that tests are held against, tested itself, by clients that are not ours.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends where something fails")]

mod world;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, header::HeaderMap};
use serde_json::{Value, json};
use world::{
    World,
    github::{ALWAYS, Event, Fault, GitHub},
};

/// A repository with a base and a head, a pull request of the head, and someone to ask about it.
struct Scene {
    world: World,
    github: GitHub,
    base: String,
    head: String,
}

/// What came back.
#[derive(Debug)]
struct Got {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Scene {
    fn new() -> Self {
        Self::with(GitHub::new)
    }

    fn with(start: fn(&std::path::Path) -> GitHub) -> Self {
        let world = World::new();
        let base = world.commit(&[("train.py", "1")]);
        world.git(&["checkout", "--quiet", "-b", "feature/x"]);
        let head = world.commit(&[("train.py", "2"), ("new.txt", "1")]);
        let github = start(&world.repository());
        github.open_pull(7, "ada", "feature/x", "main");
        Self { world, github, base, head }
    }

    fn try_send(&self, method: Method, url: &str, body: Option<&Value>) -> reqwest::Result<Got> {
        // The same cryptography as the product's, though none of it is used.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder().no_proxy().user_agent("curl/8").build()?;
        let mut request = client.request(method, url).bearer_auth(self.github.token());
        if let Some(body) = body {
            request = request.json(body);
        }
        blocking(async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let bytes = response.bytes().await?;
            let body = serde_json::from_slice(&bytes).unwrap_or_default();
            Ok(Got { status, headers, body })
        })
    }

    fn url(&self, rest: &str) -> String {
        format!("{}/repos/org/model{rest}", self.github.api_url())
    }

    fn get(&self, rest: &str) -> Got {
        self.try_send(Method::GET, &self.url(rest), None).unwrap()
    }

    fn send(&self, method: Method, rest: &str, body: &Value) -> Got {
        self.try_send(method, &self.url(rest), Some(body)).unwrap()
    }

    fn post_status(&self, sha: &str, description: &str) -> Got {
        let body =
            json!({"state": "pending", "context": "training/verdict", "description": description});
        self.send(Method::POST, &format!("/statuses/{sha}"), &body)
    }
}

fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Everything that is served, on both kinds of GitHub: each answer is held against the description.
#[test]
fn every_answer_is_as_described() {
    for start in [GitHub::new, GitHub::enterprise] {
        let scene = Scene::with(start);
        let Scene { github, base, head, .. } = &scene;
        github.review(7, "bob", "APPROVED", head);
        github.permission("bob", "maintain");
        github.release("v1.2.3");
        let comment = github.comment(7, "dependabot[bot]", "hello");

        let repository = scene.get("").body;
        assert_eq!(repository["full_name"], "org/model");
        assert_eq!(repository["default_branch"], "feature/x");
        let pull = scene.get("/pulls/7").body;
        assert_eq!(pull["head"]["sha"], **head);
        assert_eq!(pull["base"]["sha"], **base);
        assert_eq!(pull["head"]["repo"]["full_name"], "org/model");
        assert_eq!(pull["user"]["login"], "ada");
        let reviews = scene.get("/pulls/7/reviews").body;
        assert_eq!(reviews[0]["state"], "APPROVED");
        assert_eq!(reviews[0]["commit_id"], **head);
        let permission = scene.get("/collaborators/bob/permission").body;
        assert_eq!(
            (&permission["permission"], &permission["role_name"]),
            (&json!("write"), &json!("maintain"))
        );
        assert_eq!(scene.get("/collaborators/ada/permission").body["permission"], "none");
        assert_eq!(scene.get("/collaborators/eve/permission").status, 404);
        assert_eq!(scene.get("/commits/feature/x").body["sha"], **head);
        assert_eq!(scene.get("/commits/pull/7/head").body["files"][0]["status"], "added");
        let tree = scene.world.git(&["rev-parse", "HEAD^{tree}"]);
        assert_eq!(scene.get(&format!("/git/commits/{head}")).body["tree"]["sha"], tree);
        let compared = scene.get(&format!("/compare/main...{head}")).body;
        assert_eq!(compared["merge_base_commit"]["sha"], **base);
        assert_eq!((&compared["ahead_by"], &compared["behind_by"]), (&json!(1), &json!(0)));
        assert_eq!(compared["commits"][0]["sha"], **head);
        assert_eq!(scene.get("/releases/latest").body["tag_name"], "v1.2.3");
        let comments = scene.get("/issues/7/comments").body;
        assert_eq!(
            (&comments[0]["id"], &comments[0]["user"]["type"]),
            (&json!(comment), &json!("Bot"))
        );
        assert_eq!(scene.get("/pulls/8").status, 404);
        scene.github.finish();
    }
}

#[test]
fn statuses_are_kept_newest_first_and_held_to_their_limits() {
    let scene = Scene::new();
    let first = scene.post_status(&scene.head, "waits");
    assert_eq!(
        (first.status, &first.body["creator"]["login"]),
        (201, &json!("github-actions[bot]"))
    );
    let second = scene.post_status(&scene.head, &"é".repeat(140));
    assert!(second.body["id"].as_u64() > first.body["id"].as_u64());
    assert_eq!(scene.post_status(&scene.head, &"x".repeat(141)).status, 422);
    let unknown = scene.post_status(&"0".repeat(40), "x");
    assert_eq!(unknown.status, 422);
    assert_eq!(scene.post_status("main", "x").status, 422);
    let listed = scene.get("/commits/feature/x/statuses").body;
    assert_eq!(listed[0]["id"], second.body["id"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(scene.github.statuses(&scene.head)[0].description.as_deref(), Some("waits"));
    scene.github.finish();
}

#[test]
fn comments_are_written_changed_hidden_and_deleted() {
    let scene = Scene::new();
    let made = scene.send(Method::POST, "/issues/7/comments", &json!({"body": "one"})).body;
    let one = format!("/issues/comments/{}", made["id"]);
    let changed = scene.send(Method::PATCH, &one, &json!({"body": "two"}));
    assert_eq!(changed.body["body"], "two");
    let longest = json!({"body": "é".repeat(65_536)});
    assert_eq!(scene.send(Method::PATCH, &one, &longest).status, 200);
    let longer = json!({"body": "x".repeat(65_537)});
    assert_eq!(scene.send(Method::PATCH, &one, &longer).status, 422);
    assert_eq!(scene.send(Method::POST, "/issues/7/comments", &longer).status, 422);

    let graphql = |query: &str, variables: Value| {
        let body = json!({"query": query, "variables": variables});
        scene.try_send(Method::POST, &scene.github.graphql_url(), Some(&body)).unwrap().body
    };
    let viewer = graphql("query { viewer { login } }", json!({}));
    assert_eq!(viewer["data"]["viewer"]["login"], "github-actions[bot]");
    let mutation = "mutation($id: ID!) { minimizeComment(input: {subjectId: $id, \
        classifier: OUTDATED}) { minimizedComment { isMinimized } } }";
    let hidden = graphql(mutation, json!({"id": made["node_id"]}));
    assert_eq!(hidden["data"]["minimizeComment"]["minimizedComment"]["isMinimized"], true);
    assert_eq!(scene.github.comments(7)[0].minimized.as_deref(), Some("outdated"));
    assert!(graphql(mutation, json!({"id": "IC_1"}))["errors"].is_array());
    assert_eq!(scene.get("/issues/7/comments").body[0]["minimized"]["reason"], "outdated");

    let gone = scene.try_send(Method::DELETE, &scene.url(&one), None).unwrap();
    assert_eq!((gone.status, scene.github.comments(7).len()), (204, 0));
    scene.github.finish();
}

#[test]
fn lists_come_in_pages() {
    let scene = Scene::new();
    for number in 0..5 {
        scene.github.comment(7, "ada", &number.to_string());
    }
    let mut next = Some(scene.url("/issues/7/comments?per_page=2"));
    let mut seen = Vec::new();
    let mut pages = 0;
    while let Some(url) = next {
        let got = scene.try_send(Method::GET, &url, None).unwrap();
        let values = got.body.as_array().unwrap();
        seen.extend(values.iter().map(|comment| comment["body"].as_str().unwrap().to_owned()));
        let link = got.headers.get("link").map_or("", |link| link.to_str().unwrap());
        let link = link.split(", ").find(|link| link.ends_with("rel=\"next\""));
        next = link.map(|link| link[1..link.find('>').unwrap()].to_owned());
        pages += 1;
    }
    assert_eq!((pages, seen.concat().as_str()), (3, "01234"));
    scene.github.finish();
}

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

#[test]
fn git_fetches_a_commit_by_its_hash() {
    for start in [GitHub::new, GitHub::enterprise] {
        let scene = Scene::with(start);
        let clone = World::new();
        let url = format!("{}/org/model.git", scene.github.server_url());
        let header = |token: &str| {
            let basic = base64::Engine::encode(
                &base64::prelude::BASE64_STANDARD,
                format!("x-access-token:{token}"),
            );
            format!("http.extraHeader=Authorization: Basic {basic}")
        };
        let fetch = |token: &str| {
            let mut command = world::clean("git");
            command.env("GIT_TERMINAL_PROMPT", "0").env("no_proxy", "127.0.0.1");
            command.current_dir(clone.repository()).args(["-c", &header(token), "fetch"]);
            world::finish({
                command.args(["--quiet", "--depth=1", "--filter=blob:none", &url, &scene.head]);
                command
            })
        };
        assert_eq!(fetch("wrong").code, Some(128));
        let fetched = fetch(scene.github.token());
        assert_eq!(fetched.code, Some(0), "{fetched:?}");
        let fetched = clone.git(&["rev-parse", "FETCH_HEAD"]);
        assert_eq!(fetched, scene.head);
        assert!(scene.github.count("POST", "/git-upload-pack") >= 1);
        scene.github.token_may(&["statuses: write"]);
        assert_eq!(fetch(scene.github.token()).code, Some(128), "without contents: read");
        scene.github.finish();
    }
}

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
    github.delete_fork(8);
    assert_eq!(github.pull_opened(8).payload["pull_request"]["head"]["repo"], Value::Null);
    assert!(Event::all().len() > 100);
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
