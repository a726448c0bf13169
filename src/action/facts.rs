//! What the gate needs to know of a pull request, asked of the API.

use std::collections::BTreeMap;

use anyhow::Result;
use futures_util::future::{join3, try_join_all};

use crate::{
    action::gate::{self, Approval, GateInput, PullFacts, Refusal, Sought},
    clients::github::{Activity, Branch, Error, GitHub},
};

/// The question about the pull request that a run was of.  Where GitHub has another branch for the run, the
/// pull request is among those that changed last.
pub(super) async fn find(github: &GitHub, sought: &Sought) -> Result<Result<GateInput, Refusal>> {
    if let Some((home, branch)) = sought.branch() {
        let pulls = github.pulls_of(home, branch).await?;
        if pulls.iter().any(|pull| sought.fits(pull)) {
            return Ok(sought.question(&pulls));
        }
    }
    Ok(sought.question(&github.latest_pulls().await?))
}

/// Fresh facts for a question.
pub(super) async fn gather(github: &GitHub, question: &GateInput) -> Result<PullFacts> {
    let number = question.number();
    let retargeted = async {
        if question.asks_for_reviews() { github.retargeted(number).await } else { Ok(None) }
    };
    // All to their end, so that the same failure is told by the same words.
    let asked = join3(github.pull(number), github.reviews(number), retargeted);
    let (pull, reviews, retargeted) = asked.await;
    let (pull, reviews, retargeted) = (pull?, reviews?, retargeted?);
    let people = question.whose_permission(&pull, &reviews);
    let ask = async |login: String| -> Result<_> {
        let permission = github.permission(&login).await?;
        Ok((login, permission))
    };
    let permissions: BTreeMap<_, _> =
        try_join_all(people.into_iter().map(ask)).await?.into_iter().collect();
    let activity = if question.asks_who_pushed() {
        activity(github, &pull.head).await?
    } else {
        Err("nobody asked".to_owned())
    };
    Ok(PullFacts { pull, reviews, permissions, retargeted, activity })
}

/// What was done last to a branch, or why it cannot be read.
async fn activity(
    github: &GitHub,
    head: &Branch,
) -> Result<Result<Option<Activity>, String>, Error> {
    let Some(home) = &head.repo else { return Ok(Err("its repository was deleted".to_owned())) };
    match github.last_activity(&home.full_name, &head.name).await {
        Err(Error::NotFound { .. } | Error::Forbidden { .. }) => Ok(Err(format!(
            "the token may not read the activity of {} (`permissions: contents: read`; of a private fork it \
             never may)",
            home.full_name
        ))),
        found => found.map(Ok),
    }
}

/// Whether an approval holds by facts of just now.
pub(super) async fn still(github: &GitHub, approval: &Approval) -> Result<Result<(), Refusal>> {
    let Some(question) = approval.question() else { return Ok(Ok(())) };
    Ok(gate::still(approval, &gather(github, question).await?))
}
