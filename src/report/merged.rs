//! What was trained in head's place.

use schemars::JsonSchema;
use serde::Serialize;

use crate::git::Commit;
use crate::output::count;

/// What merging head into base would make: it was trained in head's place, since head lacks commits of base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Merged {
    /// Base, as it was asked for: a branch, a tag, or the first digits of a commit.
    pub into: String,
    /// Commits of base that head lacks.
    pub behind: u64,
    /// The name of the tree, as git gives it.
    pub tree: String,
}

impl Merged {
    /// In a sentence, the same on the terminal and on GitHub.
    pub(crate) fn told(&self, head: &Commit) -> String {
        let behind = usize::try_from(self.behind).unwrap_or(usize::MAX);
        format!(
            "{} is {} behind {}: compared is what the merge would make (tree {})",
            head.sha.short(),
            count(behind, "commit"),
            self.into,
            self.tree.get(..7).unwrap_or(&self.tree)
        )
    }
}
