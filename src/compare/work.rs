//! The work on clusters that run: upload, measure, decide.

use std::collections::BTreeMap;

use anyhow::Result;
use tokio::time::Instant;

use super::{
    BackendChoice, Keys, Packages, Question, Run, decide::DecisionInput, looks::Comparison,
    packages::for_packages, past::Past,
};
use crate::{
    cache::Cache,
    cluster::{
        Cluster, PLACE,
        ray::{Node, Ray},
    },
    experiment::{
        measure::{
            Budget, Company, Doubts, Observation, Plan, Role, Side, Tags, Traced, Tracked,
            UnfinishedTrainings,
        },
        tracking,
    },
    git::{Commit, Package},
    progress::Progress,
    report::{EnvironmentFacts, Environments, Shadow},
};

/// What the work is done with.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) question: &'a Question,
    pub(super) run: &'a Run,
    pub(super) cache: &'a Cache,
    pub(super) keys: &'a Keys,
    pub(super) environments: &'a Environments,
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
        let rays = (ray(&question.backend, base)?, ray(&question.backend, head)?);
        let on = (head, &rays.1);
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
            let base = side(Role::Base, &sides.base, base, &rays.0, &packages.base).await?;
            let head = side(Role::Head, &sides.head, head, &rays.1, &packages.head).await?;
            // Both, so that what it costs is no difference.
            anyhow::Ok((base, head, traced(&rays.0).await?, traced(&rays.1).await?))
        };
        let (base, head, of_base_traced, of_head_traced) =
            self.progress.waiting("uploading the code", uploads).await?;
        // Somebody else's Ray may drop the code, and is given it again.
        let _kept = matches!(question.backend, BackendChoice::Existing { .. }).then_some(packages);
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
        let image = facts.image.clone().or_else(|| facts.requirements.clone());
        let tags = [
            (tracking::RUN, Some(self.run.name.clone())),
            (tracking::COMMIT, Some(commit.sha.to_string())),
            (tracking::ROLE, Some(role.word().to_owned())),
            (tracking::KEY, Some(key.to_owned())),
            (tracking::IMAGE, image),
            (tracking::PULL_REQUEST, self.question.memory.pull.map(|pull| pull.to_string())),
        ];
        tags.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// The way to a cluster; on a borrowed one, others' jobs are respected.
pub(crate) fn ray(backend: &BackendChoice, cluster: &Cluster) -> Result<Ray> {
    let ray = Ray::new(&cluster.dashboard, cluster.token.clone(), cluster.trust.as_ref())?;
    let ray = ray.known_as(&cluster.description, cluster.patience);
    let borrowed = matches!(backend, BackendChoice::Existing { .. });
    Ok(if borrowed { ray.borrowed() } else { ray })
}

/// A commit whose code is on the cluster, after this.
pub(crate) async fn side<'a>(
    role: Role,
    commit: &'a Commit,
    cluster: &Cluster,
    ray: &'a Ray,
    package: &Package,
) -> Result<Side<'a>> {
    let package = ray.upload(package).await?;
    let (places, resources) = match cluster.workers {
        Some(workers) => (workers.into(), [(PLACE.to_owned(), 1.0)].into()),
        None => (ray.nodes().await?.iter().map(Node::cpus).sum(), BTreeMap::new()),
    };
    let (gpus, tags) = (cluster.gpus, Tags::new());
    Ok(Side { role, commit, ray, package, places, resources, gpus, tags, traced: None })
}
