//! The work on clusters that run: upload, measure, decide.

use anyhow::Result;
use tokio::time::Instant;

use super::{Keys, Packages, Question, Run, decide::DecisionInput, looks::Comparison, past::Past};
use crate::{
    cache::Cache,
    cluster::Cluster,
    config::TrainingNeeds,
    experiment::{
        EnvironmentFacts, for_packages,
        measure::{
            Budget, Company, Doubts, Observation, Plan, Role, Side, Tags, Traced, Tracked,
            UnfinishedTrainings, side, training_tags,
        },
        tracking,
    },
    git::Commit,
    progress::Progress,
    report::{Environments, Shadow},
};

/// What the work is done with.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) question: &'a Question,
    pub(super) run: &'a Run,
    pub(super) cache: &'a Cache,
    pub(super) keys: &'a Keys,
    pub(super) environments: &'a Environments,
    pub(super) needs: &'a TrainingNeeds,
    pub(super) budget: &'a Budget,
    pub(super) doubts: &'a Doubts,
    pub(super) company: &'a Company,
    pub(super) tracked: Option<&'a Tracked<'a>>,
    pub(super) unfinished: Option<&'a UnfinishedTrainings>,
    pub(super) progress: &'a Progress,
    /// When `limits.total` is over.
    pub(super) deadline: Instant,
}

impl Work<'_> {
    /// Trains both commits until it is decided; what is known of the base is not trained again.  Yields what
    /// head's own ruler says besides, if that is asked.
    pub(super) async fn train(
        &self,
        packages: Packages,
        (base, head): (&Cluster, &Cluster),
        past: &Past,
        known: Vec<Observation>,
    ) -> Result<(Comparison, Option<Shadow>)> {
        let Self { question, run, keys, environments, .. } = self;
        if base.token.is_none() {
            self.company.open();
        }
        let rays = question.backend.rays(base, head)?;
        let on = (head, &rays.1, self.needs);
        let sides = &question.sides;
        let (of_base, of_head) = (
            self.tags(Role::Base, &sides.base, &keys.base, &environments.base),
            self.tags(Role::Head, &sides.head, &keys.head, &environments.head),
        );
        let watch = &question.differences.watch;
        let traced = async |ray| {
            if watch.is_empty() {
                return Ok::<_, anyhow::Error>(None);
            }
            Traced::upload(ray, watch, for_packages(self.cache)?).await.map(Some)
        };
        let uploads = async {
            let place = (base, &rays.0, self.needs);
            let base = side(Role::Base, &sides.base, place, &packages.base).await?;
            let head = side(Role::Head, &sides.head, on, &packages.head).await?;
            // Both, so that what it costs is no difference.
            anyhow::Ok((base, head, traced(&rays.0).await?, traced(&rays.1).await?))
        };
        let (base, head, of_base_traced, of_head_traced) =
            self.progress.waiting("uploading the code", uploads).await?;
        // Somebody else's Ray may drop the code, and is given it again.
        let _kept = question.backend.is_existing().then_some(packages);
        let base = Side { tags: of_base, traced: of_base_traced, ..base };
        let head = Side { tags: of_head, traced: of_head_traced, ..head };
        let plan = Plan {
            config: &question.config,
            run: &run.name,
            logs: &run.logs(),
            budget: self.budget,
            doubts: self.doubts,
            company: self.company,
            progress: self.progress,
            tracked: self.tracked,
            unfinished: self.unfinished,
        };
        let known = past.of_base(&question.config, &keys.base, known);
        if let Some(told) = known.told() {
            self.progress.say(told);
        }
        let (base, head, deadline) = (&base, &head, self.deadline);
        let decision = DecisionInput { plan: &plan, base, head, known, deadline };
        if sides.is_one() {
            return Ok((decision.alone().await?, None));
        }
        let comparison = decision.reach().await?;
        let shadow = Box::pin(self.shadow(&decision, on, &comparison.observations)).await;
        Ok((comparison.if_exercised(&watch.files), shadow))
    }

    /// Tags of a side's runs in the experiment tracker.
    pub(super) fn tags(
        &self,
        role: Role,
        commit: &Commit,
        key: &str,
        facts: &EnvironmentFacts,
    ) -> Tags {
        let pull = self.question.memory.pull.map(|pull| pull.to_string());
        let mut tags = training_tags(&self.run.name, (role, commit), key, facts);
        tags.extend(pull.map(|pull| (tracking::PULL_REQUEST.to_owned(), pull)));
        tags
    }
}
