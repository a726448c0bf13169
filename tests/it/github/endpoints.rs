//! Everything that is served.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    Scene,
    world::{self, World, github::GitHub},
};

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
        github.open_fork_pull(8, "eve", head, "main");
        let listed = |query: &str| {
            let list = scene.get(&format!("/pulls?{query}")).body;
            let numbers =
                list.as_array().unwrap().iter().map(|pull| pull["number"].as_u64().unwrap());
            numbers.collect::<Vec<_>>()
        };
        assert_eq!(listed("state=all&sort=updated&direction=desc"), [8, 7]);
        assert_eq!(listed("head=org:feature%2Fx"), [7]);
        assert_eq!(listed("head=eve:patch&per_page=100"), [8]);
        github.close(8);
        assert_eq!((listed("head=eve:patch"), listed("state=closed")), (vec![], vec![8]));
        let pushes = |query: &str| {
            let list = scene.get(&format!("/activity?{query}")).body;
            let told = |one: &Value| [&one["after"], &one["actor"]["login"]].map(Clone::clone);
            list.as_array().unwrap().iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(
            pushes("ref=refs%2Fheads%2Ffeature%2Fx&per_page=1"),
            [[json!(head), json!("ada")]]
        );
        assert_eq!(pushes("ref=refs%2Fheads%2Fpatch"), Vec::<[Value; 2]>::new(), "of the fork");
        let reviews = scene.get("/pulls/7/reviews").body;
        assert_eq!(reviews[0]["state"], "APPROVED");
        assert_eq!(reviews[0]["commit_id"], **head);
        let permission = scene.get("/collaborators/bob/permission").body;
        assert_eq!(
            (&permission["permission"], &permission["role_name"]),
            (&json!("write"), &json!("maintain"))
        );
        assert_eq!(scene.get("/collaborators/ada/permission").body["permission"], "none");
        assert_eq!(scene.get("/collaborators/nobody/permission").status, 404);
        assert_eq!(scene.get("/commits/feature/x").body["sha"], **head);
        assert_eq!(scene.get("/commits/pull/7/head").body["files"][0]["status"], "added");
        let tree = scene.world.git(&["rev-parse", "HEAD^{tree}"]);
        assert_eq!(scene.get("/git/ref/heads/feature/x").body["object"]["sha"], **head);
        assert_eq!(scene.get("/git/ref/feature/x").status, 404, "only by its whole name");
        scene.world.git(&["tag", "--annotate", "--message", "one", "v1", head]);
        let tag = scene.get("/git/ref/tags/v1").body["object"].clone();
        let of = scene.get(&format!("/git/tags/{}", tag["sha"].as_str().unwrap())).body;
        assert_eq!((&tag["type"], &of["object"]["sha"]), (&json!("tag"), &json!(head)));
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
        assert_eq!(scene.get("/pulls/9").status, 404);
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
fn issues_are_written_closed_and_listed_with_the_pulls() {
    for start in [GitHub::new, GitHub::enterprise] {
        let scene = Scene::with(start);
        let github = &scene.github;
        let post = |body: &Value| scene.send(Method::POST, "/issues", body);
        assert_eq!(post(&json!({"title": "one"})).status, 403, "without issues: write");
        assert_eq!(scene.get("/issues").status, 403);
        github.token_may(&["issues: write"]);
        let one = post(&json!({"title": "one", "body": "text"}));
        assert_eq!((one.status, &one.body["number"]), (201, &json!(8)), "the pull request is 7");
        assert_eq!(post(&json!({"title": "x".repeat(257)})).status, 422);
        assert_eq!(post(&json!({"title": "x", "body": "x".repeat(65_537)})).status, 422);
        let ada = github.issue("ada", "two", "hers");
        let closed = json!({"state": "closed", "state_reason": "not_planned"});
        let changed = scene.send(Method::PATCH, "/issues/8", &closed);
        assert_eq!(
            (&changed.body["state"], &changed.body["body"]),
            (&json!("closed"), &json!("text"))
        );
        assert_eq!(scene.send(Method::PATCH, "/issues/10", &closed).status, 404);
        let listed = |query: &str| {
            let list = scene.get(&format!("/issues{query}")).body;
            let numbers = list.as_array().unwrap().iter().map(|issue| issue["number"].as_u64());
            numbers.map(Option::unwrap).collect::<Vec<_>>()
        };
        assert_eq!(listed(""), [ada, 7]);
        assert_eq!(listed("?state=all&direction=asc"), [7, 8, ada]);
        assert_eq!(listed("?state=closed"), [8]);
        assert_eq!(listed("?state=all&creator=GitHub-actions[bot]"), [8]);
        let pull = scene.get("/issues?creator=ada&direction=asc").body;
        assert!(pull[0]["pull_request"].is_object() && pull[1].get("pull_request").is_none());
        let page = scene.get("/issues?state=all&creator=ada&per_page=1");
        let next =
            page.headers["link"].to_str().unwrap().split_once('>').unwrap().0[1..].to_owned();
        let second = scene.try_send(Method::GET, &next, None).unwrap().body;
        assert_eq!((&second[0]["number"], second.as_array().unwrap().len()), (&json!(7), 1));
        github.close_issue(ada);
        assert_eq!(github.issues()[1].reason.as_deref(), Some("completed"));
        github.disable_issues();
        assert_eq!(post(&json!({"title": "three"})).status, 410);
        scene.github.finish();
    }
}

#[test]
fn graphql_tells_the_history_with_a_status() {
    let scene = Scene::new();
    let Scene { github, base, head, .. } = &scene;
    github.status(base, "ada", "success", "regression / verdict");
    github.status(base, "ada", "failure", "other");
    let ask = |tip: &str, first: usize, after: Value| {
        let query = "query($owner: String!, $name: String!, $tip: GitObjectID!, $context: String!, \
            $first: Int!, $after: String) { history(..) }";
        let variables = json!({"owner": "org", "name": "model", "tip": tip, "first": first,
            "context": "regression / verdict", "after": after});
        let body = json!({"query": query, "variables": variables});
        let got = scene.try_send(Method::POST, &github.graphql_url(), Some(&body)).unwrap().body;
        (got["data"]["repository"]["object"]["history"].clone(), got)
    };
    let (first, _) = ask(head, 1, Value::Null);
    assert_eq!(
        first["nodes"],
        json!([
        {"oid": head, "parents": {"nodes": [{"oid": base}]}, "status": null}])
    );
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let (second, _) = ask(head, 1, first["pageInfo"]["endCursor"].clone());
    assert_eq!(second["nodes"][0]["oid"], **base);
    assert_eq!(second["nodes"][0]["status"], json!({"context": {"state": "SUCCESS"}}));
    let (_, unknown) = ask(&"0".repeat(40), 1, Value::Null);
    assert!(unknown["data"]["repository"]["object"].is_null());
    github.token_may(&["contents: read"]);
    assert_eq!(ask(head, 1, Value::Null).1["errors"][0]["type"], "FORBIDDEN");
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
            command.args(["--quiet", "--depth=1", "--filter=blob:none", &url, &scene.head]);
            world::finish(command)
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
