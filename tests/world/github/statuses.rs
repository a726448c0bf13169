//! Commit statuses.

use serde_json::{Value, json};

use super::{
    answer::Answer,
    call::Call,
    page,
    state::{Status, now},
};

/// Longest description, in characters.
const LONGEST: usize = 140;
/// Most statuses of one commit and context.
const MOST: usize = 1000;

pub fn list(call: &mut Call) -> Answer {
    let name = call.parameter("ref");
    let Some(sha) = call.objects().resolve(name) else { return Answer::not_found() };
    let newest_first = call.state.statuses.iter().rev().filter(|status| status.sha == sha);
    page::answer(call, newest_first.map(|status| render(call, status)).collect())
}

pub fn create(call: &mut Call) -> Answer {
    let sha = call.parameter("sha").to_owned();
    // GitHub takes no abbreviation here, and no branch.
    if sha.len() != 40 || call.objects().resolve(&sha).as_ref() != Some(&sha) {
        return Answer::error(422, &format!("No commit found for SHA: {sha}"));
    }
    let text = |name: &str| call.body[name].as_str().map(str::to_owned);
    let description = text("description");
    if description.as_ref().is_some_and(|text| text.chars().count() > LONGEST) {
        let message = format!("description is too long (maximum is {LONGEST} characters)");
        return Answer::invalid("Status", "description", &message);
    }
    let context = text("context").unwrap_or_else(|| "default".to_owned());
    let same =
        |status: &&Status| status.sha == sha && status.context.eq_ignore_ascii_case(&context);
    if call.state.statuses.iter().filter(same).count() >= MOST {
        let message = "This SHA and context has reached the maximum number of statuses.";
        return Answer::invalid("Status", "sha", message);
    }
    let status = Status {
        sha,
        state: text("state").unwrap_or_default(),
        description,
        target_url: text("target_url"),
        context,
        id: call.state.next_id(),
        creator: call.state.viewer.clone(),
        created_at: now(),
    };
    let body = render(call, &status);
    let location = body["url"].as_str().unwrap_or_default().to_owned();
    call.state.statuses.push(status);
    Answer::new(201, body).with("location", &location)
}

fn render(call: &Call, status: &Status) -> Value {
    let fields = json!({
        "id": status.id,
        "url": call.site.url(&format!("/statuses/{}", status.sha)),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "creator": call.account(&status.creator),
        "created_at": status.created_at,
        "updated_at": status.created_at,
    });
    call.example("repos/create-commit-status", fields)
}
