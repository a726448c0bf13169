//! The comparison's own run in the experiment tracker: begun before anything is started, ended as the
//! comparison ended.

use std::time::Duration;

use anyhow::Result;
use tokio::time::timeout;

use super::{Cancelled, Question, Run, Sides};
use crate::{
    experiment::{
        measure::{Tags, Tracked},
        tracking::{self, Status},
    },
    progress::Progress,
};

/// Tag of the parent: what came of it.
const VERDICT: &str = "regression.verdict";

/// How long that may take; whoever cancelled may kill us soon, and the post step does it then.
const PATIENT: Duration = Duration::from_secs(30);
const HURRIED: Duration = Duration::from_secs(3);

/// Begins it; none if nobody tracks, or the tracker is away and not needed.
pub(super) async fn begin<'a>(
    question: &'a Question,
    run: &Run,
    progress: &'a Progress,
) -> Result<Option<Tracked<'a>>> {
    let (Some(tracker), Some(settings)) = (&question.memory.tracker, &question.config.mlflow)
    else {
        return Ok(None);
    };
    let Sides { base, head, .. } = &question.sides;
    let pull = question.memory.pull.map(|pull| pull.to_string());
    let one = question.sides.is_one();
    let tags = [
        (tracking::RUN, Some(run.name.clone())),
        (tracking::COMMIT, Some(head.sha.to_string())),
        (tracking::PULL_REQUEST, pull),
        ("regression.base", Some(base.sha.to_string()).filter(|_| !one)),
    ];
    let tags = tags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let name = if one {
        head.sha.short().to_owned()
    } else {
        format!("{} -> {}", base.sha.short(), head.sha.short())
    };
    Tracked::begin(tracker, settings, &name, &tags.collect(), progress).await
}

/// Ends it truthfully, with what it came to in a word.
pub(crate) async fn end<T>(
    tracked: Option<&Tracked<'_>>,
    outcome: &Result<T>,
    word: impl FnOnce(&T) -> &'static str,
) {
    let Some(tracked) = tracked else { return };
    let (status, verdict) = match outcome {
        Ok(value) => (Status::Finished, word(value)),
        Err(error) if error.downcast_ref::<Cancelled>().is_some() => (Status::Killed, "cancelled"),
        Err(_) => (Status::Failed, "error"),
    };
    let tags = Tags::from([(VERDICT.to_owned(), verdict.to_owned())]);
    let patience = if status == Status::Killed { HURRIED } else { PATIENT };
    if timeout(patience, tracked.finish(status, &tags)).await.is_err() {
        tracked.give_up();
    }
}
