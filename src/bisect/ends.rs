//! Ends that cannot be read, or do not differ.

use super::{End, Evidence, Levels, Measure, Outcome, Purpose, Terms};
use crate::statistics::{Difference, Sample};

/// Probability of blaming the environment wrongly.
const DRIFT_ERROR: f64 = 0.05;

/// An end without a level: nothing can be compared with it.
pub(super) fn without_level(evidence: &Evidence, terms: &Terms) -> Option<Outcome> {
    let skipped = |end, commit| {
        let reason = evidence.skipped(commit)?;
        Some(Outcome::EndSkipped { end, reason })
    };
    let of_good = |measure: &Measure| measure.commit == 0 && measure.purpose == Purpose::Ends;
    let good: Vec<f64> = evidence
        .readings()
        .filter(|(measure, _)| of_good(measure))
        .map(|(_, value)| value)
        .collect();
    let finite = good.iter().filter(|value| value.is_finite()).count();
    let diverges = good.len() >= terms.ends_look && !good.is_empty() && 2 * finite <= good.len();
    skipped(End::Good, 0)
        .or_else(|| skipped(End::Bad, terms.last()))
        .or_else(|| diverges.then_some(Outcome::GoodDiverges))
}

/// The ends do not differ: has good moved?
pub(super) fn without_step(terms: &Terms, levels: Levels, fresh: Sample) -> Outcome {
    let Some(recorded) = terms.recorded_good else {
        return Outcome::NotReproduced(levels);
    };
    let moved = if recorded.count > 1.0 {
        Difference::welch(&fresh, &recorded)
    } else {
        Difference {
            estimate: fresh.mean - recorded.mean,
            standard_error: (fresh.variance * (1.0 + fresh.count.recip())).sqrt(),
            freedom: fresh.count - 1.0,
        }
    };
    if moved.lower(DRIFT_ERROR) > terms.margin {
        Outcome::EnvironmentDrift { recorded: recorded.mean, fresh: fresh.mean }
    } else {
        Outcome::NotReproduced(levels)
    }
}
