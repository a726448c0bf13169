//! What came of a comparison: kept for the next one, and told.

use std::time::Instant;

use super::{
    Keys, Question, Run, Sides,
    looks::Comparison,
    past::{Past, kept},
};
use crate::{
    clock::now,
    cluster::Cleanup,
    experiment::{
        EnvironmentFacts,
        history::{Record, Schema},
        measure::{Exposure, Observation, Role, Spent},
        trace::overlooked,
    },
    git::Commit,
    output::first_few,
    progress::Progress,
    report::{Environments, Measurement, MetricLevel, Report, Shadow, Times, Usage, hints, reason},
};

/// What came of the work on the clusters.
#[derive(Debug)]
pub(super) struct TrainingResults {
    pub(super) comparison: Comparison,
    /// What head's own ruler says, if it was asked.
    pub(super) shadow: Option<Shadow>,
    pub(super) cluster: String,
    /// Seconds until they could be used.
    pub(super) start: f64,
    pub(super) ended: Instant,
}

impl TrainingResults {
    /// Every training, those of head by its own ruler last.
    pub(super) fn observations(&self) -> impl Iterator<Item = &Observation> {
        let shadow = self.shadow.iter().flat_map(|shadow| &shadow.observations);
        self.comparison.observations.iter().chain(shadow)
    }
}

/// All that a report is made of.
#[derive(Debug)]
pub(super) struct ReportInput<'a> {
    pub(super) question: &'a Question,
    pub(super) run: &'a Run,
    pub(super) trained: TrainingResults,
    pub(super) environments: Environments,
    pub(super) past: Past,
    pub(super) spent: Spent,
    /// Page of the comparison in the experiment tracker.
    pub(super) tracked: Option<String>,
}

impl ReportInput<'_> {
    /// Keeps what was measured of commits on the default branch; *best effort*: yields warnings.
    pub(super) async fn keep(&self, keys: &Keys, progress: &Progress) -> Vec<String> {
        let memory = &self.question.memory;
        let Some(history) = &memory.history else { return Vec::new() };
        let Sides { base, head, .. } = &self.question.sides;
        let (of_base, of_head) = (&self.environments.base, &self.environments.head);
        let mut warnings: Vec<String> = self.exposed().into_iter().collect();
        let mut records = vec![self.record(Role::Base, base, &keys.base, of_base)];
        if memory.head_is_main {
            records.push(self.record(Role::Head, head, &keys.head, of_head));
        }
        for record in records.into_iter().filter(|record| !record.readings.is_empty()) {
            let keeping = history.append(&record);
            if let Err(error) = progress.waiting("keeping readings in the history", keeping).await {
                let warning = format!("the history does not hold this run: {error:#}");
                progress.say(format!("warning: {warning}"));
                warnings.push(warning);
            }
        }
        warnings
    }

    /// What of base is not kept, since head's code could change it.
    fn exposed(&self) -> Option<String> {
        let observations = &self.trained.comparison.observations;
        let exposed = observations.iter().filter(|one| one.exposure != Exposure::None);
        let seeds: Vec<String> = exposed.map(|one| one.seed.to_string()).collect();
        (!seeds.is_empty()).then(|| {
            format!(
                "base with seed {} was trained beside head's code, which could change what it gave: not kept in the \
                 history",
                first_few(&seeds),
            )
        })
    }

    fn record(&self, role: Role, commit: &Commit, key: &str, facts: &EnvironmentFacts) -> Record {
        let fresh = |one: &&Observation| {
            one.role == role && one.reused.is_none() && one.exposure == Exposure::None
        };
        let (observations, config) = (&self.trained.comparison.observations, &self.question.config);
        Record {
            schema: Schema,
            key: key.to_owned(),
            commit: commit.sha.clone(),
            subject: commit.subject.clone(),
            at: now(),
            run: self.run.name.clone(),
            role,
            readings: observations.iter().filter(fresh).map(|one| kept(config, one)).collect(),
            image: facts.image.clone(),
            experiment: self.tracked.clone(),
            search: None,
        }
    }

    /// The report.
    pub(super) fn report(
        self,
        cleanup: Vec<Cleanup>,
        times: Times,
        warnings: Vec<String>,
    ) -> Report {
        let usage = self.usage();
        let Self { question, run, trained, environments, past, tracked, .. } = self;
        let Comparison { observations, metrics, verdict, stopped, renewed, unexercised } =
            trained.comparison;
        let seen = observations.iter().map(|one| &one.seen);
        let overlooked = overlooked(seen, &question.differences.watch);
        let warnings = renewed.into_iter().chain(overlooked).chain(warnings).collect();
        let config = &question.config;
        let report = Report {
            schema: Report::SCHEMA,
            verdict,
            reason: unexercised.unwrap_or_else(|| reason(verdict, &metrics)),
            base: question.sides.base.clone(),
            head: question.sides.head.clone(),
            merge: question.sides.merged().cloned(),
            metrics,
            trend: past.trend(config),
            drift: past.drift(config, question.memory.release.as_ref(), &observations),
            observations,
            cluster: trained.cluster,
            environments,
            ruler: question.differences.ruler.clone(),
            shadow: trained.shadow,
            times,
            usage,
            experiment_url: tracked,
            stopped,
            hints: Vec::new(),
            cleanup,
            warnings,
            config: question.config_told.clone(),
            reproduce: question.reproduce.clone(),
            directory: run.directory.clone(),
        };
        Report { hints: hints(&report), ..report }
    }

    /// What is told of one commit alone.
    pub(super) fn measurement(
        self,
        cleanup: Vec<Cleanup>,
        times: Times,
        warnings: Vec<String>,
    ) -> Measurement {
        let usage = self.usage();
        let Self { question, run, trained, environments, tracked, .. } = self;
        let Comparison { observations, renewed, .. } = trained.comparison;
        Measurement {
            schema: Measurement::SCHEMA,
            commit: question.sides.base.clone(),
            metrics: MetricLevel::all(&question.config.metrics, &observations),
            observations,
            cluster: trained.cluster,
            environment: environments.base,
            times,
            usage,
            experiment_url: tracked,
            cleanup,
            warnings: renewed.into_iter().chain(warnings).collect(),
            config: question.config_told.clone(),
            reproduce: question.reproduce.clone(),
            directory: run.directory.clone(),
        }
    }

    fn usage(&self) -> Usage {
        let observations = &self.trained.comparison.observations;
        let reused = observations.iter().filter(|one| one.reused.is_some());
        let saved = reused.map(|one| one.seconds).sum();
        Usage::of(&self.spent, saved, Some(&self.question.config))
    }
}
