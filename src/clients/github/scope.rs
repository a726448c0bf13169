//! What a call needs of the token, and the YAML that grants it.

use std::fmt::{self, Write};

/// One line of a workflow's `permissions`.
///
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    name: &'static str,
    level: &'static str,
}

impl Scope {
    /// Commits, branches and releases.
    pub const CONTENTS: Self = Self { name: "contents", level: "read" };
    /// Pull requests, their reviews and comments.
    pub const PULL_REQUESTS: Self = Self { name: "pull-requests", level: "write" };
    /// Issues.
    pub const ISSUES: Self = Self { name: "issues", level: "write" };
    /// The statuses of commits, where none is written.
    pub const STATUSES_READ: Self = Self { name: "statuses", level: "read" };
    /// The statuses of commits.
    pub const STATUSES: Self = Self { name: "statuses", level: "write" };

    /// Runs of workflows.
    pub const ACTIONS: Self = Self { name: "actions", level: "read" };

    /// All that the action needs, this one first.  All, because a scope that is not named in
    /// `permissions` is none at all.
    pub fn yaml(self) -> String {
        let others = [Self::STATUSES, Self::PULL_REQUESTS, Self::CONTENTS, Self::ACTIONS];
        let mut yaml = format!("permissions:\n  {self}");
        for scope in others.into_iter().filter(|scope| scope.name != self.name) {
            // Writing to a String cannot fail.
            let _ = write!(yaml, "\n  {scope}");
        }
        yaml
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.name, self.level)
    }
}
