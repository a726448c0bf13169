//! The little of GraphQL that we use: who am I, and hide a comment.  It reads no grammar: it looks for
//! the names, and answers with the fields that anyone asks for.

use serde_json::{Value, json};

use super::{answer::Answer, comments, state::State, token};

/// Why a comment may be hidden.
const CLASSIFIERS: [&str; 6] = ["ABUSE", "DUPLICATE", "OFF_TOPIC", "OUTDATED", "RESOLVED", "SPAM"];

/// The answer, or why it can be none.
pub fn answer(state: &mut State, body: &Value) -> Result<Answer, String> {
    let query = body["query"].as_str().ok_or("GraphQL: no query")?;
    if query.contains("minimizeComment") {
        return Ok(minimize(state, &format!("{query} {}", body["variables"])));
    }
    if query.contains("viewer") && query.contains("login") {
        return Ok(Answer::ok(json!({"data": {"viewer": {"login": state.viewer.0}}})));
    }
    Err(format!("GraphQL that this server does not know: {query}"))
}

fn minimize(state: &mut State, said: &str) -> Answer {
    let needed = ["issues: write", "pull-requests: write"];
    if !token::may(&state.permissions, &needed) {
        return refused("FORBIDDEN", "Resource not accessible by integration");
    }
    let words: Vec<&str> = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let Some(reason) = CLASSIFIERS.iter().find(|known| words.contains(known)) else {
        return refused("argumentLiteralsIncompatible", "no classifier");
    };
    let meant = |id: String| words.iter().any(|word| *word == id);
    match state.comments.iter_mut().find(|comment| meant(comments::node_id(comment))) {
        Some(comment) => {
            comment.minimized = Some(reason.to_lowercase().replace('_', "-"));
            let shown = json!({"isMinimized": true, "minimizedReason": comment.minimized});
            Answer::ok(json!({"data": {"minimizeComment": {
                "clientMutationId": null, "minimizedComment": shown,
            }}}))
        }
        None => refused("NOT_FOUND", "Could not resolve to a node with the global id given."),
    }
}

/// A failure of GraphQL: a success of HTTP.
fn refused(kind: &str, message: &str) -> Answer {
    Answer::ok(json!({
        "data": {"minimizeComment": null},
        "errors": [{"type": kind, "path": ["minimizeComment"], "message": message,
            "locations": [{"line": 1, "column": 1}]}],
    }))
}
