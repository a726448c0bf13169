//! `GitHub` against a server with a script: what it asks, in which order, and what it makes of the
//! answers.  Pauses are GitHub's rules in `clients/github/retry.rs`; here they last milliseconds.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{self, Body},
    extract::{Request, State},
    http::Response,
};
use futures_util::stream;
use regression_action::{
    clients::github::{
        Error, GitHub, NewStatus, Permission, PullNumber, ReviewState, Scope, StatusState,
    },
    git::CommitSha,
    http::{Pauses, RetryPolicy},
    report::MARKER,
};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TOKEN: &str = "ghs_itisasecret";
const PULL: PullNumber = PullNumber(7);
const COMMENTS: &str = "GET /repos/acme/train/issues/7/comments?per_page=100";
const COMMENT: &str = "POST /repos/acme/train/issues/7/comments";
const GRAPHQL: &str = "POST /graphql";

/// How one request is answered.
#[derive(Clone)]
enum Reply {
    Json(u16, Vec<(&'static str, String)>, Value),
    /// Half an answer, and the connection ends.
    Cut,
    Never,
}

/// One request, as it came.
#[derive(Clone, Debug)]
struct Asked {
    headers: Vec<(String, String)>,
    body: Value,
    at: Instant,
    ended: Option<Instant>,
}

/// A server that answers requests in the order of its script, and fails a test that asks otherwise.
struct Server {
    url: Url,
    stage: Arc<Mutex<Stage>>,
}

#[derive(Default)]
struct Stage {
    script: VecDeque<(String, Reply)>,
    asked: Vec<Asked>,
}

impl Server {
    async fn new(script: impl IntoIterator<Item = (&str, Reply)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let script = script.into_iter().map(|(line, reply)| (line.to_owned(), reply)).collect();
        let stage = Arc::new(Mutex::new(Stage { script, asked: Vec::new() }));
        let router = Router::new().fallback(answer).with_state((url.clone(), Arc::clone(&stage)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, stage }
    }

    fn client(&self) -> GitHub {
        self.client_at("")
    }

    fn client_at(&self, path: &str) -> GitHub {
        let api = self.url.join(path).unwrap();
        let github = GitHub::new(&api, &TOKEN.into(), "acme/train".parse().unwrap(), None);
        github.unwrap().with_retries(policy()).with_writes_apart(Duration::ZERO)
    }

    fn asked(&self) -> Vec<Asked> {
        self.stage.lock().unwrap().asked.clone()
    }

    /// The requests that came, once the script is at its end.
    fn done(&self) -> Vec<Asked> {
        let stage = self.stage.lock().unwrap();
        let left: Vec<_> = stage.script.iter().map(|(line, _)| line).collect();
        assert!(left.is_empty(), "never asked: {left:?}");
        stage.asked.clone()
    }
}

/// Long enough for this machine, short enough for a test.
fn policy() -> RetryPolicy {
    let millisecond = Duration::from_millis(1);
    RetryPolicy {
        total: Duration::from_secs(20),
        answer: Duration::from_secs(10),
        failures: Pauses { tries: 7, first: millisecond, longest: 64 * millisecond },
        limits: Pauses::within_total(millisecond, Duration::MAX),
        ..RetryPolicy::USUAL
    }
}

async fn answer(
    State((url, stage)): State<(Url, Arc<Mutex<Stage>>)>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let bytes = body::to_bytes(body, 1 << 20).await.unwrap();
    let target = parts.uri.path_and_query().unwrap();
    let line = format!("{} {target}", parts.method);
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap().to_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    let asked = Asked {
        headers: headers.collect(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        at: Instant::now(),
        ended: None,
    };
    let (next, index) = {
        let mut stage = stage.lock().unwrap();
        stage.asked.push(asked);
        (stage.script.pop_front(), stage.asked.len() - 1)
    };
    let reply = match next {
        Some((expected, reply)) if expected == line => reply,
        other => {
            ok(json!({ "message": format!("unexpected {line}, not {:?}", other.map(|o| o.0)) }))
                .status(418)
        }
    };
    let response = perform(reply, &url).await;
    stage.lock().unwrap().asked[index].ended = Some(Instant::now());
    response
}

async fn perform(reply: Reply, url: &Url) -> Response<Body> {
    match reply {
        Reply::Json(status, headers, body) => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value.replace("BASE/", url.as_str()));
            }
            response.body(body.to_string().into()).unwrap()
        }
        Reply::Cut => {
            let pieces = [Ok("[{"), Err(std::io::Error::other("cut"))];
            Response::builder().body(Body::from_stream(stream::iter(pieces))).unwrap()
        }
        Reply::Never => std::future::pending().await,
    }
}

fn ok(body: Value) -> Reply {
    Reply::Json(200, Vec::new(), body)
}

fn status(status: u16, message: &str) -> Reply {
    Reply::Json(status, Vec::new(), json!({ "message": message }))
}

impl Reply {
    fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Json(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    fn status(mut self, status: u16) -> Self {
        if let Self::Json(old, _, _) = &mut self {
            *old = status;
        }
        self
    }
}

fn sha(digit: char) -> CommitSha {
    CommitSha::parse(&digit.to_string().repeat(40)).unwrap()
}

fn review(id: u64, login: &str) -> Value {
    json!({ "id": id, "user": { "login": login, "type": "User" }, "state": "APPROVED",
            "commit_id": sha('a'), "body": "" })
}

fn comment(id: u64, login: &str, body: &str) -> Value {
    json!({ "id": id, "node_id": format!("IC_{id}"), "html_url": format!("https://x/{id}"),
            "body": body, "user": { "login": login, "type": "Bot" } })
}

fn ours(id: u64, text: &str) -> Value {
    comment(id, "github-actions[bot]", &report(text))
}

fn report(text: &str) -> String {
    format!("{text}\n\n{MARKER}")
}

fn viewer() -> Reply {
    ok(json!({ "data": { "viewer": { "login": "github-actions[bot]" } } }))
}

fn minimised() -> Reply {
    ok(json!({ "data": { "minimizeComment": { "minimizedComment": { "isMinimized": true } } } }))
}

fn a_status(id: u64, context: &str) -> Value {
    json!({ "id": id, "state": "pending", "description": null, "target_url": null,
            "context": context, "creator": null, "created_at": "2026-11-24T12:00:00Z" })
}

fn new_status(description: &str) -> NewStatus {
    NewStatus {
        state: StatusState::Success,
        description: description.into(),
        target_url: Some("https://github.com/acme/train/actions/runs/1".into()),
        context: "regression / verdict".into(),
    }
}

const REVIEWS: &str = "GET /repos/acme/train/pulls/7/reviews?per_page=100";
const STATUS: &str = "POST /repos/acme/train/statuses/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test]
async fn every_page_of_a_list_is_read() {
    let second = "GET /repositories/1/pulls/7/reviews?per_page=100&page=2";
    let link = "<BASE/repositories/1/pulls/7/reviews?per_page=100&page=2>; rel=\"next\"";
    let server = Server::new([
        (REVIEWS, ok(json!([review(1, "ann")])).header("link", link)),
        (second, ok(json!([review(2, "bob")]))),
    ])
    .await;
    let reviews = server.client().reviews(PULL).await.unwrap();
    assert_eq!(reviews.iter().map(|review| review.id).collect::<Vec<_>>(), [1, 2]);
    assert!(reviews.iter().all(|review| review.state == ReviewState::Approved));
    for asked in server.done() {
        let header = |name: &str| {
            asked.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
        assert_eq!(header("accept"), Some("application/vnd.github+json"));
        assert_eq!(header("x-github-api-version"), Some("2022-11-28"));
        assert!(header("user-agent").unwrap().starts_with("regression-action/"));
    }
}

#[tokio::test]
async fn a_page_on_another_server_gets_no_token() {
    let other = Server::new([]).await;
    let link = format!("<{}x>; rel=\"next\"", other.url);
    let server = Server::new([(REVIEWS, ok(json!([])).header("link", &link))]).await;
    let error = server.client().reviews(PULL).await.unwrap_err();
    assert!(error.to_string().contains("elsewhere"), "{error}");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    let server = Server::new([
        (REVIEWS, status(502, "Bad Gateway")),
        (REVIEWS, Reply::Cut),
        (REVIEWS, Reply::Never),
        (REVIEWS, status(503, "").header("retry-after", "0")),
        (REVIEWS, status(429, "slow down").header("retry-after", "0")),
        (REVIEWS, status(403, "You have exceeded a secondary rate limit.")),
        (REVIEWS, ok(json!([]))),
    ])
    .await;
    let quick = RetryPolicy { answer: Duration::from_millis(300), ..policy() };
    let reviews = server.client().with_retries(quick).reviews(PULL).await.unwrap();
    assert!(reviews.is_empty());
    server.done();
}

#[tokio::test]
async fn patience_ends() {
    let server = Server::new([
        (REVIEWS, status(502, "")),
        (REVIEWS, status(502, "<html>")),
        (REVIEWS, status(502, "")),
    ])
    .await;
    let failures = Pauses { tries: 3, ..policy().failures };
    let short = RetryPolicy { failures, ..policy() };
    let error = server.client().with_retries(short).reviews(PULL).await.unwrap_err();
    assert!(matches!(error, Error::Unexpected { status: 502, .. }), "{error}");
    assert_eq!(server.done().len(), 3);
}

#[tokio::test]
async fn a_limit_beyond_patience_fails_at_once_and_says_until_when() {
    let hour = std::time::SystemTime::now() + Duration::from_hours(1);
    let reset = hour.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string();
    let limit = status(403, "API rate limit exceeded for installation ID 1.")
        .header("x-ratelimit-remaining", "0")
        .header("x-ratelimit-reset", &reset);
    let server = Server::new([(REVIEWS, limit)]).await;
    let error = server.client().reviews(PULL).await.unwrap_err();
    let Error::RateLimited { wait: Some(wait), .. } = error else { panic!("{error}") };
    assert!(wait > Duration::from_mins(58), "{wait:?}");
}

#[tokio::test]
async fn a_lasting_refusal_is_asked_once_and_prints_the_yaml() {
    let refusal = status(403, "Resource not accessible by integration")
        .header("x-ratelimit-remaining", "0")
        .header("x-ratelimit-reset", "1");
    let server = Server::new([(STATUS, refusal)]).await;
    let error = server.client().post_status(&sha('a'), &new_status("ok")).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden { needs: Scope::STATUSES, .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("permissions:\n  statuses: write\n  pull-requests: write"), "{text}");
    assert!(text.contains("forks") && !text.contains(TOKEN), "{text}");
    server.done();
}

#[tokio::test]
async fn errors_are_told_apart() {
    let pull = "GET /repos/acme/train/pulls/7";
    let server = Server::new([
        (pull, status(404, "Not Found")),
        (pull, status(401, "Bad credentials")),
        (pull, ok(json!({ "number": 7, "state": { "nested": "s3cret" } }))),
        (pull, status(301, "Moved\u{1b}[31m Permanently\n##[error]")),
    ])
    .await;
    let github = server.client();
    let error = github.pull(PULL).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }) && error.to_string().contains("#7"), "{error}");
    let error = github.pull(PULL).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
    let error = github.pull(PULL).await.unwrap_err().to_string();
    assert!(error.contains("`state`") && !error.contains("s3cret"), "{error}");
    let error = github.pull(PULL).await.unwrap_err().to_string();
    assert!(error.contains("Moved Permanently ## [error]"), "{error:?}");
    server.done();
}

