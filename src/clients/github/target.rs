//! When a pull request was made to go into another branch: what people approved before was another change, though
//! by the same commit.  Only GraphQL tells the last time in one answer.
//!
//! <https://docs.github.com/en/graphql/reference/objects#baserefchangedevent>

use serde::Deserialize;
use serde_json::json;

use super::{Error, GitHub, PullNumber, Scope};
use crate::http::Effect;

/// By a person, or by GitHub, because the branch that it went into was merged and deleted.
const RETARGETED: &str = "query($owner: String!, $name: String!, $number: Int!) { \
                          repository(owner: $owner, name: $name) { pullRequest(number: $number) { \
                          timelineItems(itemTypes: [BASE_REF_CHANGED_EVENT, \
                          AUTOMATIC_BASE_CHANGE_SUCCEEDED_EVENT], last: 1) { nodes { \
                          ... on BaseRefChangedEvent { createdAt } \
                          ... on AutomaticBaseChangeSucceededEvent { createdAt } } } } } }";

#[derive(Deserialize)]
struct TargetAnswer {
    repository: Option<PullHolder>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullHolder {
    pull_request: Option<Timeline>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timeline {
    timeline_items: Items,
}

#[derive(Deserialize)]
struct Items {
    nodes: Vec<BaseChange>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BaseChange {
    created_at: String,
}

impl GitHub {
    /// When a pull request got the branch that it goes into, RFC 3339; none: it has that from the beginning.
    pub async fn retargeted(&self, pull: PullNumber) -> Result<Option<String>, Error> {
        let what = format!("read whether {pull} was made to go into another branch");
        let name = self.repository.as_str();
        let (owner, name) = name.split_once('/').unwrap_or((name, ""));
        let variables = json!({ "owner": owner, "name": name, "number": pull.0 });
        let body = json!({ "query": RETARGETED, "variables": variables });
        let call = self.graphql(body, Effect::Nothing, Scope::PULL_REQUESTS, &what);
        let answer: TargetAnswer = self.query(&call).await?;
        let pull = answer.repository.and_then(|repository| repository.pull_request);
        let changes = pull.ok_or(Error::NotFound { what })?.timeline_items.nodes;
        Ok(changes.into_iter().next_back().map(|change| change.created_at))
    }
}
