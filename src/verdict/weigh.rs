//! One metric at one look: weighed first, and judged once the levels of all metrics are known.

use super::{
    Look, Measured, MetricVerdict, Reading, Verdict,
    evidence::{Evidence, Sides},
    look::Levels,
    metric::Further,
    outlook::Basis,
    ruler::Ruler,
    sift::{Finding, Values, sift},
};
use crate::{config::Metric, statistics::Sample};

const TOO_LARGE: &str = "its values are too large to be compared";

/// A metric before the levels are known.
#[derive(Debug)]
pub(super) enum Weighed {
    /// Levels do not matter.
    Settled(Box<MetricVerdict>),
    /// Its bounds decide.
    Open(Box<Scales>),
}

/// What the bounds of a metric follow from.
#[derive(Debug)]
pub(super) struct Scales {
    known: MetricVerdict,
    evidence: Evidence,
    ruler: Ruler,
    /// Mean badness of base.
    base: f64,
    /// Tolerated difference in badness.
    margin: f64,
    /// Seeds a side.
    seeds: usize,
    /// Incomplete pairs.
    dropped: usize,
}

/// Weighs a metric.  `frozen` is the margin of the first look; none at that look itself.
pub(super) fn weigh(look: &Look<'_>, measured: &Measured<'_>, frozen: Option<f64>) -> Weighed {
    let blank = MetricVerdict::blank(measured.name, measured.metric);
    match sift(measured, look.pairing) {
        Err(finding) => settled(with_means(blank, measured), finding),
        Ok(values) => weigh_values(look, measured, &values, frozen, blank),
    }
}

fn settled(known: MetricVerdict, finding: Finding) -> Weighed {
    Weighed::Settled(Box::new(known.found(finding)))
}

/// What can be told of the means where values are missing or not finite.
fn with_means(known: MetricVerdict, measured: &Measured<'_>) -> MetricVerdict {
    let ruler = Ruler::of(measured.metric);
    let mean = |side: &[Reading]| {
        let values: Option<Vec<f64>> = side.iter().map(|reading| reading.value()).collect();
        let badness: Vec<f64> = values?.into_iter().map(|value| ruler.badness(value)).collect();
        Some(ruler.value(Sample::of(&badness).mean)).filter(|mean| mean.is_finite())
    };
    MetricVerdict { base: mean(&measured.base), head: mean(&measured.head), ..known }
}

fn weigh_values(
    look: &Look<'_>,
    measured: &Measured<'_>,
    values: &Values,
    frozen: Option<f64>,
    blank: MetricVerdict,
) -> Weighed {
    let metric = measured.metric;
    let ruler = Ruler::of(metric);
    let badness = |side: &[f64]| side.iter().map(|one| ruler.badness(*one)).collect::<Vec<f64>>();
    let (base, head) = (badness(&values.base), badness(&values.head));
    let (b, h) = (Sample::of(&base).mean, Sample::of(&head).mean);
    let margin = ruler.margin(metric, b, frozen);
    let unit = |difference| ruler.worsening(b, difference);
    if ![b, h, h - b, margin].into_iter().all(f64::is_finite) {
        return settled(blank, Finding::hopeless(TOO_LARGE));
    }
    let known = MetricVerdict {
        base: Some(ruler.value(b)),
        head: Some(ruler.value(h)),
        worsening: Some(unit(h - b)),
        margin: Some(unit(margin)),
        ..blank
    };
    if metric.deterministic {
        return settled(known, exact(&base, &head, margin));
    }
    let seeds = base.len().min(head.len());
    if seeds == 1 && above_floor(metric, &known) {
        let reason = "worse than the declared floor, in one training a side";
        return settled(known, Finding::regressed(reason));
    }
    let sides = Sides { measured, ruler, base: &base, head: &head };
    let dropped = values.dropped;
    match sides.evidence(look) {
        Err(finding) => settled(known, finding),
        Ok(evidence) if !evidence.is_finite() => settled(known, Finding::hopeless(TOO_LARGE)),
        Ok(evidence) => Weighed::Open(Box::new(Scales {
            known,
            evidence,
            ruler,
            base: b,
            margin,
            seeds,
            dropped,
        })),
    }
}