/// GitHub's own words in full, and a remedy for each.
#[tokio::test]
async fn refusals_say_what_github_said() {
    let saml = "Resource protected by organization SAML enforcement. You must grant your Personal Access \
                token access to this organization.";
    let invalid = json!({
        "message": "Validation Failed",
        "errors": [
            { "resource": "Status", "field": "sha", "code": "missing_field" },
            { "resource": "Status", "message": "This SHA and context has reached the maximum" },
            "No commit found for SHA",
        ],
    });
    let server = Server::new([
        (STATUS, status(403, saml)),
        (STATUS, Reply::Json(422, Vec::new(), invalid)),
        (STATUS, status(301, "Moved Permanently")),
    ])
    .await;
    let github = server.client();
    for wanted in [
        &["SAML enforcement", "Configure SSO", "leave `token` out"][..],
        &["422", "Validation Failed; sha missing_field; This SHA and", "; No commit found for SHA"],
        &["301: Moved Permanently", "renamed or transferred"],
    ] {
        let text = github.post_status(&sha('a'), &new_status("ok")).await.unwrap_err().to_string();
        assert!(wanted.iter().all(|wanted| text.contains(wanted)), "{text}");
        assert!(!text.contains("permissions:"), "{text}");
    }
    server.done();
}

#[tokio::test]
async fn nobody_at_the_address_is_told() {
    let api = Url::parse("http://127.0.0.1:1/").unwrap();
    let github = GitHub::new(&api, &TOKEN.into(), "acme/train".parse().unwrap(), None).unwrap();
    let failures = Pauses { tries: 3, ..policy().failures };
    let short = RetryPolicy { failures, ..policy() };
    let error = github.with_retries(short).default_branch().await.unwrap_err();
    let Error::Unreachable { host, cause, .. } = &error else { panic!("{error}") };
    assert_eq!(host, "127.0.0.1");
    assert!(cause.contains("refused"), "{cause}");
}

