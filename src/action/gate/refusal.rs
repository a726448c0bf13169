//! Why nothing starts.

use crate::git::CommitSha;

/// Why nothing starts, and what would change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which rule says so.
    pub rule: Rule,
    /// Why, in a sentence.
    pub reason: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// What to tell the commit; none: leave its status as it is.
    pub status: Option<StatusNote>,
}

/// A status that says "wait".  It cannot say anything else, so that no refusal opens the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusNote {
    /// The commit to tell.
    pub sha: CommitSha,
    /// At most [`LONGEST_DESCRIPTION`](crate::clients::github::LONGEST_DESCRIPTION) characters.
    pub description: String,
    /// Whether it takes back what was said; else it is only for a commit of which nothing was said, or a
    /// stranger could use up the statuses that GitHub takes for one.
    pub takes_back: bool,
}

impl Refusal {
    pub(super) fn new(rule: Rule, reason: impl Into<String>) -> Self {
        Self { rule, reason: reason.into(), remedy: None, status: None }
    }

    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    pub(super) fn status(self, status: Option<StatusNote>) -> Self {
        Self { status, ..self }
    }

    /// The refusal of a run that has begun: its commit waits again.
    pub(super) fn stopping(self, head: &CommitSha) -> Self {
        let why = if self.rule == Rule::Superseded {
            format!("{} is not the head any more", head.short())
        } else if self.rule == Rule::Closed {
            "the pull request is closed".to_owned()
        } else if self.rule == Rule::Draft {
            "the pull request is a draft".to_owned()
        } else {
            format!("awaiting approval of {}", head.short())
        };
        let description = format!("stopped: {why}");
        self.status(Some(StatusNote { sha: head.clone(), description, takes_back: true }))
    }
}

/// The gate's rules, one for each way to be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Only this repository's events and pull requests.
    OtherRepository,
    /// Only what goes into the default branch is judged where reviews or a queue decide.
    OtherBase,
    /// Only events that we know.
    OtherEvent,
    /// Of those, only actions that can change the answer.
    OtherAction,
    /// Inputs that choose a commit belong to the button and to schedules.
    InputOfAnotherEvent,
    /// A review that only comments changes nothing.
    OnlyComment,
    /// A comment without our command.
    NoCommand,
    /// The command needs all digits of the commit.
    ShortSha,
    /// Who comments the command needs to be allowed to push.
    ReaderCommand,
    /// Nobody commands their own.
    SelfCommand,
    /// A bot commands nothing.
    BotCommand,
    /// A command is for the branch that the pull request went into.
    RetargetedCommand,
    /// The pull request must be open.
    Closed,
    /// It must not be a draft.
    Draft,
    /// The repository of its branch must exist.
    HeadDeleted,
    /// A fork needs someone who names the commit.
    Fork,
    /// The commit must be the head.
    Superseded,
    /// The run that ended must have been of the head of a pull request ...
    NoPull,
    /// ... and of one that can be told from others.
    SeveralPulls,
    /// An approval is for the commit that was seen ...
    StaleApproval,
    /// ... and for the branch that it went into.
    RetargetedApproval,
    /// Nobody approves their own.
    SelfApproval,
    /// Whoever pushed the head last does not approve it, where the workflow says so ...
    PusherApproval,
    /// ... and GitHub must tell who that was.
    UnknownPusher,
    /// Who approves needs to be allowed to push.
    ReaderApproval,
    /// A bot approves nothing.
    BotApproval,
    /// A dismissed approval is none.
    Dismissed,
    /// Nobody who may push asks for changes.
    ChangesRequested,
    /// There must be an approval.
    NoApproval,
    /// There must be as many as the input `approvals` says.
    TooFewApprovals,
    /// A review that is not needed for the approval that stands starts nothing.
    NothingNew,
    /// Only the default branch is measured on a push.
    OtherBranch,
    /// It must merge into the branch that it goes into ...
    Conflict,
    /// ... and part from it at one commit.
    Crossing,
    /// There must be something before a push to compare with.
    FirstPush,
    /// A schedule needs the input `base`.
    NoBase,
}
