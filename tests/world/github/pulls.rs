//! Pull requests and their reviews.

use serde_json::{Value, json};

use super::{
    answer::Answer,
    call::Call,
    page,
    state::{End, Pull, Review},
};

pub fn get(call: &mut Call) -> Answer {
    match call.state.pulls.get(&call.number("pull_number")) {
        Some(pull) => Answer::ok(render(call, "pulls/get", pull)),
        None => Answer::not_found(),
    }
}

/// The pull requests of a state and of one owner's branch, the newest first.
pub fn list(call: &mut Call) -> Answer {
    let asked = |name: &str| call.query.get(name).map(String::as_str);
    let open = match asked("state") {
        Some("all") => None,
        Some(state) => Some(state == "open"),
        None => Some(true),
    };
    let fits = |pull: &&Pull| {
        let name = pull.head.repository.as_deref().unwrap_or("gone/gone");
        let head = format!("{}:{}", name.split_once('/').unwrap().0, pull.head.branch);
        // GitHub takes what names no owner for nothing at all.
        let of = asked("head").filter(|asked| asked.contains(':'));
        open.is_none_or(|open| pull.open == open) && of.is_none_or(|asked| asked == head)
    };
    let pulls: Vec<&Pull> = call.state.pulls.values().rev().filter(fits).collect();
    let rendered = pulls.into_iter().map(|pull| render(call, "pulls/list", pull)).collect();
    page::answer(call, rendered)
}

/// A pull request, as an operation shows it.
fn render(call: &Call, operation: &str, pull: &Pull) -> Value {
    let mut rendered = call.example(operation, fields(call, pull));
    if pull.head.repository.is_none() {
        rendered["head"]["repo"] = Value::Null;
    }
    rendered
}

/// The pull requests that brought a commit; those that only hold it nobody asks for.
pub fn with_commit(call: &mut Call) -> Answer {
    let sha = call.parameter("commit_sha");
    let Some(sha) = call.objects().resolve(sha) else {
        return Answer::error(422, &format!("No commit found for SHA: {sha}"));
    };
    let pulls = call.state.pulls.values().filter(|pull| pull.merged.contains(&sha));
    let operation = "repos/list-pull-requests-associated-with-commit";
    page::answer(call, pulls.map(|pull| call.example(operation, fields(call, pull))).collect())
}

/// What we know of a pull request.
pub fn fields(call: &Call, pull: &Pull) -> Value {
    let number = pull.number;
    let author = call.account(&pull.author);
    let html = call.site.page(&format!("/pull/{number}"));
    json!({
        "number": number,
        "url": call.site.url(&format!("/pulls/{number}")),
        "html_url": html,
        "title": format!("Pull request {number}"),
        "state": if pull.open { "open" } else { "closed" },
        "draft": pull.draft,
        "locked": false,
        "merged": !pull.merged.is_empty(),
        "merged_at": if pull.merged.is_empty() { None } else { pull.closed_at.as_ref() },
        "merge_commit_sha": pull.merged.last(),
        "merged_by": null,
        "closed_at": pull.closed_at,
        "user": author,
        "head": end(call, &pull.head, &author),
        "base": end(call, &pull.base, &json!({})),
        "requested_teams": [],
        "labels": [],
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "_links": {"self": {"href": call.site.url(&format!("/pulls/{number}"))}, "html": {"href": html}},
    })
}

fn end(call: &Call, end: &End, author: &Value) -> Value {
    let name = end.repository.as_deref().unwrap_or("gone/gone");
    let (owner, short) = name.split_once('/').unwrap();
    let own = name == call.site.repository;
    let user = if own { json!({"login": owner}) } else { author.clone() };
    json!({
        "label": format!("{owner}:{}", end.branch),
        "ref": end.branch,
        "sha": end.sha,
        "user": user,
        "repo": {
            "name": short,
            "full_name": name,
            "owner": user,
            "private": call.state.private,
            "fork": !own,
            "default_branch": call.state.default_branch,
            "html_url": format!("{}/{name}", call.site.server()),
            "clone_url": format!("{}/{name}.git", call.site.server()),
        },
    })
}

pub fn reviews(call: &mut Call) -> Answer {
    let number = call.number("pull_number");
    if !call.state.pulls.contains_key(&number) {
        return Answer::not_found();
    }
    let reviews = call.state.reviews.iter().filter(|review| review.pull == number);
    page::answer(call, reviews.map(|review| render_review(call, review)).collect())
}

/// A review, as the API shows it.
pub fn render_review(call: &Call, review: &Review) -> Value {
    let html = call.site.page(&format!("/pull/{}#pullrequestreview-{}", review.pull, review.id));
    let pull = call.site.url(&format!("/pulls/{}", review.pull));
    let fields = json!({
        "id": review.id,
        "user": call.account(&review.user),
        "body": "",
        "state": review.state,
        "commit_id": review.commit,
        "submitted_at": review.submitted_at,
        "html_url": html,
        "pull_request_url": pull,
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
    });
    call.example("pulls/list-reviews", fields)
}
