//! What two trainings of the work tree show of the contract, which its sources only let expect.  Pure.

mod failure;
mod readings;
mod seeds;

use super::Sources;
use crate::{
    experiment::measure::Observation,
    output::{Check, Examination, State, duration},
};

/// How the trainings ended.
#[derive(Debug)]
pub enum Trial {
    /// Each with readings, or in a crash of its own.
    Ended {
        /// One for each seed.
        observations: Vec<Observation>,
        /// What a reader should know besides.
        warnings: Vec<String>,
    },
    /// One ended well and told no metric: in words, with the end of its log.
    Untold(String),
    /// One failed, or all crashed: in words, with the end of a log.
    Failed(String),
    /// None could begin, or none could be followed to its end: why.
    Refused(String),
}

/// What is known by two trainings alone.
const READINGS: &str = "readings of two seeds";

impl Sources<'_> {
    /// The clauses as the trainings show them; where they show nothing, or there was none, as the sources do.
    pub(in crate::init) fn tried(&self, trial: Option<&Trial>) -> Examination {
        let shown = match trial {
            None => Vec::new(),
            Some(Trial::Ended { observations, warnings }) => {
                let noticed = warnings.iter().map(|warning| Check::warning("noticed", warning));
                self.shown(observations).into_iter().chain(noticed).collect()
            }
            Some(Trial::Untold(what)) => {
                let names: Vec<String> = self.config.metrics.keys().cloned().collect();
                let untold = Check::new("metrics", State::Problem, what);
                vec![untold.remedy(self.printing(&names))]
            }
            Some(Trial::Failed(what)) => vec![self.failed(what)],
            Some(Trial::Refused(why)) => vec![self.refused(why)],
        };
        let is_known = shown.iter().any(|check| check.name == "seed");
        let mut checks = self.clauses();
        for check in shown {
            match checks.iter_mut().find(|one| one.name == check.name && check.name != "noticed") {
                Some(expected) => *expected = check,
                None => checks.push(check),
            }
        }
        Examination { checks, unchecked: if is_known { Vec::new() } else { vec![READINGS] } }
    }

    fn shown(&self, all: &[Observation]) -> Vec<Check> {
        let ended: Vec<&Observation> = all.iter().filter(|one| one.crashed.is_none()).collect();
        let training = match all.iter().find_map(|one| one.crashed.as_deref()) {
            Some(what) => self.failed(what),
            None => Check::ok("training", self.timed(&ended)),
        };
        let seed = match ended[..] {
            [one, other, ..] => self.seed_by(one, other),
            _ => None,
        };
        [Some(training), seed, Some(self.metrics_of(&ended))].into_iter().flatten().collect()
    }

    fn timed(&self, ended: &[&Observation]) -> String {
        let took =
            ended.iter().map(|one| format!("seed {} took {}", one.seed, duration(one.seconds)));
        format!("{}: {}", self.config.entrypoint.trim_end(), took.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests;
