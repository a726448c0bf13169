//! What happened: the name of an event and its payload -> [`Event`].  Strict about what we need,
//! deaf to the rest; a message names the event and the field, and never quotes the payload.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows>

mod merge_group;
mod payload;
mod pull_request;
mod push;
mod workflow_run;

use anyhow::{Context, Result};

pub use merge_group::{MergeGroup, MergeGroupEvent, QueueBranch};
pub use payload::EventRepository;
pub use pull_request::{
    CommentPayload, IssueComment, IssuePayload, PullRequest, PullRequestReview, SubmittedReview,
};
pub use push::{PushEvent, WorkflowDispatch};
pub use workflow_run::{EndedRun, WorkflowRunEvent};

use crate::clients::github::RepositoryName;

/// The event that started the workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name, as in `GITHUB_EVENT_NAME`.
    pub name: String,
    /// Where it happened; none: a schedule or an event of no use to us that does not say.
    pub repository: Option<RepositoryName>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened, by the event's name.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// `pull_request`.
    PullRequest(PullRequest),
    /// `pull_request_review`.
    Review(PullRequestReview),
    /// `workflow_run`.
    Run(WorkflowRunEvent),
    /// `issue_comment`.
    Comment(IssueComment),
    /// `workflow_dispatch`.
    Dispatch(WorkflowDispatch),
    /// `merge_group`.
    MergeGroup(MergeGroupEvent),
    /// `push`.
    Push(PushEvent),
    /// `schedule`.
    Schedule,
    /// Any other.
    Other {
        /// Its action, where it has one.
        action: Option<String>,
    },
}

/// Reads the payload of the event `name`.
pub fn parse(name: &str, payload: &[u8]) -> Result<Event> {
    let any: payload::Any = payload::read(name, payload)?;
    let kind = match name {
        "pull_request" => EventKind::PullRequest(payload::read(name, payload)?),
        "pull_request_review" => EventKind::Review(payload::read(name, payload)?),
        "workflow_run" => EventKind::Run(payload::read(name, payload)?),
        "issue_comment" => EventKind::Comment(payload::read(name, payload)?),
        "workflow_dispatch" => EventKind::Dispatch(payload::read(name, payload)?),
        "merge_group" => EventKind::MergeGroup(payload::read(name, payload)?),
        "push" => EventKind::Push(payload::read(name, payload)?),
        "schedule" => EventKind::Schedule,
        _ => EventKind::Other { action: any.action },
    };
    let repository = any.repository.map(|repository| repository.full_name);
    if !matches!(kind, EventKind::Schedule | EventKind::Other { .. }) {
        let missing = || format!("the payload of the event `{name}` has no field `repository`");
        repository.as_ref().with_context(missing)?;
    }
    Ok(Event { name: name.to_owned(), repository, kind })
}

#[cfg(test)]
mod tests;
