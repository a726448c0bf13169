//! The commits before one, along first parents, with what a status says of each: a hundred commits of
//! the history in one question, which only GraphQL answers.
//!
//! <https://docs.github.com/en/graphql/reference/objects#commit>

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::{Error, GitHub, Scope};
use crate::{git::CommitSha, http::Effect};

/// Commits of the whole history to a page, the most that GitHub gives.
const PAGE: usize = 100;
const HISTORY: &str = "query($owner: String!, $name: String!, $tip: GitObjectID!, $context: String!, \
                       $first: Int!, $after: String) { repository(owner: $owner, name: $name) { \
                       object(oid: $tip) { ... on Commit { history(first: $first, after: $after) { \
                       pageInfo { hasNextPage endCursor } nodes { oid parents(first: 1) { nodes { oid } } \
                       status { context(name: $context) { state } } } } } } } }";

/// A commit on the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    /// Its name.
    pub sha: CommitSha,
    /// Whether the newest status of the context is a success, whoever wrote it.
    pub succeeded: bool,
}

/// The line of first parents from a commit back, asked for page by page.
#[derive(Debug)]
pub struct Ancestry<'a> {
    github: &'a GitHub,
    tip: CommitSha,
    context: String,
    /// Pages that may still be asked for.
    pages: usize,
    /// Where the next page begins; none: at the tip.
    after: Option<String>,
    /// What was read and not yet yielded, on the line or beside it.
    read: HashMap<CommitSha, CommitNode>,
    /// The next commit of the line; none: its end.
    next: Option<CommitSha>,
}

#[derive(Deserialize)]
struct AncestryAnswer {
    repository: Option<HistoryHolder>,
}

#[derive(Deserialize)]
struct HistoryHolder {
    object: Option<Tip>,
}

#[derive(Deserialize)]
struct Tip {
    /// None: it is no commit.
    history: Option<CommitHistory>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommitHistory {
    page_info: PageInfo,
    nodes: Vec<CommitNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
struct CommitNode {
    oid: CommitSha,
    parents: Parents,
    status: Option<Contexts>,
}

#[derive(Debug, Deserialize)]
struct Parents {
    nodes: Vec<Parent>,
}

#[derive(Debug, Deserialize)]
struct Parent {
    oid: CommitSha,
}

#[derive(Debug, Deserialize)]
struct Contexts {
    context: Option<StatusContext>,
}

#[derive(Debug, Deserialize)]
struct StatusContext {
    state: String,
}

impl CommitNode {
    fn succeeded(&self) -> bool {
        let context = self.status.as_ref().and_then(|status| status.context.as_ref());
        context.is_some_and(|context| context.state == "SUCCESS")
    }
}

impl GitHub {
    /// The line of first parents that begins with `tip` itself, as far as the first `most` commits of
    /// its history reach (merged ones count too), rounded up to hundreds.
    pub fn ancestry(&self, tip: &CommitSha, context: &str, most: usize) -> Ancestry<'_> {
        Ancestry {
            github: self,
            tip: tip.clone(),
            context: context.to_owned(),
            pages: most.div_ceil(PAGE),
            after: None,
            read: HashMap::new(),
            next: Some(tip.clone()),
        }
    }
}

impl Ancestry<'_> {
    /// The next commit of the line; none: its end, or that of what may be asked.
    pub async fn next(&mut self) -> Result<Option<Ancestor>, Error> {
        let Some(sha) = self.next.clone() else { return Ok(None) };
        loop {
            if let Some(node) = self.read.remove(&sha) {
                let succeeded = node.succeeded();
                self.next = node.parents.nodes.into_iter().next().map(|parent| parent.oid);
                return Ok(Some(Ancestor { sha, succeeded }));
            }
            if self.pages == 0 {
                return Ok(None);
            }
            self.page().await?;
        }
    }

    async fn page(&mut self) -> Result<(), Error> {
        let what = format!("read the commits before {} and their statuses", self.tip.short());
        let name = self.github.repository.as_str();
        let (owner, name) = name.split_once('/').unwrap_or((name, ""));
        let body = json!({ "query": HISTORY, "variables": {
            "owner": owner, "name": name, "tip": self.tip, "context": self.context,
            "first": PAGE, "after": self.after,
        } });
        let call = self.github.graphql(body, Effect::Nothing, Scope::STATUSES_READ, &what);
        let answer: AncestryAnswer = self.github.query(&call).await?;
        let object = answer.repository.and_then(|repository| repository.object);
        let history = object.and_then(|object| object.history).ok_or(Error::NotFound { what })?;
        self.read.extend(history.nodes.into_iter().map(|node| (node.oid.clone(), node)));
        self.after = history.page_info.end_cursor;
        self.pages = if history.page_info.has_next_page { self.pages - 1 } else { 0 };
        Ok(())
    }
}
