//! The repository itself, who may do what in it, and its latest release.

use serde_json::{Value, json};

use super::{Account, answer::Answer, call::Call};

pub fn get(call: &mut Call) -> Answer {
    let mut body = call.example("repos/get", fields(call));
    // What the description's example forgets.
    body["language"] = Value::Null;
    body["source"]["language"] = Value::Null;
    Answer::ok(body)
}

/// What we know of the repository.
pub fn fields(call: &Call) -> Value {
    let (owner, name) = call.site.repository.split_once('/').unwrap();
    json!({
        "name": name,
        "full_name": call.site.repository,
        "owner": {"login": owner, "type": "Organization"},
        "private": call.state.private,
        "visibility": if call.state.private { "private" } else { "public" },
        "default_branch": call.state.default_branch,
        "html_url": call.site.page(""),
        "clone_url": call.site.page(".git"),
    })
}

pub fn permission(call: &mut Call) -> Answer {
    let login = call.parameter("username");
    let Some(role) = call.state.role(login) else {
        return Answer::error(404, &format!("{login} is not a user"));
    };
    let level = ["none", "read", "triage", "write", "maintain", "admin"]
        .iter()
        .position(|known| *known == role)
        .unwrap_or_else(|| panic!("no role of GitHub's: {role}"));
    let mut user = call.account(&Account(login.to_owned()));
    user["role_name"] = json!(role);
    user["permissions"] = json!({
        "pull": level >= 1, "triage": level >= 2, "push": level >= 3,
        "maintain": level >= 4, "admin": level >= 5,
    });
    // The API knows four classes; the other roles come as the class below them.
    let class = match role.as_str() {
        "triage" => "read",
        "maintain" => "write",
        other => other,
    };
    Answer::ok(json!({"permission": class, "role_name": role, "user": user}))
}

pub fn latest_release(call: &mut Call) -> Answer {
    let Some(tag) = &call.state.release else { return Answer::not_found() };
    let fields = json!({
        "tag_name": tag,
        "name": tag,
        "target_commitish": call.state.default_branch,
        "html_url": call.site.page(&format!("/releases/tag/{tag}")),
    });
    Answer::ok(call.example("repos/get-latest-release", fields))
}
