//! The comparison's own run in the experiment tracker: begun before anything is started.

use anyhow::Result;

use super::{Question, Run, Sides};
use crate::{
    experiment::{
        measure::{Tracked, tags},
        tracking,
    },
    progress::Progress,
};

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
    let tags = tags([
        (tracking::RUN, Some(run.name.clone())),
        (tracking::COMMIT, Some(head.sha.to_string())),
        (tracking::PULL_REQUEST, pull),
        ("regression.base", Some(base.sha.to_string()).filter(|_| !one)),
    ]);
    let name = if one {
        head.sha.short().to_owned()
    } else {
        format!("{} -> {}", base.sha.short(), head.sha.short())
    };
    Tracked::begin(tracker, settings, &name, &tags, progress).await
}
