//! The little of GraphQL that we use: who am I, hide a comment, the history before a commit with a status of
//! each, and when a pull request got another target.  It reads no grammar: it looks for the names, and answers with the fields that anyone
//! asks for.

use serde_json::{Value, json};

use super::{answer::Answer, comments, objects::Objects, site::Site, state::State, token};

/// Why a comment may be hidden.
const CLASSIFIERS: [&str; 6] = ["ABUSE", "DUPLICATE", "OFF_TOPIC", "OUTDATED", "RESOLVED", "SPAM"];

const INACCESSIBLE: &str = "Resource not accessible by integration";

/// The answer, or why it can be none.
pub fn answer(site: &Site, state: &mut State, body: &Value) -> Result<Answer, String> {
    let query = body["query"].as_str().ok_or("GraphQL: no query")?;
    if query.contains("minimizeComment") {
        return Ok(minimize(state, &format!("{query} {}", body["variables"])));
    }
    if query.contains("history(") {
        return history(site, state, query, &body["variables"]);
    }
    if query.contains("timelineItems(") {
        return retargeted(site, state, query, &body["variables"]);
    }
    if query.contains("viewer") && query.contains("login") {
        return Ok(Answer::ok(json!({"data": {"viewer": {"login": state.viewer.0}}})));
    }
    Err(format!("GraphQL that this server does not know: {query}"))
}

fn minimize(state: &mut State, said: &str) -> Answer {
    let needed = ["issues: write", "pull-requests: write"];
    if !token::may(&state.permissions, &needed) {
        return refused("minimizeComment", "FORBIDDEN", INACCESSIBLE);
    }
    let words: Vec<&str> = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let Some(reason) = CLASSIFIERS.iter().find(|known| words.contains(known)) else {
        return refused("minimizeComment", "argumentLiteralsIncompatible", "no classifier");
    };
    let meant = |id: String| words.iter().any(|word| *word == id);
    let Some(comment) = state.comments.iter_mut().find(|known| meant(comments::node_id(known)))
    else {
        let message = "Could not resolve to a node with the global id given.";
        return refused("minimizeComment", "NOT_FOUND", message);
    };
    comment.minimized = Some(reason.to_lowercase().replace('_', "-"));
    let shown = json!({"isMinimized": true, "minimizedReason": comment.minimized});
    Answer::ok(json!({"data": {"minimizeComment": {
        "clientMutationId": null, "minimizedComment": shown,
    }}}))
}

/// The commits that `tip` holds, newest first, a page of them; with the newest status of a context.
fn history(site: &Site, state: &State, query: &str, variables: &Value) -> Result<Answer, String> {
    let text = |name: &str| variables[name].as_str().unwrap_or_default();
    declared(query, variables, &["owner", "name", "tip", "context", "first", "after"])?;
    let first = variables["first"].as_u64().filter(|first| (1..=100).contains(first));
    let first = first.ok_or("GraphQL: `first` must be between 1 and 100")?;
    if !is_here(site, variables) {
        return Ok(refused("repository", "NOT_FOUND", "Could not resolve to a Repository."));
    }
    for needed in ["contents: read", "statuses: read"] {
        if !token::may(&state.permissions, &[needed]) {
            return Ok(refused("repository", "FORBIDDEN", INACCESSIBLE));
        }
    }
    let objects = Objects(&site.directory);
    let listed = objects.git(&["rev-list", "--parents", text("tip")]);
    let Some(listed) = listed else {
        return Ok(Answer::ok(json!({"data": {"repository": {"object": null}}})));
    };
    // A cursor is the tip and how many are before the page.
    let before = text("after").split_once(' ').and_then(|(_, at)| at.parse().ok()).unwrap_or(0);
    let node = |line: &str| {
        let mut names = line.split(' ');
        let sha = names.next().unwrap_or_default();
        let parents: Vec<_> = names.take(1).map(|parent| json!({"oid": parent})).collect();
        let of = |status: &&super::Status| {
            status.sha == sha && status.context.eq_ignore_ascii_case(text("context"))
        };
        let any = state.statuses.iter().any(|status| status.sha == sha);
        let context = state.statuses.iter().rfind(of);
        let context = context.map(|status| json!({"state": status.state.to_uppercase()}));
        let status = any.then(|| json!({"context": context}));
        json!({"oid": sha, "parents": {"nodes": parents}, "status": status})
    };
    let most = usize::try_from(first).unwrap_or(100);
    let all = listed.lines().count();
    let nodes: Vec<_> = listed.lines().skip(before).take(most).map(node).collect();
    let end = before + nodes.len();
    let cursor = (!nodes.is_empty()).then(|| format!("{} {end}", text("tip")));
    let info = json!({"hasNextPage": end < all, "endCursor": cursor});
    let history = json!({"pageInfo": info, "nodes": nodes});
    Ok(Answer::ok(json!({"data": {"repository": {"object": {"history": history}}}})))
}

/// When a pull request last got another branch to go into.
fn retargeted(
    site: &Site,
    state: &State,
    query: &str,
    variables: &Value,
) -> Result<Answer, String> {
    declared(query, variables, &["owner", "name", "number"])?;
    if !is_here(site, variables) {
        return Ok(refused("repository", "NOT_FOUND", "Could not resolve to a Repository."));
    }
    if !token::may(&state.permissions, &["pull-requests: read"]) {
        return Ok(refused("repository", "FORBIDDEN", INACCESSIBLE));
    }
    let Some(pull) = variables["number"].as_u64().and_then(|number| state.pulls.get(&number))
    else {
        let message = "Could not resolve to a PullRequest.";
        return Ok(refused("pullRequest", "NOT_FOUND", message));
    };
    let nodes: Vec<_> = pull.retargeted.iter().map(|at| json!({"createdAt": at})).collect();
    let items = json!({"timelineItems": {"nodes": nodes}});
    Ok(Answer::ok(json!({"data": {"repository": {"pullRequest": items}}})))
}

fn declared(query: &str, variables: &Value, names: &[&str]) -> Result<(), String> {
    let missing =
        |name: &&&str| variables.get(**name).is_none() || !query.contains(&format!("${name}"));
    match names.iter().find(missing) {
        Some(name) => Err(format!("GraphQL: no variable {name}")),
        None => Ok(()),
    }
}

fn is_here(site: &Site, variables: &Value) -> bool {
    let text = |name: &str| variables[name].as_str().unwrap_or_default();
    format!("{}/{}", text("owner"), text("name")).eq_ignore_ascii_case(&site.repository)
}

/// A failure of GraphQL: a success of HTTP.
fn refused(field: &str, kind: &str, message: &str) -> Answer {
    Answer::ok(json!({
        "data": {field: null},
        "errors": [{"type": kind, "path": [field], "message": message,
            "locations": [{"line": 1, "column": 1}]}],
    }))
}
