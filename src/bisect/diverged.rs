//! A training that diverged is a result.  It counts as a reading at the worse level.

use super::{Evidence, Measure, Purpose, Terms};
use crate::statistics::Sample;

/// How many deviations worse than good a divergence is, if the bad end itself has no level.
const FAR: f64 = 20.0;

/// The value that stands for a reading which is not finite: the bad end's mean; if the bad end
/// diverges too, a value far beyond the good end's noise and the margin.
pub(super) fn stand_in(evidence: &Evidence, terms: &Terms) -> f64 {
    let bad = finite(evidence, terms.last());
    if bad.count > 0.0 {
        return bad.mean;
    }
    let good = finite(evidence, 0);
    let mean = if good.count > 0.0 { good.mean } else { 0.0 };
    let far = (FAR * good.variance.max(terms.least_variance()).sqrt()).max(2.0 * terms.margin);
    mean + if far > 0.0 { far } else { 1.0 }
}

fn finite(evidence: &Evidence, end: usize) -> Sample {
    let of_end = |measure: &Measure| measure.commit == end && measure.purpose == Purpose::Ends;
    let readings = evidence.readings().filter(|(measure, _)| of_end(measure));
    Sample::of(
        &readings.map(|(_, value)| value).filter(|value| value.is_finite()).collect::<Vec<_>>(),
    )
}
