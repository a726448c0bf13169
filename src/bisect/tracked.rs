//! The search's own run in the experiment tracker, and what its trainings' runs are found by.

use anyhow::Result;

use super::{BisectRequest, answer::ReadingRequest};
use crate::{
    bisect::policy::Purpose,
    cancel::unless_cancelled,
    experiment::{
        EnvironmentFacts, Tools,
        measure::{Role, Tags, Tracked, tags, training_tags},
        tracking,
    },
};

/// Tag of the parent: the good end.  The bad one is its commit.
const GOOD: &str = "regression.good";
/// Tag of the parent: which metric became worse.
const METRIC: &str = "regression.metric";
/// Tag of a training: why it was made.
const PURPOSE: &str = "regression.purpose";
/// Tag of a training: the commit whose environment it had, if that was not its own.
const HOME: &str = "regression.environment-of";

/// Begins it; none if nobody tracks, or the tracker is away and not needed.
pub(super) async fn begin<'a>(
    question: &'a BisectRequest,
    tools: &Tools<'a>,
) -> Result<Option<Tracked<'a>>> {
    let Some(on) = question.readings.on_ray() else { return Ok(None) };
    let (Some(tracker), Some(settings)) = (&on.tracker, &on.config.mlflow) else {
        return Ok(None);
    };
    let tags = tags([
        (tracking::RUN, Some(question.run.clone())),
        (tracking::COMMIT, Some(question.bad.sha.to_string())),
        (GOOD, Some(question.good.sha.to_string())),
        (METRIC, Some(question.metric.clone())),
    ]);
    let (good, bad) = (question.good.sha.short(), question.bad.sha.short());
    let name = format!("bisect {good}..{bad}");
    let beginning = Tracked::begin(tracker, settings, &name, &tags, tools.progress);
    unless_cancelled(tools.cancel, beginning).await
}

/// The tags of a training under that evidence key.
pub(super) fn tags_of(
    run: &str,
    asked: &ReadingRequest,
    (key, facts): &(String, EnvironmentFacts),
) -> Tags {
    let purpose = match asked.measure.purpose {
        Purpose::Known => "known",
        Purpose::Ends => "ends",
        Purpose::Search => "search",
        Purpose::Culprit => "culprit",
        Purpose::Several => "several",
    };
    let home = asked.home.as_ref().map(ToString::to_string);
    let mut of_training = training_tags(run, (Role::Bisect, &asked.commit), key, facts);
    of_training.extend(tags([(PURPOSE, Some(purpose.to_owned())), (HOME, home)]));
    of_training
}
