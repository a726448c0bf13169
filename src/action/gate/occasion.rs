//! The events that can start something, and what each starts: the table of `docs/triggers.md`.

use clap::ValueEnum;

/// An event that can start something.  Its documentation is what `docs/triggers.md` says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Occasion {
    /// after a run for one of the next two or for `merge_group`, which needs no rights: what they start, also from a
    /// fork; those of a pull request if whoever made that run may push.
    WorkflowRun,
    /// an approving review of the current head of a pull request into the default branch, by somebody with
    /// write permission who is not the author, nor pushed it last if `require-last-push-approval` is set
    /// (`approvals` of them), with nobody's request for changes standing.
    PullRequestReview,
    /// nothing by itself: the status becomes *awaiting approval* (or runs, if that very commit is approved
    /// already).
    PullRequest,
    /// `pull-request`, `sha`, or the branch it is run on: who may run workflows may train.
    WorkflowDispatch,
    /// `/regression <all 40 digits of the head>` by somebody whose review would count, as one approval, while nobody
    /// requests changes.
    IssueComment,
    /// a group of the default branch's queue; answered from the pull request's evidence if the tree is the same.
    MergeGroup,
    /// what was pushed to the default branch, against what was there before.
    Push,
    /// the default branch against the input `base`, such as a release tag.
    Schedule,
}

impl Occasion {
    /// All of them, as a list to read.
    pub(super) fn list() -> String {
        let values = Self::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<_> = values.map(|value| format!("`{}`", value.get_name())).collect();
        names.join(", ")
    }
}
