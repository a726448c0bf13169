//! Head by its own ruler, where it brings another than the judge's and the config asks for that.  Nothing that
//! fails here changes the verdict.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::timeout_at;

use super::{Question, decide::DecisionInput, work::Work};
use crate::{
    experiment::{
        for_packages, job,
        measure::{Observation, Role, Side, TrainingPlace, side},
        packing, tracking,
    },
    git::Code,
    report::Shadow,
};

/// So long before `limits.total` is over it is given up: the verdict is there already.  Jobs are stopped by then.
const REST: Duration = Duration::from_secs(20);

impl Question {
    /// Whether head is to be trained by its own ruler too.
    pub(super) fn has_shadow(&self) -> bool {
        self.config.ruler_shadow && !self.differences.ruler.is_empty()
    }
}

impl Work<'_> {
    /// What head's own ruler says, with the seeds of the first look; `judged` are the trainings that decided.
    pub(super) async fn shadow(
        &self,
        decision: &DecisionInput<'_>,
        on: TrainingPlace<'_, '_>,
        judged: &[Observation],
    ) -> Option<Shadow> {
        let Self { question, run, progress, .. } = self;
        if !question.has_shadow() {
            return None;
        }
        progress
            .say("head changes how it is measured; its own ruler is asked too, and judges nothing");
        let end = self.deadline.checked_sub(REST).unwrap_or(self.deadline);
        let total = question.config.limits.total;
        let trained = timeout_at(end, Box::pin(self.train_shadow(decision, on))).await;
        let trained =
            trained.unwrap_or_else(|_| Err(anyhow!("limits.total ({total}) is nearly over")));
        if trained.is_err() && question.backend.is_existing() {
            job::leave(on.1, &run.name, progress).await;
        }
        let names = question.config.metrics.keys();
        let shadow = Shadow::of(names, judged, trained);
        if let Some(why) = &shadow.failed {
            progress.say(format!("warning: what head's own ruler says is not known: {why}"));
        }
        Some(shadow)
    }

    async fn train_shadow(
        &self,
        decision: &DecisionInput<'_>,
        on: TrainingPlace<'_, '_>,
    ) -> Result<Vec<Observation>> {
        let Self { question, cache, environments, .. } = self;
        let (head, role) = (&question.sides.head, Role::Shadow);
        let directory = for_packages(cache)?;
        let code = Code::whole(question.sides.trained());
        let package = packing(&question.repository, code, directory.path()).await?;
        let own = side(role, head, on, &package).await?;
        let mut tags = self.tags(role, head, "", &environments.head);
        // Without it they are nobody's readings.
        tags.remove(tracking::KEY);
        decision.aside(&Side { tags, ..own }).await
    }
}