#[tokio::test]
async fn tokens_that_cannot_be_are_refused() {
    let api = Url::parse("https://api.github.com").unwrap();
    for token in ["", "  ", "two\nlines"] {
        let made = GitHub::new(&api, &token.into(), "acme/train".parse().unwrap(), None);
        let error = made.unwrap_err().to_string();
        assert!(!error.contains("two"), "{error}");
    }
}

#[tokio::test]
async fn permissions_are_read_and_strangers_have_none() {
    let path = |login: &str| format!("GET /repos/acme/train/collaborators/{login}/permission");
    let (ann, stranger, bot) = (path("ann"), path("a%2F..%2Fb"), path("dependabot[bot]"));
    let server = Server::new([
        (ann.as_str(), ok(json!({ "permission": "write", "role_name": "maintain" }))),
        (stranger.as_str(), status(404, "Not Found")),
        (bot.as_str(), ok(json!({ "permission": "none" }))),
    ])
    .await;
    let github = server.client();
    assert_eq!(github.permission("ann").await.unwrap(), Permission::Write);
    assert_eq!(github.permission("a/../b").await.unwrap(), Permission::None);
    assert_eq!(github.permission("dependabot[bot]").await.unwrap(), Permission::None);
    assert_eq!(github.permission("..").await.unwrap(), Permission::None);
    server.done();
}

