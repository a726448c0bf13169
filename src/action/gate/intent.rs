//! An event -> what it asks for.

use std::num::NonZeroU32;

use super::{
    Approval, Decision, GateInput, Occasion, Refusal, Rule, Sought, commit, question::Trigger,
    rules::closed,
};
use crate::{
    action::event::{
        Event, EventKind, IssueComment, PullRequest, PullRequestReview, WorkflowDispatch,
        WorkflowRunEvent,
    },
    clients::github::{PullNumber, RepositoryName, ReviewState},
    git::CommitSha,
};

/// What the action's inputs ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedAction {
    /// `pull-request`; only for the button.
    pub pull_request: Option<PullNumber>,
    /// `sha`; only for the button and schedules.
    pub sha: Option<CommitSha>,
    /// `base`; only for the button and schedules.
    pub base: Option<String>,
    /// Whether two commits are compared: not by `command: bisect`, which needs no base.
    pub compares: bool,
    /// `approvals`: how many people must approve.
    pub approvals: NonZeroU32,
    /// `require-last-push-approval`: whoever pushed the head last is none of them.
    pub last_push_approval: bool,
}

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Look at this pull request, then [`decide`](super::decide).
    Pull(GateInput),
    /// Find the pull request that a run was of, and look at it likewise.
    Ran(Sought),
    /// There is nothing to look at.
    Decided(Decision),
}

/// What `event` asks for, in the workflow of `repository` at `sha` (`GITHUB_SHA`).
pub fn intent(
    event: &Event,
    request: &RequestedAction,
    repository: &RepositoryName,
    sha: &CommitSha,
) -> Intent {
    let asker = Asker { request, repository, sha };
    asker.hear(event).unwrap_or_else(|refusal| Intent::Decided(Decision::Held(refusal)))
}

struct Asker<'a> {
    request: &'a RequestedAction,
    repository: &'a RepositoryName,
    sha: &'a CommitSha,
}

type Heard = Result<Intent, Refusal>;

