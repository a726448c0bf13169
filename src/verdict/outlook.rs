//! What a look could show and a further one would, and whether a further one is worth its price.

use super::{Look, MetricVerdict, look::ErrorLevels, metric::Further, ruler::Ruler};
use crate::statistics::{
    Difference, Growth, chi_squared_quantile, detectable, quantile, seeds_needed, tail,
};

/// The power with which "could show" is meant.
const POWER: f64 = 0.8;

/// A further look less likely than this to decide is not worth its price.
const REAL_CHANCE: f64 = 0.01;

/// Points at which the unknown standard deviation is tried.
const POINTS: u32 = 20;

/// What the outlook of a metric follows from, in badness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Basis {
    pub(super) difference: Difference,
    pub(super) margin: f64,
    pub(super) levels: ErrorLevels,
    /// Seeds a side.
    pub(super) growth: Growth,
    pub(super) ruler: Ruler,
    /// Mean badness of base.
    pub(super) base: f64,
    /// Whether it could pass at all.
    pub(super) may_pass: bool,
}

/// Such as "3 seeds a side could show a worsening of about 1.8; 9 would show about 1.1; about 6
/// seeds a side would decide".  The deviation is itself an estimate: hence two digits, and "about".
/// None without a noise estimate.
pub fn outlook(look: &Look<'_>, metric: &MetricVerdict) -> Option<String> {
    let Further::Likely(basis) = metric.further else { return None };
    if basis.difference.standard_error == 0.0 {
        return None;
    }
    let now = basis.growth.seeds;
    let mut parts =
        vec![format!("{now} seeds a side could show a worsening of about {}", basis.shows(now))];
    if !metric.is_undecided() {
        return Some(parts.remove(0));
    }
    if let Some(last) = look.plan.last().filter(|last| **last > now) {
        let hopeless = chance(look, metric).is_some_and(|chance| chance < REAL_CHANCE);
        let remark = if hopeless { ", too much to decide" } else { "" };
        parts.push(format!("{last} would show about {}{remark}", basis.shows(*last)));
    }
    parts.push(match basis.needs() {
        Some(seeds) => format!("about {seeds} seeds a side would decide"),
        None => "it is too near the margin to be decided by any number of seeds".to_owned(),
    });
    Some(parts.join("; "))
}

/// The probability that one of the looks that are left decides an undecided metric, by what is known
/// now; none if that cannot be told.  Generous: the looks' chances are added up.
pub fn chance(look: &Look<'_>, metric: &MetricVerdict) -> Option<f64> {
    match metric.further {
        Further::Never => Some(0.0),
        Further::Open => None,
        Further::Likely(basis) => {
            let left = look.plan.iter().skip(look.index + 1);
            Some(left.map(|seeds| basis.chance(*seeds)).sum::<f64>().min(1.0))
        }
    }
}

/// Whether a look is left that has a real chance to decide a gated metric.  To stop before the end of
/// the plan never raises an error rate.
pub fn worth_another_look(look: &Look<'_>, metrics: &[MetricVerdict]) -> bool {
    let is_left = look.index + 1 < look.plan.len();
    let worth = |metric: &MetricVerdict| {
        let undecided = metric.gated && metric.is_undecided();
        undecided && chance(look, metric).is_none_or(|chance| chance >= REAL_CHANCE)
    };
    is_left && metrics.iter().any(worth)
}

impl Basis {
    /// The worsening that so many seeds would show, in the metric's unit.
    fn shows(&self, seeds: usize) -> String {
        let then = self.difference.with_seeds(self.growth, seeds);
        let least = detectable(self.margin, &then, self.levels.block, POWER);
        about(self.ruler.worsening(self.base, least))
    }

    /// How many seeds a side would decide, were the truth what was seen.
    fn needs(&self) -> Option<usize> {
        let distance = self.difference.estimate - self.margin;
        let error = if distance > 0.0 { self.levels.block } else { self.levels.pass };
        if distance <= 0.0 && !self.may_pass {
            return None;
        }
        seeds_needed(distance.abs(), &self.difference, self.growth, error, POWER)
    }

    /// The predictive probability that so many seeds decide: Spiegelhalter, Freedman and Blackburn,
    /// "Monitoring clinical trials: conditional or predictive power?", Controlled Clinical Trials 7
    /// (1986), with a flat prior of the worsening, and of the logarithm of the standard deviation.
    fn chance(&self, seeds: usize) -> f64 {
        let Difference { estimate, standard_error, freedom } = self.difference;
        if standard_error == 0.0 {
            return 0.0;
        }
        let then = self.difference.with_seeds(self.growth, seeds);
        let share = (then.standard_error / standard_error).powi(2);
        let (block, pass) =
            (quantile(self.levels.block, then.freedom), quantile(self.levels.pass, then.freedom));
        let at = |deviation: f64| {
            // What the deviation will be estimated at, if it truly is so many times today's estimate.
            let seen = (freedom + (then.freedom - freedom) * deviation.powi(2)) / then.freedom;
            let error = then.standard_error * if freedom.is_finite() { seen.sqrt() } else { 1.0 };
            let spread = deviation * standard_error * (1.0 - share).sqrt();
            let above = tail((self.margin + block * error - estimate) / spread, f64::INFINITY);
            let below = tail((estimate - self.margin + pass * error) / spread, f64::INFINITY);
            above + if self.may_pass { below } else { 0.0 }
        };
        let points = (0..POINTS).map(|point| (f64::from(point) + 0.5) / f64::from(POINTS));
        let deviation = |point| {
            chi_squared_quantile(point, freedom).map_or(1.0, |square| (freedom / square).sqrt())
        };
        points.map(|point| at(deviation(point))).sum::<f64>() / f64::from(POINTS)
    }
}

/// A number to two significant digits.
fn about(value: f64) -> String {
    let rounded = format!("{value:.1e}");
    let plain = (1e-4..1e9).contains(&value.abs());
    rounded.parse::<f64>().ok().filter(|_| plain).map_or(rounded, |rounded| rounded.to_string())
}