#[tokio::test]
async fn commits_and_what_is_between_them() {
    let comparison =
        json!({ "ahead_by": 2, "behind_by": 1, "merge_base_commit": { "sha": sha('b') } });
    let compare = format!("GET /repos/acme/train/compare/{}...{}?per_page=1", sha('d'), sha('a'));
    let (a, c, d) = (commit_path('a'), commit_path('c'), commit_path('d'));
    let none = format!("No commit found for SHA: {}", sha('c'));
    let server = Server::new([
        (a.as_str(), ok(commit('a'))),
        (&compare, ok(comparison)),
        (&c, status(422, &none)),
        (&d, ok(commit('a'))),
    ])
    .await;
    let github = server.client();
    let commit = github.commit(&sha('a')).await.unwrap();
    assert_eq!((commit.sha, commit.subject.as_str()), (sha('a'), "Fix"));
    assert_eq!(commit.parents, [sha('b')]);
    let between = github.merge_base(&sha('d'), &sha('a')).await.unwrap();
    assert_eq!(between.merge_base, sha('b'));
    assert_eq!((between.ahead_by, between.behind_by), (2, 1));
    let error = github.commit(&sha('c')).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    let error = github.commit(&sha('d')).await.unwrap_err().to_string();
    assert!(error.contains("its answer is of another commit"), "{error}");
    server.done();
}

fn commit_path(digit: char) -> String {
    format!("GET /repos/acme/train/commits/{}?per_page=1", sha(digit))
}

fn commit(digit: char) -> Value {
    json!({ "sha": sha(digit), "parents": [{ "sha": sha('b') }], "commit": { "message": "Fix\n\nmore" } })
}

/// A branch called `tags/v1` is no tag, and what a tag says of itself stands between it and its commit.
#[tokio::test]
async fn a_branch_or_a_tag_is_found_by_its_whole_name() {
    let of = |kind: &str, digit: char| json!({ "type": kind, "sha": sha(digit) });
    let named = |name: &str, object: Value| ok(json!({ "ref": name, "object": object }));
    let (a, tag, tree) = (commit_path('a'), git_tag('e'), git_tag('f'));
    let server = Server::new([
        (
            "GET /repos/acme/train/git/ref/heads%2Fmy%20topic",
            named("refs/heads/my topic", of("commit", 'a')),
        ),
        (&a, ok(commit('a'))),
        ("GET /repos/acme/train/git/ref/tags%2Fv1", named("refs/tags/v1", of("tag", 'e'))),
        (&tag, ok(json!({ "object": of("tag", 'f') }))),
        (&tree, ok(json!({ "object": of("commit", 'a') }))),
        (&a, ok(commit('a'))),
        ("GET /repos/acme/train/git/ref/tags%2Fv2", named("refs/heads/tags/v2", of("commit", 'a'))),
        ("GET /repos/acme/train/git/ref/tags%2Fv3", named("refs/tags/v3", of("tree", 'a'))),
        ("GET /repos/acme/train/git/ref/tags%2F..", status(404, "Not Found")),
    ])
    .await;
    let github = server.client();
    assert_eq!(github.branch("my topic").await.unwrap().sha, sha('a'));
    assert_eq!(github.tag("v1").await.unwrap().sha, sha('a'));
    for (name, told) in
        [("v2", "about another name"), ("v3", "not point to a commit"), ("..", "nothing there")]
    {
        let error = github.tag(name).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot read the tag `{name}`")), "{error}");
        assert!(error.contains(told), "{error}");
    }
    server.done();
}

fn git_tag(digit: char) -> String {
    format!("GET /repos/acme/train/git/tags/{}", sha(digit))
}

/// Whoever calls a branch something cannot ask for more than its pull requests.
#[tokio::test]
async fn the_pull_requests_of_a_branch_and_the_latest() {
    let of = "GET /repos/acme/train/pulls?state=all&head=eve%3Ax%26base%3Dmain%23%3F%252e%2F..%40%C3%A9%2B&per_page=100";
    let latest = "GET /repos/acme/train/pulls?state=all&sort=updated&direction=desc&per_page=100";
    let end = |repo: Option<&str>, digit| {
        let repo = repo.map(|name| json!({ "full_name": name, "default_branch": "main" }));
        json!({ "ref": "main", "sha": sha(digit), "repo": repo })
    };
    let pull = json!({ "number": 7, "state": "closed", "user": null, "head": end(None, 'a'),
        "base": end(Some("acme/train"), 'b') });
    let more = ok(json!([pull])).header("link", "<BASE/pulls?page=2>; rel=\"next\"");
    let server = Server::new([(of, ok(json!([]))), (latest, more)]).await;
    let github = server.client();
    let home = "eve/train".parse().unwrap();
    assert_eq!(github.pulls_of(&home, "x&base=main#?%2e/..@é+").await.unwrap(), []);
    let latest = github.latest_pulls().await.unwrap();
    assert_eq!((latest.len(), latest[0].number), (1, PULL));
    assert!(latest[0].is_into_the_default_branch());
    server.done();
}

