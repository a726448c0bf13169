//! Whether trainings report the metrics that the config judges.  Pure.

use std::collections::BTreeSet;

use super::Sources;
use crate::{
    experiment::measure::Observation,
    output::{Check, State, excerpt, first_few, number},
};

/// Longer lists of readings are cut.
const LONGEST: usize = 300;

impl Sources<'_> {
    /// What trainings that ended report.
    pub(super) fn metrics_of(&self, ended: &[&Observation]) -> Check {
        let names = || self.config.metrics.keys();
        let is_missing =
            |name: &&String| ended.iter().any(|one| !one.readings.contains_key(name.as_str()));
        let missing: Vec<String> = names().filter(is_missing).cloned().collect();
        if !missing.is_empty() {
            return self.missing(&missing, ended);
        }
        let readings = |name: &String| {
            let values = ended.iter().filter_map(|one| one.readings.get(name));
            let values: Vec<String> = values.map(|value| number(*value)).collect();
            format!("{name}: {}", values.join(", "))
        };
        let told = excerpt(&names().map(readings).collect::<Vec<_>>().join("; "), LONGEST);
        let mut values = ended.iter().flat_map(|one| names().map(move |name| one.readings[name]));
        if values.any(|value| !value.is_finite()) {
            return Check::warning("metrics", format!("a training diverged ({told})"));
        }
        Check::ok("metrics", told)
    }

    /// Metrics that are judged, and that trainings do not report.
    fn missing(&self, missing: &[String], ended: &[&Observation]) -> Check {
        let told: BTreeSet<&String> = ended.iter().flat_map(|one| one.readings.keys()).collect();
        let told: Vec<String> = told.into_iter().cloned().collect();
        let told = if told.is_empty() { "nothing".to_owned() } else { first_few(&told) };
        let is_matched = |name: &String| self.config.metrics.patterns().contains_key(name);
        let named = if missing.iter().any(is_matched) {
            "correct its `pattern` in the config"
        } else {
            "let the config and the training name the same metrics"
        };
        let found =
            format!("the config judges {}, and the training reports {told}", first_few(missing));
        let remedy = format!("{named}, or {}", self.printing(missing));
        Check::new("metrics", State::Problem, found).remedy(remedy)
    }
}
