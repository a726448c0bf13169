//! What a person may do in a repository.

use serde::Deserialize;

use super::{Error, GitHub, Scope, request::ApiCall};

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

#[derive(Deserialize)]
struct PermissionAnswer {
    permission: Permission,
}

impl GitHub {
    /// What `login` may do; who is no collaborator may do nothing.
    pub async fn permission(&self, login: &str) -> Result<Permission, Error> {
        let what = format!("read the permission of {}", crate::output::excerpt(login, 60));
        // As parts of an address these mean something else, and nobody is called so.
        if matches!(login, "" | "." | "..") {
            return Ok(Permission::None);
        }
        let url = self.url(&["collaborators", login, "permission"]);
        let answer: Result<PermissionAnswer, _> =
            self.ask(&ApiCall::get(url, Scope::CONTENTS, what)).await;
        match answer {
            Ok(answer) => Ok(answer.permission),
            Err(Error::NotFound { .. }) => Ok(Permission::None),
            Err(error) => Err(error),
        }
    }
}