#[tokio::test]
async fn the_repository_and_its_releases() {
    let latest = "GET /repos/acme/train/releases/latest";
    let server = Server::new([
        ("GET /repos/acme/train", ok(json!({ "default_branch": "trunk" }))),
        (latest, ok(json!({ "tag_name": "v2" }))),
        (latest, status(404, "Not Found")),
    ])
    .await;
    let github = server.client();
    assert_eq!(github.default_branch().await.unwrap(), "trunk");
    assert_eq!(github.latest_release().await.unwrap().as_deref(), Some("v2"));
    assert_eq!(github.latest_release().await.unwrap(), None);
    server.done();
}

#[tokio::test]
async fn statuses_of_one_context_come_newest_first() {
    let list = format!("GET /repos/acme/train/commits/{}/statuses?per_page=100", sha('a'));
    let all = json!([
        a_status(3, "ci"),
        a_status(2, "Regression / VERDICT"),
        a_status(5, "regression / verdict")
    ]);
    let server = Server::new([(list.as_str(), ok(all))]).await;
    let statuses = server.client().statuses(&sha('a'), "regression / verdict").await.unwrap();
    assert_eq!(statuses.iter().map(|status| status.id).collect::<Vec<_>>(), [5, 2]);
}

#[tokio::test]
async fn a_status_is_cut_to_fit_and_written_again_if_the_answer_is_lost() {
    let made = || ok(a_status(1, "regression / verdict")).status(201);
    let server =
        Server::new([(STATUS, Reply::Cut), (STATUS, status(502, "")), (STATUS, made())]).await;
    let status = server.client().post_status(&sha('a'), &new_status(&"ä".repeat(200))).await;
    assert_eq!(status.unwrap().id, 1);
    for asked in server.done() {
        let description = asked.body["description"].as_str().unwrap();
        assert_eq!(description.chars().count(), 140);
        assert_eq!(asked.body["state"], "success");
    }
}

#[tokio::test]
async fn writes_come_one_after_another_and_apart() {
    let apart = Duration::from_millis(50);
    let made = || (STATUS, ok(a_status(1, "c")).status(201));
    let server = Server::new([made(), made(), made()]).await;
    let github = server.client().with_writes_apart(apart);
    let (sha, new) = (sha('a'), new_status("ok"));
    let write = || github.post_status(&sha, &new);
    let (a, b, c) = tokio::join!(write(), write(), write());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    let asked = server.done();
    for pair in asked.windows(2) {
        assert!(pair[1].at >= pair[0].ended.unwrap() + apart, "{asked:?}");
    }
}

#[tokio::test]
async fn the_comment_is_found_by_marker_and_author_and_changed() {
    let list = json!([
        comment(1, "mallory", &report("old")),
        comment(2, "github-actions[bot]", &format!("{MARKER}\nquoted")),
        comment(3, "GitHub-Actions[bot]", &report("old")),
    ]);
    let patch = "PATCH /repos/acme/train/issues/comments/3";
    let server = Server::new([
        (GRAPHQL, viewer()),
        (COMMENTS, ok(list.clone())),
        (patch, ok(ours(3, "new"))),
        (COMMENTS, ok(list)),
    ])
    .await;
    let github = server.client();
    let kept = github.upsert_comment(PULL, "new", MARKER).await.unwrap();
    assert_eq!((kept.id, kept.html_url.as_str()), (3, "https://x/3"));
    assert_eq!(github.find_comment(PULL, MARKER).await.unwrap().unwrap().id, 3);
    assert_eq!(server.done()[2].body, json!({ "body": report("new") }));
}