/// Declared deterministic: any two values of a side are the same, or the declaration is wrong.
fn exact(base: &[f64], head: &[f64], margin: f64) -> Finding {
    let differs = |side: &[f64]| side.iter().any(|value| value.total_cmp(&side[0]).is_ne());
    if differs(base) || differs(head) {
        return Finding::hopeless("declared deterministic, but trainings of one side differ");
    }
    if head[0] - base[0] > margin {
        return Finding::regressed("worse than the margin allows (deterministic)");
    }
    let reason = "within the margin (deterministic)".to_owned();
    Finding { verdict: Verdict::Pass, reason, open: false, rerun: Vec::new() }
}

/// One training a side says nothing of noise; only what was declared beforehand may block.
fn above_floor(metric: Metric, known: &MetricVerdict) -> bool {
    let limit = metric.floor.filter(|_| metric.sd.is_none()).zip(known.margin);
    limit.zip(known.worsening).is_some_and(|((floor, margin), worse)| worse > floor.max(margin))
}

impl Scales {
    pub(super) fn is_gated(&self) -> bool {
        self.known.gated
    }

    /// One-sided p-value of "no worse than the margin"; one without evidence that may block.
    pub(super) fn p_value(&self) -> f64 {
        self.evidence.block.map_or(1.0, |difference| difference.p_above(self.margin))
    }

    /// The verdict at these levels.
    pub(super) fn judge(self, levels: Levels) -> MetricVerdict {
        let Evidence { block, pass, ref assumption, history } = self.evidence;
        let lower = block.unwrap_or(pass).lower(levels.block);
        let upper = pass.upper(levels.pass);
        let (verdict, reason) = self.decide(lower, upper, levels);
        let by_history = history && (verdict == Verdict::Pass || block.is_none());
        let assumption = assumption.clone().filter(|_| !history || by_history);
        let basis = block.map(|difference| Basis {
            difference,
            margin: self.margin,
            levels,
            seeds: self.seeds,
            ruler: self.ruler,
            base: self.base,
            may_pass: self.dropped == 0 && self.margin > 0.0,
        });
        let unit = |difference| self.ruler.worsening(self.base, difference);
        MetricVerdict {
            lower: Some(unit(lower)),
            upper: Some(unit(upper)),
            verdict,
            reason: self.with_dropped(reason),
            assumption,
            further: basis.map_or(Further::Open, Further::Likely),
            ..self.known
        }
    }

    fn decide(&self, lower: f64, upper: f64, levels: Levels) -> (Verdict, &'static str) {
        let Evidence { block, pass, history, .. } = self.evidence;
        let constant = block.is_some_and(|difference| difference.standard_error == 0.0);
        let blocks = block.is_some() && lower > self.margin;
        let passes = upper <= self.margin;
        let suspect = history && pass.lower(levels.block) > self.margin;
        match (blocks, passes) {
            (true, true) => (
                Verdict::Inconclusive,
                "worse than today's base, but not than the base's history; add seeds",
            ),
            (true, false) if constant => {
                (Verdict::Regressed, "worse than the margin allows (no variance seen)")
            }
            (true, false) => (Verdict::Regressed, "worse than the margin allows"),
            (false, true) if self.dropped > 0 => {
                (Verdict::Inconclusive, "within the margin, but what is missing cannot pass")
            }
            (false, true) if self.margin <= 0.0 && !constant => (
                Verdict::Inconclusive,
                "the margin is zero, since the base's mean is; declare absolute",
            ),
            (false, true) if constant => (Verdict::Pass, "within the margin (no variance seen)"),
            (false, true) if upper < 0.0 => (Verdict::Pass, "better"),
            (false, true) => (Verdict::Pass, "within the margin"),
            (false, false) if suspect => (
                Verdict::Inconclusive,
                "worse than the base's history allows; more seeds must confirm it",
            ),
            (false, false) => (
                Verdict::Inconclusive,
                "the noise between seeds hides it; add seeds or widen the margin",
            ),
        }
    }

    fn with_dropped(&self, reason: &str) -> String {
        match self.dropped {
            0 => reason.to_owned(),
            dropped => {
                let pairs = dropped + self.seeds;
                format!("{reason}; {dropped} of {pairs} pairs left out, since a value is missing")
            }
        }
    }
}
