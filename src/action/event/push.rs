//! Events of a branch: a push to it, and the button.

use serde::{Deserialize, Deserializer};

use super::payload::EventRepository;
use crate::{clients::github::Account, git::CommitSha};

/// `push`: a branch or a tag moved.
///
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#push>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PushEvent {
    /// `refs/heads/<branch>` or `refs/tags/<tag>`.
    #[serde(rename = "ref")]
    pub git_ref: String,
    /// Where it was; none: it is new.
    #[serde(deserialize_with = "unless_zeros")]
    pub before: Option<CommitSha>,
    /// Where it is; none: it was deleted.
    #[serde(deserialize_with = "unless_zeros")]
    pub after: Option<CommitSha>,
    /// Where it was pushed to.
    pub repository: EventRepository,
}

/// `workflow_dispatch`: somebody pushed the button, or called it through the API.
///
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_dispatch>
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkflowDispatch {
    /// The branch or tag that was chosen, `refs/...`.
    #[serde(rename = "ref")]
    pub git_ref: String,
    /// Who did it.
    pub sender: Account,
}

/// GitHub writes zeros for "no commit".
fn unless_zeros<'de, D: Deserializer<'de>>(from: D) -> Result<Option<CommitSha>, D::Error> {
    let sha = CommitSha::deserialize(from)?;
    let zeros = sha.as_str().bytes().all(|digit| digit == b'0');
    Ok(if zeros { None } else { Some(sha) })
}
