//! What a person may do in a repository.

use serde::Deserialize;

/// GitHub's four classes of permission, from none up; roles of one's own and `maintain` and `triage`
/// come as the class below them.
///
/// <https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// None at all.
    None,
    /// May read.
    Read,
    /// May push; the least that an approver needs.
    Write,
    /// May do everything.
    Admin,
}
