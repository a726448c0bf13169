//! What was done to a branch, and by whom.
//!
//! <https://docs.github.com/en/rest/repos/repos#list-repository-activities>

use serde::Deserialize;

use super::{Account, Error, GitHub, RepositoryName, Scope, request::ApiCall};

/// One push, or another way by which a branch came to its commit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Activity {
    /// The branch's commit from then on; zeros: it was deleted.
    pub after: String,
    /// Who did it; none: an account that is gone.
    pub actor: Option<Account>,
}

impl GitHub {
    /// What was done last to a branch of any repository that the token may read; none: GitHub lists nothing.
    pub async fn last_activity(
        &self,
        home: &RepositoryName,
        branch: &str,
    ) -> Result<Option<Activity>, Error> {
        let mut url = self.url_of(home, &["activity"]);
        let branch = format!("refs/heads/{branch}");
        let newest = [("ref", &*branch), ("direction", "desc"), ("per_page", "1")];
        url.query_pairs_mut().extend_pairs(newest);
        let what = format!("read who pushed to {home}");
        let listed: Vec<Activity> = self.ask(&ApiCall::get(url, Scope::CONTENTS, what)).await?;
        Ok(listed.into_iter().next())
    }
}