/// Two comparisons of one pull request, and what an earlier version wrote for the first of them.
#[tokio::test]
async fn each_marker_has_a_comment_of_its_own() {
    let other = "<!-- regression-action: verdict ml%20%2F%20speed speed%2Eyml -->";
    let list = json!([ours(3, "old")]);
    let written = comment(4, "github-actions[bot]", &format!("new\n\n{other}"));
    let both = json!([ours(3, "old"), written]);
    let server = Server::new([
        (GRAPHQL, viewer()),
        (COMMENTS, ok(list)),
        (COMMENT, ok(written.clone()).status(201)),
        (COMMENTS, ok(both.clone())),
        (COMMENTS, ok(both.clone())),
        ("PATCH /repos/acme/train/issues/comments/3", ok(ours(3, "new"))),
        (COMMENTS, ok(both)),
    ])
    .await;
    let github = server.client();
    assert_eq!(github.upsert_comment(PULL, "new", other).await.unwrap().id, 4);
    assert_eq!(github.upsert_comment(PULL, "new", MARKER).await.unwrap().id, 3);
    assert_eq!(github.find_comment(PULL, other).await.unwrap().unwrap().id, 4);
    assert_eq!(server.done()[2].body, json!({ "body": format!("new\n\n{other}") }));
}

#[tokio::test]
async fn a_comment_that_says_the_same_is_left() {
    let same = comment(3, "github-actions[bot]", &report("same").replace('\n', "\r\n"));
    let server = Server::new([(GRAPHQL, viewer()), (COMMENTS, ok(json!([same])))]).await;
    let kept =
        server.client().upsert_comment(PULL, &(report("same") + "\n"), MARKER).await.unwrap();
    assert_eq!(kept.id, 3);
    server.done();
}

#[tokio::test]
async fn of_two_runs_that_comment_at_once_the_first_comment_stays() {
    let server = Server::new([
        (GRAPHQL, viewer()),
        (COMMENTS, ok(json!([]))),
        (COMMENT, ok(ours(12, "new")).status(201)),
        (COMMENTS, ok(json!([ours(12, "new"), ours(10, "theirs")]))),
        ("PATCH /repos/acme/train/issues/comments/10", ok(ours(10, "new"))),
        (GRAPHQL, minimised()),
    ])
    .await;
    let kept = server.client().upsert_comment(PULL, "new", MARKER).await.unwrap();
    assert_eq!(kept.id, 10);
    let last = server.done().pop().unwrap();
    assert_eq!(last.body["variables"], json!({ "id": "IC_12" }));
    assert!(last.body["query"].as_str().unwrap().contains("classifier: OUTDATED"));
}

#[tokio::test]
async fn a_lost_answer_to_a_comment_is_looked_for_before_writing_again() {
    for lost in [Reply::Cut, status(502, "Bad Gateway")] {
        let server = Server::new([
            (GRAPHQL, viewer()),
            (COMMENTS, ok(json!([]))),
            (COMMENT, lost.clone()),
            (COMMENTS, ok(json!([ours(4, "new")]))),
        ])
        .await;
        assert_eq!(server.client().upsert_comment(PULL, "new", MARKER).await.unwrap().id, 4);
        server.done();
    }
}

#[tokio::test]
async fn a_comment_that_was_not_written_is_written_again() {
    let server = Server::new([
        (GRAPHQL, viewer()),
        (COMMENTS, ok(json!([]))),
        (COMMENT, status(502, "")),
        (COMMENTS, ok(json!([]))),
        // A limit did nothing: it needs no look.
        (COMMENT, status(403, "secondary rate limit").header("retry-after", "0")),
        (COMMENT, ok(ours(5, "new")).status(201)),
        // Its list may lag behind.
        (COMMENTS, ok(json!([]))),
    ])
    .await;
    assert_eq!(server.client().upsert_comment(PULL, "new", MARKER).await.unwrap().id, 5);
    server.done();
}

#[tokio::test]
async fn comments_are_not_written_for_ever() {
    let mut script = vec![(GRAPHQL, viewer())];
    for _ in 0..3 {
        script.extend([(COMMENTS, ok(json!([]))), (COMMENT, status(502, "Bad Gateway"))]);
    }
    let server = Server::new(script).await;
    let error = server.client().upsert_comment(PULL, "new", MARKER).await.unwrap_err();
    assert!(matches!(error, Error::Unexpected { status: 502, .. }), "{error}");
    server.done();
}

#[tokio::test]
async fn a_comment_that_cannot_be_folded_away_changes_nothing() {
    let forbidden = json!({ "data": null, "errors": [{ "type": "FORBIDDEN", "message": "no" }] });
    let server = Server::new([
        (GRAPHQL, viewer()),
        (COMMENTS, ok(json!([ours(1, "new"), ours(2, "old")]))),
        (GRAPHQL, ok(forbidden)),
    ])
    .await;
    assert_eq!(server.client().upsert_comment(PULL, "new", MARKER).await.unwrap().id, 1);
    server.done();
}

#[tokio::test]
async fn an_enterprise_server_has_its_own_paths() {
    let list = "GET /api/v3/repos/acme/train/issues/7/comments?per_page=100";
    let server = Server::new([("POST /api/graphql", viewer()), (list, ok(json!([])))]).await;
    assert_eq!(server.client_at("/api/v3").find_comment(PULL, MARKER).await.unwrap(), None);
    server.done();
}