impl Asker<'_> {
    fn hear(&self, event: &Event) -> Heard {
        self.own_repository(event)?;
        self.own_inputs(event)?;
        match &event.kind {
            EventKind::PullRequest(event) => self.pull_request(event),
            EventKind::Review(event) => self.review(event),
            EventKind::Run(event) => self.ran(event),
            EventKind::Comment(event) => self.comment(event),
            EventKind::Dispatch(event) => Ok(self.dispatch(event)),
            EventKind::MergeGroup(event) => commit::queued(event).map(approve),
            EventKind::Push(event) => commit::pushed(event).map(approve),
            EventKind::Schedule => commit::scheduled(self.request, self.sha).map(approve),
            EventKind::Other { .. } => {
                let reason = format!("the event `{}` starts nothing", event.name);
                let remedy = format!("use the action on one of {}", Occasion::list());
                Err(Refusal::new(Rule::OtherEvent, reason).remedy(remedy))
            }
        }
    }

    fn own_repository(&self, event: &Event) -> Result<(), Refusal> {
        match &event.repository {
            Some(other) if other != self.repository => {
                let reason = format!("the event is of {other}, not of {}", self.repository);
                Err(Refusal::new(Rule::OtherRepository, reason))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn own_inputs(&self, event: &Event) -> Result<(), Refusal> {
        let RequestedAction { pull_request, sha, base, .. } = self.request;
        let (button, schedule) =
            (matches!(event.kind, EventKind::Dispatch(_)), event.kind == EventKind::Schedule);
        let input = match () {
            () if pull_request.is_some() && !button => "pull-request",
            () if sha.is_some() && !button && !schedule => "sha",
            () if base.is_some() && !button && !schedule => "base",
            () => return Ok(()),
        };
        let reason = format!("the input `{input}` is not for the event `{}`", event.name);
        Err(Refusal::new(Rule::InputOfAnotherEvent, reason)
            .remedy(format!("take `{input}` away, or give it only to `workflow_dispatch`")))
    }

    fn ask(&self, number: PullNumber, named: Option<CommitSha>, trigger: Trigger) -> Intent {
        Intent::Pull(GateInput {
            repository: self.repository.clone(),
            number,
            named,
            base: self.request.base.clone(),
            approvals: self.request.approvals,
            last_push_approval: self.request.last_push_approval,
            trigger,
        })
    }

    fn pull_request(&self, event: &PullRequest) -> Heard {
        let pull = &event.pull_request;
        match event.action.as_str() {
            "opened" | "synchronize" | "reopened" | "ready_for_review" | "converted_to_draft" => {
                Ok(self.ask(pull.number, Some(pull.head.sha.clone()), Trigger::Changed))
            }
            "closed" => Err(closed(pull.number)),
            action => Err(other_action("pull_request", action)),
        }
    }

    fn review(&self, event: &PullRequestReview) -> Heard {
        let (pull, review) = (&event.pull_request, &event.review);
        let trigger = match (event.action.as_str(), review.state) {
            ("submitted", ReviewState::Approved) => Trigger::Approving(review.user.clone()),
            ("submitted", ReviewState::ChangesRequested) => {
                Trigger::Withdrawing(review.user.clone())
            }
            ("dismissed", _) => Trigger::Dismissed,
            ("submitted", _) => {
                let reason = "the review only comments, which starts and changes nothing";
                return Err(Refusal::new(Rule::OnlyComment, reason).remedy("approve instead"));
            }
            (action, _) => return Err(other_action("pull_request_review", action)),
        };
        Ok(self.ask(pull.number, Some(pull.head.sha.clone()), trigger))
    }

    /// What ran, and how it ended, may be the author's own choice: that it ended is only the occasion to look.
    fn ran(&self, event: &WorkflowRunEvent) -> Heard {
        if event.action != "completed" {
            return Err(other_action("workflow_run", &event.action));
        }
        let run = event.workflow_run.clone();
        if run.event == "merge_group" {
            return commit::queue_ran(event).map(approve);
        }
        if !matches!(run.event.as_str(), "pull_request" | "pull_request_review") {
            let reason = format!(
                "the run that ended was of the event `{}`, which starts nothing",
                run.event
            );
            let remedy = "let `workflow_run` follow a workflow on `pull_request`, `pull_request_review` and \
                          `merge_group` alone";
            return Err(Refusal::new(Rule::OtherEvent, reason).remedy(remedy));
        }
        let RequestedAction { approvals, last_push_approval, .. } = *self.request;
        let repository = self.repository.clone();
        Ok(Intent::Ran(Sought { repository, approvals, last_push_approval, run }))
    }

    fn comment(&self, event: &IssueComment) -> Heard {
        if event.action != "created" {
            return Err(other_action("issue_comment", &event.action));
        }
        let mut words = event.comment.body.lines().next().unwrap_or_default().split_whitespace();
        if !event.issue.is_pull() || words.next() != Some("/regression") {
            let reason = "the comment does not begin with `/regression` on a pull request";
            return Err(Refusal::new(Rule::NoCommand, reason));
        }
        let sha = words.next().and_then(|word| CommitSha::parse(&word.to_ascii_lowercase()).ok());
        let sha = sha.filter(|_| words.next().is_none());
        let (author, at) = (event.comment.user.clone(), event.comment.created_at.clone());
        Ok(self.ask(event.issue.number, sha, Trigger::Command { author, at }))
    }

    fn dispatch(&self, event: &WorkflowDispatch) -> Intent {
        let named = self.request.sha.clone();
        match self.request.pull_request {
            Some(number) => self.ask(number, named, Trigger::Button(event.sender.clone())),
            None => approve(commit::dispatched(event, self.request, self.sha)),
        }
    }
}

fn approve(approval: Approval) -> Intent {
    Intent::Decided(Decision::Approved(approval))
}

pub(super) fn other_action(event: &str, action: &str) -> Refusal {
    let reason = format!("`{action}` of the event `{event}` starts and changes nothing");
    Refusal::new(Rule::OtherAction, reason)
}
