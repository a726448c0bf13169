//! Comments of pull requests, which are issues to GitHub.

use serde_json::{Value, json};

use super::{
    answer::Answer,
    call::Call,
    page,
    state::{Comment, now},
};

/// Longest body, in characters.
const LONGEST: usize = 65_536;

pub fn list(call: &mut Call) -> Answer {
    let issue = call.number("issue_number");
    if !call.state.pulls.contains_key(&issue) {
        return Answer::not_found();
    }
    let since = call.query.get("since").cloned().unwrap_or_default();
    let comments = call.state.comments.iter();
    let asked = comments.filter(|known| known.issue == issue && known.updated_at >= since);
    page::answer(call, asked.map(|comment| render(call, comment)).collect())
}

pub fn create(call: &mut Call) -> Answer {
    let issue = call.number("issue_number");
    if !call.state.pulls.contains_key(&issue) {
        return Answer::not_found();
    }
    let body = match text(call) {
        Ok(body) => body,
        Err(answer) => return answer,
    };
    let comment = Comment {
        id: call.state.next_id(),
        issue,
        user: call.state.viewer.clone(),
        body,
        created_at: now(),
        updated_at: now(),
        minimized: None,
    };
    let body = render(call, &comment);
    let location = body["url"].as_str().unwrap_or_default().to_owned();
    call.state.comments.push(comment);
    Answer::new(201, body).with("location", &location)
}

pub fn update(call: &mut Call) -> Answer {
    let Some(at) = position(call) else { return Answer::not_found() };
    // Whoever may write may change what others wrote, too.
    match text(call) {
        Ok(body) => {
            let comment = &mut call.state.comments[at];
            comment.body = body;
            comment.updated_at = now();
            Answer::ok(render(call, &call.state.comments[at]))
        }
        Err(answer) => answer,
    }
}

pub fn delete(call: &mut Call) -> Answer {
    let Some(at) = position(call) else { return Answer::not_found() };
    call.state.comments.remove(at);
    Answer::new(204, Value::Null)
}

fn position(call: &Call) -> Option<usize> {
    let id = call.number("comment_id");
    call.state.comments.iter().position(|comment| comment.id == id)
}

/// The body to be written, or why it is none.
fn text(call: &Call) -> Result<String, Answer> {
    let body = call.body["body"].as_str().unwrap_or_default();
    if body.trim().is_empty() {
        return Err(Answer::invalid("IssueComment", "body", "Body can't be blank"));
    }
    if body.chars().count() > LONGEST {
        let message = format!("Body is too long (maximum is {LONGEST} characters)");
        return Err(Answer::invalid("IssueComment", "body", &message));
    }
    Ok(body.to_owned())
}

/// What GraphQL calls a comment.
pub fn node_id(comment: &Comment) -> String {
    format!("IC_{}", comment.id)
}

/// A comment, as the API shows it.
pub fn render(call: &Call, comment: &Comment) -> Value {
    let fields = json!({
        "id": comment.id,
        "node_id": node_id(comment),
        "url": call.site.url(&format!("/issues/comments/{}", comment.id)),
        "html_url": call.site.page(&format!("/pull/{}#issuecomment-{}", comment.issue, comment.id)),
        "issue_url": call.site.url(&format!("/issues/{}", comment.issue)),
        "body": comment.body,
        "user": call.account(&comment.user),
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
    });
    let mut rendered = call.example("issues/create-comment", fields);
    // An old GitHub Enterprise Server does not tell what is hidden.
    if let (Some(reason), Some(_)) = (&comment.minimized, rendered.get("minimized")) {
        rendered["minimized"] = json!({"reason": reason});
    }
    rendered
}
