//! Comments of ours under a pull request, one for each marker: found by marker and author, changed in place.
//!
//! Of two runs that wrote at once, the comment with the lowest number stays and the others are folded
//! away.
//!
//! <https://docs.github.com/en/rest/issues/comments>

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    Account, Error, GitHub, PullNumber, Scope,
    marked::{Text, with_marker},
    request::ApiCall,
};
use crate::http::Effect;

/// A comment under a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Comment {
    /// Rises with time.
    pub id: u64,
    /// Its name in GraphQL.
    pub node_id: String,
    /// Where people read it.
    pub html_url: String,
    /// Its text.
    pub body: Option<String>,
    /// Who wrote it; none: an account that is gone.
    pub user: Option<Account>,
}

impl Comment {
    fn text(&self) -> Text<'_> {
        Text { body: self.body.as_deref(), user: self.user.as_ref() }
    }
}

impl GitHub {
    /// All comments under a pull request, oldest first.
    pub async fn comments(&self, pull: PullNumber) -> Result<Vec<Comment>, Error> {
        let url = self.url(&["issues", &pull.0.to_string(), "comments"]);
        let what = format!("read the comments of pull request {pull}");
        self.list(ApiCall::get(url, Scope::PULL_REQUESTS, what)).await
    }

    /// Our comment with this marker under a pull request, if there is one.
    pub async fn find_comment(
        &self,
        pull: PullNumber,
        marker: &str,
    ) -> Result<Option<Comment>, Error> {
        Ok(self.ours(pull, marker).await?.into_iter().next())
    }

    /// Makes `body` our comment with this marker under a pull request: changes it if it is there, else
    /// writes it.
    pub async fn upsert_comment(
        &self,
        pull: PullNumber,
        body: &str,
        marker: &str,
    ) -> Result<Comment, Error> {
        let body = &with_marker(body, marker);
        let settle = async || self.settle(pull, body, marker).await;
        let write = async || {
            let created = self.create(pull, body).await?;
            Ok(self.after_race(pull, body, marker, created).await)
        };
        self.write_once(settle, write).await
    }

    /// Ours, lowest number first.
    async fn ours(&self, pull: PullNumber, marker: &str) -> Result<Vec<Comment>, Error> {
        let login = self.viewer().await?;
        let mut ours = self.comments(pull).await?;
        ours.retain(|comment| comment.text().is_ours(login, marker));
        ours.sort_by_key(|comment| comment.id);
        Ok(ours)
    }

    /// Brings the first of ours up to date and folds the others away.
    async fn settle(
        &self,
        pull: PullNumber,
        body: &str,
        marker: &str,
    ) -> Result<Option<Comment>, Error> {
        let mut ours = self.ours(pull, marker).await?.into_iter();
        let Some(first) = ours.next() else { return Ok(None) };
        let kept =
            if first.text().says(body) { first } else { self.change(pull, &first, body).await? };
        for duplicate in ours {
            if let Err(error) = self.minimise(&duplicate.node_id).await {
                tracing::debug!("a second comment of ours stays: {error}");
            }
        }
        Ok(Some(kept))
    }

    /// The comment that stays after we wrote `created`, perhaps at the same time as another run.
    async fn after_race(
        &self,
        pull: PullNumber,
        body: &str,
        marker: &str,
        created: Comment,
    ) -> Comment {
        match self.settle(pull, body, marker).await {
            Ok(kept) => kept.unwrap_or(created),
            Err(error) => {
                tracing::debug!("cannot look for other comments of ours: {error}");
                created
            }
        }
    }

    async fn create(&self, pull: PullNumber, body: &str) -> Result<Comment, Error> {
        let call = ApiCall {
            method: Method::POST,
            url: self.url(&["issues", &pull.0.to_string(), "comments"]),
            body: Some(json!({ "body": body })),
            effect: Effect::Another,
            needs: Scope::PULL_REQUESTS,
            what: format!("comment on pull request {pull}"),
        };
        self.ask(&call).await
    }

    async fn change(
        &self,
        pull: PullNumber,
        comment: &Comment,
        body: &str,
    ) -> Result<Comment, Error> {
        let call = ApiCall {
            method: Method::PATCH,
            url: self.url(&["issues", "comments", &comment.id.to_string()]),
            body: Some(json!({ "body": body })),
            effect: Effect::Same,
            needs: Scope::PULL_REQUESTS,
            what: format!("change our comment on pull request {pull}"),
        };
        self.ask(&call).await
    }
}
