//! Issues.  A list of them holds the pull requests too.

use serde_json::{Value, json};

use super::{
    Account,
    answer::Answer,
    call::Call,
    page,
    state::{Issue, Pull, now},
};

/// Longest title and body, in characters.
const LONGEST: (usize, usize) = (256, 65_536);

pub fn list(call: &mut Call) -> Answer {
    let query = |name: &str| call.query.get(name).map_or("", String::as_str);
    for unserved in ["milestone", "assignee", "type", "mentioned", "labels", "since"] {
        assert!(query(unserved).is_empty(), "issues by {unserved} are not served");
    }
    assert!(matches!(query("sort"), "" | "created"), "sorted otherwise");
    let (state, creator) = (query("state"), query("creator").to_lowercase());
    let wanted = |open: bool, user: &Account| {
        let state = state == "all" || open == (state != "closed");
        state && (creator.is_empty() || user.0.to_lowercase() == creator)
    };
    let issues = call.state.issues.iter();
    let issues = issues.filter(|issue| wanted(issue.open, &issue.user));
    let pulls = call.state.pulls.values().filter(|pull| wanted(pull.open, &pull.author));
    let mut all: Vec<(u64, Value)> =
        issues.map(|issue| (issue.number, render(call, issue))).collect();
    all.extend(pulls.map(|pull| (pull.number, render_pull(call, pull))));
    // Numbers rise with time.
    all.sort_by_key(|(number, _)| *number);
    if query("direction") != "asc" {
        all.reverse();
    }
    page::answer(call, all.into_iter().map(|(_, issue)| issue).collect())
}

pub fn create(call: &mut Call) -> Answer {
    if !call.state.has_issues {
        return Answer::error(410, "Issues has been disabled in this repository.");
    }
    let (title, body) = (text(call, "title"), text(call, "body"));
    if let Some(answer) = wrong(title.as_deref(), body.as_deref()) {
        return answer;
    }
    let issue = Issue {
        number: call.state.next_number(),
        user: call.state.viewer.clone(),
        title: title.unwrap_or_default(),
        body,
        open: true,
        reason: None,
        created_at: now(),
        updated_at: now(),
    };
    let rendered = render(call, &issue);
    let location = rendered["url"].as_str().unwrap_or_default().to_owned();
    call.state.issues.push(issue);
    Answer::new(201, rendered).with("location", &location)
}

pub fn update(call: &mut Call) -> Answer {
    let number = call.number("issue_number");
    let Some(at) = call.state.issues.iter().position(|issue| issue.number == number) else {
        return Answer::not_found();
    };
    let (title, body) = (text(call, "title"), text(call, "body"));
    let asked = title.clone().unwrap_or_else(|| call.state.issues[at].title.clone());
    if let Some(answer) = wrong(Some(&asked), body.as_deref()) {
        return answer;
    }
    let (state, reason) = (text(call, "state"), text(call, "state_reason"));
    let issue = &mut call.state.issues[at];
    issue.title = asked;
    issue.body = body.or_else(|| issue.body.take());
    if let Some(state) = state {
        issue.open = state == "open";
        let usual = if issue.open { "reopened" } else { "completed" };
        issue.reason = Some(reason.unwrap_or_else(|| usual.to_owned()));
    }
    issue.updated_at = now();
    let rendered = render(call, &call.state.issues[at]);
    Answer::ok(rendered)
}

fn text(call: &Call, name: &str) -> Option<String> {
    call.body[name].as_str().map(str::to_owned)
}

/// Why title and body cannot be written.
fn wrong(title: Option<&str>, body: Option<&str>) -> Option<Answer> {
    let long = |text: &str, most| text.chars().count() > most;
    let title = title.unwrap_or_default();
    let (field, message) = match (title, body) {
        (title, _) if title.trim().is_empty() => ("title", "title can't be blank".to_owned()),
        (title, _) if long(title, LONGEST.0) => {
            ("title", format!("title is too long (maximum is {} characters)", LONGEST.0))
        }
        (_, Some(body)) if long(body, LONGEST.1) => {
            ("body", format!("body is too long (maximum is {} characters)", LONGEST.1))
        }
        _ => return None,
    };
    Some(Answer::invalid("Issue", field, &message))
}

fn render(call: &Call, issue: &Issue) -> Value {
    let fields = json!({
        "title": issue.title,
        "body": issue.body,
        "state": if issue.open { "open" } else { "closed" },
        "state_reason": issue.reason,
        "closed_at": (!issue.open).then_some(&issue.updated_at),
        "user": call.account(&issue.user),
        "html_url": call.site.page(&format!("/issues/{}", issue.number)),
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
    });
    let mut rendered = numbered(call, issue.number, fields);
    if let Some(fields) = rendered.as_object_mut() {
        fields.remove("pull_request");
    }
    rendered
}

/// A pull request, as lists of issues show it.
fn render_pull(call: &Call, pull: &Pull) -> Value {
    let number = pull.number;
    let html = call.site.page(&format!("/pull/{number}"));
    let fields = json!({
        "title": format!("Pull request {number}"),
        "body": "",
        "state": if pull.open { "open" } else { "closed" },
        "closed_at": pull.closed_at,
        "user": call.account(&pull.author),
        "html_url": html,
        "pull_request": {"url": call.site.url(&format!("/pulls/{number}")), "html_url": html},
    });
    numbered(call, number, fields)
}

fn numbered(call: &Call, number: u64, fields: Value) -> Value {
    let about = json!({
        "id": number,
        "node_id": format!("I_{number}"),
        "number": number,
        "url": call.site.url(&format!("/issues/{number}")),
        "labels": [],
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "locked": false,
        "active_lock_reason": null,
        "closed_by": null,
    });
    let mut rendered = call.example("issues/list-for-repo", about);
    super::answer::overlay(&mut rendered, fields);
    rendered
}
