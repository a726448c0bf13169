//! A run of a workflow: by which file, of which branch.
//!
//! <https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run>

use serde::Deserialize;

use super::{Error, GitHub, RepositoryName, RepositoryOf, Scope, request::ApiCall};

/// A run, as far as it tells who may have written its workflow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkflowRun {
    /// `completed`, or one of the words for a run that goes on.
    pub status: Option<String>,
    /// What started it, such as `workflow_run`.
    pub event: String,
    /// Path of the workflow's file; GitHub's description has `@branch` behind it.
    path: String,
    /// The branch that it ran for.
    head_branch: Option<String>,
    /// Where that branch is; none: deleted.
    head_repository: Option<RepositoryOf>,
}

/// Events whose runs always take the workflow from the default branch.  A push or the button may name a tag,
/// which may have the name of that branch.
const OF_THE_BRANCH: [&str; 3] = ["workflow_run", "schedule", "issue_comment"];

impl WorkflowRun {
    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.status.as_deref() == Some("completed")
    }

    /// Whether it ran this file as it is on this branch of the repository.
    pub fn is_of(&self, file: &str, branch: &str, repository: &RepositoryName) -> bool {
        let path = self.path.split_once('@').map_or(&*self.path, |(path, _)| path);
        OF_THE_BRANCH.contains(&&*self.event)
            && path == file
            && self.head_branch.as_deref() == Some(branch)
            && self.head_repository.as_ref().is_some_and(|of| of.full_name == *repository)
    }
}

impl GitHub {
    /// A run of this repository; none if there is no such run, or if the token may not see it.
    pub async fn workflow_run(&self, id: u64) -> Result<Option<WorkflowRun>, Error> {
        let url = self.url(&["actions", "runs", &id.to_string()]);
        match self.ask(&ApiCall::get(url, Scope::ACTIONS, format!("read the run {id}"))).await {
            Ok(run) => Ok(Some(run)),
            Err(Error::NotFound { .. } | Error::Forbidden { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_same_file_of_the_default_branch_vouches() {
        let whole = json!({
            "status": "completed", "event": "workflow_run", "path": ".github/workflows/r.yml@main",
            "head_branch": "main", "head_repository": {"full_name": "acme/model", "default_branch": null},
        });
        let repository = "acme/model".parse().unwrap();
        let is_of = |field: &str, value: serde_json::Value| {
            let mut run = whole.clone();
            run[field] = value;
            let run: WorkflowRun = serde_json::from_value(run).unwrap();
            run.is_of(".github/workflows/r.yml", "main", &repository)
        };
        assert!(is_of("status", json!(null)) && is_of("path", json!(".github/workflows/r.yml")));
        for event in
            ["pull_request", "pull_request_review", "workflow_dispatch", "push", "merge_group"]
        {
            assert!(!is_of("event", json!(event)), "{event}");
        }
        assert!(!is_of("path", json!(".github/workflows/mine.yml")));
        assert!(!is_of("head_branch", json!("change")) && !is_of("head_branch", json!(null)));
        assert!(!is_of("head_repository", json!({"full_name": "mallory/model"})));
        assert!(!is_of("head_repository", json!(null)));
    }
}
