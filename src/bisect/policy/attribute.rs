//! Code or dependencies?  Four combinations of old and new code and image tell.

use crate::statistics::{Difference, Sample};

/// Probability of naming a cause that is none.
const ERROR: f64 = 0.05;

/// Diverged readings count as this many deviations beyond the worst finite one.
const FAR: f64 = 20.0;

/// Readings, higher being worse: `cells[code][image]`, 0 for the commit before the culprit, 1 for the
/// culprit.
pub type Cells = [[Vec<f64>; 2]; 2];

/// What made it worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The culprit's code, with either image.
    Code,
    /// The culprit's requirements, with either code.
    Dependencies,
    /// Each of them, or only both together.
    Both,
    /// Neither was shown.
    Undecided,
}

/// Main effects of a two by two table with a pooled variance (Fisher, "The design of experiments",
/// 1935), each at 5 %.
pub fn attribute(cells: &Cells) -> Cause {
    let Some(samples) = samples(cells) else { return Cause::Undecided };
    let [[old, image], [code, both]] = samples;
    let all = [old, image, code, both];
    let freedom: f64 = all.iter().map(|cell| cell.count - 1.0).sum();
    let squares: f64 = all.iter().map(|cell| cell.variance * (cell.count - 1.0)).sum();
    let share: f64 = all.iter().map(|cell| cell.count.recip()).sum();
    let standard_error = (squares / freedom * share / 4.0).sqrt();
    let shown = |estimate: f64| {
        freedom >= 1.0 && Difference { estimate, standard_error, freedom }.lower(ERROR) > 0.0
    };
    let by_code = f64::midpoint(code.mean - old.mean, both.mean - image.mean);
    let by_image = f64::midpoint(image.mean - old.mean, both.mean - code.mean);
    match (shown(by_code), shown(by_image)) {
        (true, true) => Cause::Both,
        (true, false) => Cause::Code,
        (false, true) => Cause::Dependencies,
        (false, false) => Cause::Undecided,
    }
}

/// None if a combination was not read, or none of the readings is finite.
fn samples(cells: &Cells) -> Option<[[Sample; 2]; 2]> {
    let all = || cells.iter().flatten().flatten().copied().filter(|value| value.is_finite());
    if cells.iter().flatten().any(Vec::is_empty) || all().next().is_none() {
        return None;
    }
    let worst = all().fold(f64::NEG_INFINITY, f64::max);
    let spread = Sample::of(&all().collect::<Vec<_>>()).variance.sqrt();
    let diverged = worst + if spread > 0.0 { FAR * spread } else { 1.0 };
    let sample = |values: &Vec<f64>| {
        let finite = |value: &f64| if value.is_finite() { *value } else { diverged };
        Sample::of(&values.iter().map(finite).collect::<Vec<_>>())
    };
    let [[a, b], [c, d]] = cells;
    Some([[sample(a), sample(b)], [sample(c), sample(d)]])
}
