//! Runs of workflows.

use serde_json::json;

use super::{answer::Answer, call::Call};

pub fn get(call: &mut Call) -> Answer {
    let id = call.number("run_id");
    let Some(run) = call.state.runs.get(&id).cloned() else { return Answer::not_found() };
    let (owner, name) = run.repository.split_once('/').unwrap();
    let fields = json!({
        "id": id,
        "event": run.event,
        "status": if run.over { "completed" } else { "in_progress" },
        "conclusion": run.over.then_some("success"),
        "path": run.path,
        "head_branch": run.branch,
        "head_repository": {"full_name": run.repository, "name": name, "owner": {"login": owner}},
        "html_url": call.site.page(&format!("/actions/runs/{id}")),
    });
    Answer::ok(call.example("actions/get-workflow-run", fields))
}