const ISSUES: &str =
    "GET /repos/acme/train/issues?state=all&creator=github-actions%5Bbot%5D&per_page=100";
const ISSUE: &str = "POST /repos/acme/train/issues";
const SAME: &str = "<!-- regression-action: bisect abc loss -->";

fn issue(number: u64, login: &str, body: &str) -> Value {
    json!({ "number": number, "html_url": format!("https://x/{number}"), "body": body,
            "state": "closed", "user": { "login": login, "type": "Bot" } })
}

fn our_issue(number: u64, text: &str) -> Value {
    issue(number, "github-actions[bot]", &format!("{text}\n\n{SAME}"))
}

#[tokio::test]
async fn the_issue_is_found_by_marker_and_author_and_only_its_text_is_changed() {
    let mut pull = our_issue(1, "old");
    pull["pull_request"] = json!({ "url": "https://x/1" });
    let other = SAME.replace("loss", "accuracy");
    let list = json!([
        our_issue(9, "newer"),
        our_issue(5, "old"),
        issue(4, "github-actions[bot]", &other),
        issue(3, "github-actions[bot]", &format!("{SAME}\nquoted")),
        issue(2, "mallory", SAME),
        pull,
    ]);
    let server = Server::new([
        (GRAPHQL, viewer()),
        (ISSUES, ok(list.clone())),
        ("PATCH /repos/acme/train/issues/5", ok(our_issue(5, "new"))),
        (ISSUES, ok(json!([our_issue(5, "new")]))),
    ])
    .await;
    let github = server.client();
    for _ in 0..2 {
        let kept = github.upsert_issue("worse", "new", SAME).await.unwrap();
        assert_eq!((kept.number, kept.html_url.as_str()), (5, "https://x/5"));
    }
    let expected = json!({ "body": format!("new\n\n{SAME}") });
    assert_eq!(server.done()[2].body, expected, "state and title are people's");
}

#[tokio::test]
async fn an_issue_is_written_once_even_if_its_answer_is_lost() {
    for lost in [Reply::Cut, status(502, "Bad Gateway")] {
        let server = Server::new([
            (GRAPHQL, viewer()),
            (ISSUES, ok(json!([]))),
            (ISSUE, lost),
            (ISSUES, ok(json!([]))),
            (ISSUE, ok(our_issue(8, "new")).status(201)),
            // Its list may lag behind.
            (ISSUES, ok(json!([]))),
        ])
        .await;
        let long = "w".repeat(300);
        assert_eq!(server.client().upsert_issue(&long, "new", SAME).await.unwrap().number, 8);
        let asked = server.done().swap_remove(4);
        assert_eq!(asked.body["title"].as_str().unwrap().len(), 256);
        assert_eq!(asked.body["body"], format!("new\n\n{SAME}"));
        let server = Server::new([
            (GRAPHQL, viewer()),
            (ISSUES, ok(json!([]))),
            (ISSUE, Reply::Cut),
            (ISSUES, ok(json!([our_issue(8, "new")]))),
        ])
        .await;
        assert_eq!(server.client().upsert_issue("w", "new", SAME).await.unwrap().number, 8);
        server.done();
    }
}

#[tokio::test]
async fn of_two_runs_that_write_an_issue_at_once_the_first_issue_stays() {
    let server = Server::new([
        (GRAPHQL, viewer()),
        (ISSUES, ok(json!([]))),
        (ISSUE, ok(our_issue(12, "new")).status(201)),
        (ISSUES, ok(json!([our_issue(12, "new"), our_issue(10, "theirs")]))),
        ("PATCH /repos/acme/train/issues/12", ok(our_issue(12, "new"))),
        ("PATCH /repos/acme/train/issues/10", ok(our_issue(10, "new"))),
    ])
    .await;
    let kept = server.client().upsert_issue("worse", "new", SAME).await.unwrap();
    assert_eq!(kept.number, 10);
    let closed = json!({ "state": "closed", "state_reason": "not_planned" });
    assert_eq!(server.done()[4].body, closed);
}

#[tokio::test]
async fn issues_are_not_looked_through_for_ever() {
    let page = |at: usize| format!("GET /repositories/1/issues?page={at}");
    let lines: Vec<String> = (2..=10).map(page).collect();
    let mut script = vec![(GRAPHQL, viewer())];
    for (at, line) in std::iter::once(ISSUES).chain(lines.iter().map(String::as_str)).enumerate() {
        let next = format!("<BASE/repositories/1/issues?page={}>; rel=\"next\"", at + 2);
        let listed = json!([issue(1, "github-actions[bot]", "another's")]);
        script.push((line, ok(listed).header("link", &next)));
    }
    let server = Server::new(script).await;
    assert_eq!(server.client().find_issue(SAME).await.unwrap(), None);
    server.done();
}

