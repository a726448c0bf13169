//! The comparison: base and head measured in looks of a few seeds each, until decided.

use anyhow::Result;

use crate::{
    config::{Config, Metric},
    measure::{Observation, Pairs, Plan, Role, Side, measure, order},
    verdict::{Levels, MetricVerdict, Verdict, judge, overall},
};

/// What was observed, and what it comes to.
#[derive(Debug)]
pub(super) struct Comparison {
    /// Every training, base first, in the order of seeds.
    pub observations: Vec<Observation>,
    /// Every declared metric, in the order of the config.
    pub metrics: Vec<MetricVerdict>,
    /// The overall verdict.
    pub verdict: Verdict,
}

/// Measures look after look.  Stops once a metric is shown to have regressed or all are decided.
pub(super) async fn decide(plan: &Plan<'_>, sides: &[&Side<'_>]) -> Result<Comparison> {
    let seeds = plan.config.seeds.values();
    let looks = plan.config.seeds.looks();
    let mut observations = Vec::new();
    let mut metrics: Vec<MetricVerdict> = Vec::new();
    let mut seen = 0;
    for look in &looks {
        observations
            .extend(measure(plan, order(sides, &seeds[seen..*look], Pairs::Anywhere)).await?);
        seen = *look;
        metrics = judge_all(plan.config, &observations, &metrics, looks.len());
        let verdict = overall(&metrics);
        plan.progress.say(format!("after {seen} seeds a side: {}", verdict.word()));
        if verdict != Verdict::Inconclusive {
            break;
        }
    }
    observations.sort_by_key(|observation| (observation.role, observation.seed));
    Ok(Comparison { verdict: overall(&metrics), observations, metrics })
}

/// Judges what is undecided yet; a metric that was decided at an earlier look stays so.
fn judge_all(
    config: &Config,
    observations: &[Observation],
    before: &[MetricVerdict],
    looks: usize,
) -> Vec<MetricVerdict> {
    let levels = Levels::new(config.metrics.len(), looks);
    let judge_one = |(index, (name, metric)): (usize, (&String, &Metric))| {
        let earlier = before.get(index);
        if let Some(decided) = earlier.filter(|metric| metric.verdict != Verdict::Inconclusive) {
            return decided.clone();
        }
        let margin = earlier.and_then(|metric| metric.margin);
        let values = |role| readings(observations, role, name);
        judge(name, *metric, &values(Role::Base), &values(Role::Head), margin, levels)
    };
    config.metrics.iter().enumerate().map(judge_one).collect()
}

fn readings(observations: &[Observation], role: Role, name: &str) -> Vec<Option<f64>> {
    let side = observations.iter().filter(|observation| observation.role == role);
    side.map(|observation| observation.readings.get(name).copied()).collect()
}
