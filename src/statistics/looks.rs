//! Several looks at growing data: the error of any of them.

use std::{
    collections::HashMap,
    f64::consts::TAU,
    sync::{Mutex, PoisonError},
};

use super::{quantile, tail};

/// Intervals over which the estimate at a look is integrated; more change no digit that is shown.
const INTERVALS: u16 = 128;

/// Standard errors below which nothing is left to integrate.
const LOWEST: f64 = -7.0;

/// Levels that are kept, because each takes some milliseconds.
const KEPT: usize = 1000;

/// What a level was asked for: the error, by its bits, and the plan.
type LooksKey = (u64, Vec<usize>);

static LEVELS: Mutex<Option<HashMap<LooksKey, f64>>> = Mutex::new(None);

/// Error rate of each planned look, the same at all, so that all together keep to `error`.  `plan` is
/// the number of seeds a side at each, rising.
///
/// Pocock, "Group sequential methods in the design and analysis of clinical trials", Biometrika 64 (1977),
/// for looks at any distances, by the recursion of Armitage, `McPherson` and Rowe, "Repeated significance
/// tests on accumulating data", Journal of the Royal Statistical Society A 132 (1969).
pub fn nominal_level(error: f64, plan: &[usize]) -> f64 {
    if plan.len() < 2 {
        return error;
    }
    let asked = (error.to_bits(), plan.to_vec());
    let mut levels = LEVELS.lock().unwrap_or_else(PoisonError::into_inner);
    let levels = levels.get_or_insert_default();
    if let Some(level) = levels.get(&asked) {
        return *level;
    }
    if levels.len() >= KEPT {
        levels.clear();
    }
    let level = solve(error, plan);
    levels.insert(asked, level);
    level
}

/// Between the union bound and a single look's level, the bound that is crossed with probability `error`.
fn solve(error: f64, plan: &[usize]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a thousand looks at most")]
    let looks = plan.len() as f64;
    let normal = |level| quantile(level, f64::INFINITY);
    let (mut low, mut high) = (normal(error), normal(error / looks));
    while high - low > 1e-6 {
        let middle = f64::midpoint(low, high);
        if crossed(middle, plan) > error { low = middle } else { high = middle }
    }
    tail(high, f64::INFINITY)
}

/// The probability that the standardized mean of normal values is above `bound` at any look.
fn crossed(bound: f64, plan: &[usize]) -> f64 {
    let width = (bound - LOWEST) / f64::from(INTERVALS);
    let points: Vec<f64> = (0..=INTERVALS).map(|at| LOWEST + f64::from(at) * width).collect();
    // Simpson's rule.
    let weight = |at: usize| match at {
        0 => width / 3.0,
        last if last == usize::from(INTERVALS) => width / 3.0,
        odd if odd % 2 == 1 => 4.0 * width / 3.0,
        _ => 2.0 * width / 3.0,
    };
    let mut inside: Vec<f64> = points.iter().map(|point| density(*point)).collect();
    let mut crossed = tail(bound, f64::INFINITY);
    for looks in plan.windows(2) {
        let (kept, fresh) = shares(looks);
        let from = |value: &dyn Fn(f64) -> f64| -> f64 {
            let each = inside.iter().zip(&points).enumerate();
            each.map(|(at, (mass, point))| weight(at) * mass * value(*point)).sum()
        };
        crossed += from(&|point| tail((bound - kept * point) / fresh, f64::INFINITY));
        inside = points
            .iter()
            .map(|next| from(&|point| density((next - kept * point) / fresh) / fresh))
            .collect();
    }
    crossed
}

/// How much of the standardized mean at a look is that of the look before, and how much is fresh.
fn shares(looks: &[usize]) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "a thousand seeds at most")]
    let old = looks[0] as f64 / looks[1] as f64;
    (old.sqrt(), (1.0 - old).max(1e-12).sqrt())
}

fn density(value: f64) -> f64 {
    (-value * value / 2.0).exp() / TAU.sqrt()
}
