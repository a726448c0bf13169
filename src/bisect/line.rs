//! One line of commits under search: what is known of it, as the policy takes it.

use std::collections::{BTreeMap, HashMap};

use super::{
    BisectRequest,
    journal::{JournalEntry, Noted, Skipped},
    known::EarlierReadings,
};
use crate::{
    bisect::policy::{Evidence, KnownNoise, Measure, Purpose, SkipReason, Terms},
    config::{Direction, Metric, Scale},
    git::{CommitSha, Line},
    statistics::Sample,
};

/// A declared deviation is as good as this many degrees of freedom.
const DECLARED: f64 = 100.0;

/// From here on repeats of known readings are those of earlier runs; below, of this one.
const EARLIER: usize = 1_000_000;

/// A line, and where its commits are on it.
#[derive(Debug)]
pub(super) struct SearchedLine {
    pub(super) line: Line,
    places: HashMap<CommitSha, usize>,
    /// Why commits are skipped, in words.
    pub(super) why: BTreeMap<usize, String>,
    /// What earlier runs read.
    pub(super) known: EarlierReadings,
    /// The noise that they show.
    pub(super) noise: Option<KnownNoise>,
}

impl SearchedLine {
    pub(super) fn new(line: Line) -> Self {
        let shas = line.commits.iter().map(|step| step.commit.sha.clone());
        let places = shas.enumerate().map(|(place, sha)| (sha, place)).collect();
        Self { line, places, why: BTreeMap::new(), known: EarlierReadings::default(), noise: None }
    }

    pub(super) fn place(&self, sha: &CommitSha) -> Option<usize> {
        self.places.get(sha).copied()
    }

    /// What the journal holds of this line.
    pub(super) fn evidence(&mut self, entries: &[JournalEntry], metric: &Metric) -> Evidence {
        let mut evidence = Evidence::default();
        let mut known = BTreeMap::new();
        for entry in entries {
            match entry {
                JournalEntry::Reading(noted) => self.add(noted, metric, &mut evidence, &mut known),
                JournalEntry::Skip(Skipped { commit, reason, why }) => {
                    if let Some(place) = self.place(commit) {
                        self.skip(&mut evidence, place, *reason, why);
                    }
                }
            }
        }
        evidence
    }

    pub(super) fn skip(
        &mut self,
        evidence: &mut Evidence,
        place: usize,
        reason: SkipReason,
        why: &str,
    ) {
        evidence.skip(place, reason);
        self.why.entry(place).or_insert_with(|| why.to_owned());
    }

    /// Adds what earlier runs read.
    pub(super) fn remember(&self, evidence: &mut Evidence, metric: &Metric) {
        for (commit, earlier) in &self.known.readings {
            for (at, earlier) in earlier.iter().enumerate() {
                let (purpose, repeat) = (Purpose::Known, EARLIER + at);
                let measure = Measure { commit: *commit, purpose, repeat };
                evidence.read(measure, 0, worse(metric, earlier.value));
            }
        }
    }

    /// What good was: as it was given, else as it is remembered from when it was measured to be judged.
    /// A bisect reads it when something has gone wrong, which may be the environment.
    fn recorded_good(&self, question: &BisectRequest) -> Option<Sample> {
        // Of the line's own good end only.
        if self.line.merge.is_some() {
            return None;
        }
        let own: Vec<f64> = match (question.recorded, self.known.readings.get(&0)) {
            (Some(recorded), _) => vec![recorded],
            (None, Some(earlier)) => {
                let judged = earlier.iter().filter(|earlier| !earlier.chosen);
                judged.map(|earlier| earlier.value).collect()
            }
            (None, None) => return None,
        };
        let worse = own.into_iter().map(|value| worse(&question.judged, value));
        let finite: Vec<f64> = worse.filter(|value| value.is_finite()).collect();
        (!finite.is_empty()).then(|| Sample::of(&finite))
    }

    /// Readings of another line of the same search serve this one too, where they were not what chose
    /// its ends: those that confirmed them.
    fn add(
        &self,
        noted: &Noted,
        metric: &Metric,
        evidence: &mut Evidence,
        known: &mut BTreeMap<usize, usize>,
    ) {
        let own = self.place(&noted.commit).filter(|_| noted.home.is_none());
        let Some(commit) = own else { return };
        let value = worse(metric, noted.value());
        if noted.inside == self.line.merge {
            let measure = Measure { commit, purpose: noted.purpose, repeat: noted.repeat };
            evidence.read(measure, noted.round, value);
        } else if noted.purpose == Purpose::Culprit && self.line.merge.is_some() {
            let repeat = known.entry(commit).or_default();
            evidence.read(Measure { commit, purpose: Purpose::Known, repeat: *repeat }, 0, value);
            *repeat += 1;
        }
    }

    /// With `left` readings.
    pub(super) fn terms(&self, question: &BisectRequest, left: usize) -> Terms {
        let BisectRequest { judged, parallel, .. } = question;
        let declared = judged.sd.map(|deviation| KnownNoise { deviation, freedom: DECLARED });
        let shown = self.noise.filter(|_| judged.scale == Scale::Linear);
        let noise = declared.or(shown);
        Terms {
            prior: self.line.commits.iter().map(|step| step.touched.weight()).collect(),
            batch: *parallel,
            budget: left,
            resolution: match judged.scale {
                Scale::Linear => judged.resolution.unwrap_or(0.0),
                Scale::Log => 0.0,
            },
            noise,
            recorded_good: self.recorded_good(question),
            ..Terms::new(self.line.commits.len())
        }
    }
}

/// The metric turned so that higher is worse.
pub(super) fn worse(metric: &Metric, value: f64) -> f64 {
    let value = match metric.scale {
        Scale::Linear => value,
        Scale::Log => value.ln(),
    };
    match metric.direction {
        Direction::Lower => value,
        Direction::Higher => -value,
    }
}

/// Back into the metric's own unit.
pub(super) fn own(metric: &Metric, worse: f64) -> f64 {
    let value = match metric.direction {
        Direction::Lower => worse,
        Direction::Higher => -worse,
    };
    match metric.scale {
        Scale::Linear => value,
        Scale::Log => value.exp(),
    }
}
