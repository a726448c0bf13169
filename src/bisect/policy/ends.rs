//! Ends that cannot be read, or do not differ.

use super::{BisectOutcome, End, Evidence, Purpose, Terms, confirm::Pair};
use crate::statistics::{Difference, Sample};

/// Probability of blaming the environment wrongly.
const DRIFT_ERROR: f64 = 0.05;

/// Readings of the good end of which one has to be finite.
const FEWEST: usize = 4;

/// An end without a level: nothing can be compared with it.
pub(super) fn without_level(evidence: &Evidence, terms: &Terms) -> Option<BisectOutcome> {
    let skipped = |end, commit| {
        let reason = evidence.skipped(commit)?;
        Some(BisectOutcome::EndSkipped { end, reason })
    };
    let of_good = evidence
        .readings()
        .filter(|(measure, _)| measure.commit == 0 && measure.purpose == Purpose::Ends);
    let good: Vec<f64> = of_good.map(|(_, value)| value).collect();
    let diverges = good.len() >= FEWEST && good.iter().all(|value| !value.is_finite());
    skipped(End::Good, 0)
        .or_else(|| skipped(End::Bad, terms.last()))
        .or_else(|| diverges.then_some(BisectOutcome::GoodDiverges))
}

/// The ends do not differ: does good work, and has it moved?
pub(super) fn without_step(terms: &Terms, seen: &Pair) -> BisectOutcome {
    let (levels, fresh) = (seen.levels(), seen.good.values);
    if 2 * seen.good.diverged.hits >= seen.good.diverged.of {
        return BisectOutcome::GoodDiverges;
    }
    let moved = terms.recorded_good.filter(|recorded| has_moved(terms, &fresh, recorded));
    moved.map_or(BisectOutcome::NotReproduced(levels), |recorded| BisectOutcome::EnvironmentDrift {
        recorded: recorded.mean,
        fresh: fresh.mean,
    })
}

fn has_moved(terms: &Terms, fresh: &Sample, recorded: &Sample) -> bool {
    let moved = if recorded.count > 1.0 {
        Difference::welch(fresh, recorded)
    } else {
        Difference {
            estimate: fresh.mean - recorded.mean,
            standard_error: (fresh.variance * (1.0 + fresh.count.recip())).sqrt(),
            freedom: fresh.count - 1.0,
        }
    };
    moved.lower(DRIFT_ERROR) > terms.margin
}