#[tokio::test]
async fn issues_that_may_not_be_written_are_told_with_the_remedy() {
    let refused = || status(403, "Resource not accessible by integration");
    let server = Server::new([
        (GRAPHQL, viewer()),
        (ISSUES, refused()),
        (ISSUES, ok(json!([]))),
        (ISSUE, refused()),
        (ISSUES, ok(json!([]))),
        (ISSUE, status(410, "Issues has been disabled in this repository.")),
    ])
    .await;
    let github = server.client();
    for _ in 0..2 {
        let error = github.upsert_issue("worse", "new", SAME).await.unwrap_err();
        assert!(matches!(error, Error::Forbidden { needs: Scope::ISSUES, .. }), "{error}");
        assert!(error.to_string().contains("permissions:\n  issues: write"), "{error}");
    }
    let error = github.upsert_issue("worse", "new", SAME).await.unwrap_err().to_string();
    assert!(error.contains("410") && error.contains("disabled"), "{error}");
    server.done();
}

/// A page of the history: names with their first parents and what the status says.
fn history(nodes: &[(char, Option<char>, Option<&str>)], more: bool) -> Reply {
    let node = |&(name, parent, state): &(char, Option<char>, Option<&str>)| {
        let parents: Vec<_> = parent.into_iter().map(|p| json!({ "oid": sha(p) })).collect();
        let status = state.map(|state| {
            json!({ "context": if state.is_empty() { Value::Null } else { json!({ "state": state }) } })
        });
        json!({ "oid": sha(name), "parents": { "nodes": parents }, "status": status })
    };
    let nodes: Vec<_> = nodes.iter().map(node).collect();
    let info = json!({ "hasNextPage": more, "endCursor": "here 1" });
    ok(json!({ "data": { "repository": { "object": {
        "history": { "pageInfo": info, "nodes": nodes } } } } }))
}

#[tokio::test]
async fn the_line_before_a_commit_is_that_of_first_parents() {
    let first = [
        ('a', Some('b'), None),
        // Merged by `a`, and newer than its first parent.
        ('f', Some('d'), Some("SUCCESS")),
        ('b', Some('c'), Some("FAILURE")),
    ];
    let second = [('c', Some('d'), Some("SUCCESS")), ('d', None, Some(""))];
    let script = [(GRAPHQL, history(&first, true)), (GRAPHQL, history(&second, false))];
    let server = Server::new(script.clone()).await;
    let github = server.client();
    let mut line = github.ancestry(&sha('a'), "regression / verdict", 300);
    let mut seen = Vec::new();
    while let Some(commit) = line.next().await.unwrap() {
        seen.push((commit.sha, commit.succeeded));
    }
    let expected = [('a', false), ('b', false), ('c', true), ('d', false)];
    assert_eq!(seen, expected.map(|(name, succeeded)| (sha(name), succeeded)));
    let asked = server.done();
    let variables = |at: usize| &asked[at].body["variables"];
    assert_eq!(
        *variables(0),
        json!({ "owner": "acme", "name": "train", "tip": sha('a'), "first": 100,
                "context": "regression / verdict", "after": null })
    );
    assert_eq!(variables(1)["after"], "here 1");

    // Whoever has seen enough asks no more, and nobody asks beyond the bound.
    let [page, _] = script;
    let server = Server::new([page.clone(), page]).await;
    let github = server.client();
    let mut line = github.ancestry(&sha('a'), "c", 300);
    for name in ['a', 'b'] {
        assert_eq!(line.next().await.unwrap().map(|commit| commit.sha), Some(sha(name)));
    }
    let mut short = github.ancestry(&sha('a'), "c", 100);
    for expected in [Some(sha('a')), Some(sha('b')), None, None] {
        assert_eq!(short.next().await.unwrap().map(|commit| commit.sha), expected);
    }
    server.done();
}

#[tokio::test]
async fn a_line_that_cannot_be_read_is_told() {
    let forbidden = json!({ "data": { "repository": null }, "errors": [
        { "type": "FORBIDDEN", "message": "Resource not accessible by integration" }] });
    let gone = json!({ "data": { "repository": { "object": null } } });
    let server = Server::new([
        (GRAPHQL, ok(forbidden)),
        (GRAPHQL, ok(gone)),
        (GRAPHQL, status(502, "Bad Gateway")),
        (GRAPHQL, history(&[('a', None, None)], false)),
    ])
    .await;
    let github = server.client();
    let error = github.ancestry(&sha('a'), "c", 300).next().await.unwrap_err();
    assert!(matches!(error, Error::Forbidden { .. }), "{error}");
    assert!(error.to_string().contains("permissions:\n  statuses: read\n  pull"), "{error}");
    let error = github.ancestry(&sha('a'), "c", 300).next().await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    let first = github.ancestry(&sha('a'), "c", 300).next().await.unwrap();
    assert_eq!(first.map(|commit| commit.sha), Some(sha('a')), "asked again after a stumble");
    server.done();
}
