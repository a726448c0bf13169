//! An issue of ours: found by marker and author among the open and the closed ones, changed in place.
//! One that somebody closed stays closed, and a title that somebody changed stays changed.
//!
//! Of two runs that wrote at once, the issue with the lowest number stays and the other is closed.
//!
//! <https://docs.github.com/en/rest/issues/issues>

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Account, Error, GitHub, Scope,
    marked::{Text, with_marker},
    request::ApiCall,
};
use crate::http::Effect;

/// Pages of a hundred of our own issues in which one is looked for, newest first.
const PAGES: usize = 10;
/// Longest title that GitHub takes, in characters.
const LONGEST_TITLE: usize = 256;

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Issue {
    /// Its number, which rises with time.
    pub number: u64,
    /// Where people read it.
    pub html_url: String,
    /// Its text.
    pub body: Option<String>,
    /// Who wrote it; none: an account that is gone.
    pub user: Option<Account>,
    /// Present where it is a pull request, which GitHub lists among the issues.
    #[serde(default)]
    pull_request: Option<IssuePull>,
}

/// Says nothing but that there is one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct IssuePull {}

impl Issue {
    fn text(&self) -> Text<'_> {
        Text { body: self.body.as_deref(), user: self.user.as_ref() }
    }
}

impl GitHub {
    /// Our issue with this marker, open or closed, if it is among the newest thousand of ours.
    pub async fn find_issue(&self, marker: &str) -> Result<Option<Issue>, Error> {
        let login = self.viewer().await?;
        let mut url = self.url(&["issues"]);
        url.query_pairs_mut().append_pair("state", "all").append_pair("creator", login);
        let call = ApiCall::get(url, Scope::ISSUES, "read the issues");
        let (issues, _) = self.pages::<Issue>(call, PAGES).await?;
        let ours = issues
            .into_iter()
            .filter(|issue| issue.pull_request.is_none() && issue.text().is_ours(login, marker));
        Ok(ours.min_by_key(|issue| issue.number))
    }

    /// Makes `body` our issue with this marker: changes its text if it is there, else writes it with
    /// this title.
    pub async fn upsert_issue(
        &self,
        title: &str,
        body: &str,
        marker: &str,
    ) -> Result<Issue, Error> {
        let body = &with_marker(body, marker);
        let settle = async || match self.find_issue(marker).await? {
            Some(there) => self.bring_up_to_date(there, body).await.map(Some),
            None => Ok(None),
        };
        let write = async || {
            let created = self.create_issue(title, body).await?;
            Ok(self.first_issue(created, body, marker).await)
        };
        self.write_once(settle, write).await
    }

    /// The issue that stays after we wrote `created`, perhaps at the same time as another run.
    async fn first_issue(&self, created: Issue, body: &str, marker: &str) -> Issue {
        let settled = async {
            let first = self.find_issue(marker).await?;
            let Some(first) = first.filter(|first| first.number != created.number) else {
                return Ok(created.clone());
            };
            let closed = json!({ "state": "closed", "state_reason": "not_planned" });
            self.change_issue(created.number, closed).await?;
            self.bring_up_to_date(first, body).await
        };
        settled.await.unwrap_or_else(|error: Error| {
            tracing::debug!("cannot look for other issues of ours: {error}");
            created.clone()
        })
    }

    async fn bring_up_to_date(&self, issue: Issue, body: &str) -> Result<Issue, Error> {
        if issue.text().says(body) {
            return Ok(issue);
        }
        self.change_issue(issue.number, json!({ "body": body })).await
    }

    async fn create_issue(&self, title: &str, body: &str) -> Result<Issue, Error> {
        let title: String = title.chars().take(LONGEST_TITLE).collect();
        let call = ApiCall {
            method: Method::POST,
            url: self.url(&["issues"]),
            body: Some(json!({ "title": title, "body": body })),
            effect: Effect::Another,
            needs: Scope::ISSUES,
            what: "write an issue".to_owned(),
        };
        self.ask(&call).await
    }

    async fn change_issue(&self, number: u64, fields: Value) -> Result<Issue, Error> {
        let call = ApiCall {
            method: Method::PATCH,
            url: self.url(&["issues", &number.to_string()]),
            body: Some(fields),
            effect: Effect::Same,
            needs: Scope::ISSUES,
            what: format!("change our issue #{number}"),
        };
        self.ask(&call).await
    }
}
