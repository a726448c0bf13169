//! One metric at one look: weighed first, and judged once the levels of all metrics are known.

use super::{
    Look, Measured, MetricVerdict, Reading, Verdict,
    evidence::{BadnessSides, WorseningEvidence},
    look::ErrorLevels,
    metric::Further,
    outlook::Basis,
    ruler::Ruler,
    sift::{EarlyVerdict, FiniteValues, sift},
};
use crate::{
    config::{Metric, Pairing},
    statistics::{Growth, Sample},
};

const TOO_LARGE: &str = "its values, or its sd, are too large to be compared";

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
    evidence: WorseningEvidence,
    ruler: Ruler,
    /// Mean badness of base.
    base: f64,
    /// Tolerated difference in badness, with what rounding may add.
    limit: f64,
    growth: Growth,
    /// Incomplete pairs, of how many.
    dropped: (usize, usize),
}

/// Weighs a metric.  `level` is that of blocking, in equal shares.
pub(super) fn weigh(look: &Look<'_>, measured: &Measured<'_>, level: f64) -> Weighed {
    let blank = MetricVerdict::blank(measured.name, measured.metric);
    match sift(measured, look.pairing, level) {
        Err(finding) => settled(with_means(blank, measured), finding),
        Ok(values) => weigh_values(look, measured, &values, blank),
    }
}

fn settled(known: MetricVerdict, finding: EarlyVerdict) -> Weighed {
    Weighed::Settled(Box::new(known.found(finding)))
}

/// What can be told of the means where values are missing or not finite.
fn with_means(known: MetricVerdict, measured: &Measured<'_>) -> MetricVerdict {
    let ruler = Ruler::of(measured.metric);
    let finite = |side: &[Reading]| -> Vec<f64> {
        let values = side.iter().filter_map(|reading| reading.value());
        values.filter(|value| value.is_finite()).map(|value| ruler.badness(value)).collect()
    };
    let (base, head) = (finite(&measured.base), finite(&measured.head));
    let mean =
        |side: &[f64]| Some(ruler.value(Sample::of(side).mean)).filter(|mean| mean.is_finite());
    MetricVerdict {
        base: mean(&base),
        head: mean(&head),
        base_seeds: base.len(),
        head_seeds: head.len(),
        ..known
    }
}

fn weigh_values(
    look: &Look<'_>,
    measured: &Measured<'_>,
    values: &FiniteValues,
    blank: MetricVerdict,
) -> Weighed {
    let metric = measured.metric;
    let ruler = Ruler::of(metric);
    let badness = |side: &[f64]| side.iter().map(|one| ruler.badness(*one)).collect::<Vec<f64>>();
    let (base, head) = (badness(&values.base), badness(&values.head));
    let (b, h) = (Sample::of(&base).mean, Sample::of(&head).mean);
    let margin = ruler.margin(metric, b);
    let limit = ruler.limit(metric, margin, [b, h]);
    if ![b, h, h - b, margin].into_iter().all(f64::is_finite) {
        return settled(blank, EarlyVerdict::hopeless(TOO_LARGE));
    }
    let unit = |difference| ruler.worsening(b, difference);
    let known = MetricVerdict {
        base: Some(ruler.value(b)),
        head: Some(ruler.value(h)),
        base_seeds: base.len(),
        head_seeds: head.len(),
        worsening: Some(unit(h - b)),
        margin: Some(unit(margin)),
        diverged: values.lost.told.clone(),
        ..blank
    };
    let (pairs, weight) = (&values.pairs, ruler.weight(metric, b));
    let sides = BadnessSides { measured, ruler, base: &base, head: &head, pairs, weight };
    if let Some(finding) = without_noise(&sides, &known, limit, values) {
        return settled(known, finding);
    }
    // The same seed and code again is the same draw.
    let once = BadnessSides { base: &base[..1], head: &head[..1], ..sides };
    let drawn = if sides.ignore_the_seed() { once } else { sides };
    let excess = Some(values.lost.excess).filter(|excess| *excess > 0.0);
    let lost = excess.map_or(0.0, |excess| excess * Sample::of(&head).variance.sqrt());
    match drawn.evidence(look).map(|evidence| evidence.losing(lost)) {
        Err(finding) => settled(known, finding),
        Ok(evidence) if !evidence.is_bounded() => settled(known, EarlyVerdict::hopeless(TOO_LARGE)),
        Ok(evidence) => Weighed::Open(Box::new(Scales {
            known,
            evidence,
            ruler,
            base: b,
            limit,
            growth: growth(look, &drawn),
            dropped: (values.dropped, values.dropped + pairs.len()),
        })),
    }
}

/// What is decided without any estimate of the noise, if it is.
fn without_noise(
    sides: &BadnessSides<'_>,
    known: &MetricVerdict,
    limit: f64,
    values: &FiniteValues,
) -> Option<EarlyVerdict> {
    let metric = sides.measured.metric;
    if sides.nothing_moved() && values.dropped == 0 && values.lost.excess == 0.0 {
        return Some(EarlyVerdict::pass("no seed moved: each gave the same on both sides"));
    }
    if metric.deterministic {
        return Some(exact(sides.base, sides.head, limit));
    }
    if sides.base.len().min(sides.head.len()) == 1 && above_floor(metric, known) {
        let reason = "worse than the declared floor, in one training a side";
        return Some(EarlyVerdict::regressed(reason));
    }
    if !sides.ignore_the_seed() || metric.sd.is_some() {
        return None;
    }
    if above_floor(metric, known) {
        let reason = "worse than the declared floor; the training seems to ignore REGRESSION_SEED";
        return Some(EarlyVerdict::regressed(reason));
    }
    let reason = "the training seems to ignore REGRESSION_SEED: all seeds of a side gave the same, and \
                  one draw a side is no evidence; seed it, or declare deterministic or floor";
    // Coarse values may be the same by chance.
    let coarse = metric.resolution.is_some() || sides.head.len() < 3;
    Some(if coarse { EarlyVerdict::open(reason) } else { EarlyVerdict::hopeless(reason) })
}

/// How the estimate will become more certain: a base that has all its seeds already gets no more.
fn growth(look: &Look<'_>, sides: &BadnessSides<'_>) -> Growth {
    let (base, head) = (sides.base.len(), sides.head.len());
    let last = look.plan.last().copied().unwrap_or(0);
    if look.pairing != Pairing::None || base < last || base <= head {
        return Growth { seeds: base.min(head), fixed: 0.0 };
    }
    let of_base = Sample::of(sides.base).times(sides.weight).squared_error();
    let all = of_base + Sample::of(sides.head).squared_error();
    // Both may be zero, or beyond all numbers.
    let fixed = Some(of_base / all).filter(|share| share.is_finite()).unwrap_or(0.0);
    Growth { seeds: head, fixed }
}

/// Declared deterministic: any two values of a side are the same, or the declaration is wrong.
fn exact(base: &[f64], head: &[f64], limit: f64) -> EarlyVerdict {
    let differs = |side: &[f64]| side.iter().any(|value| value.total_cmp(&side[0]).is_ne());
    if differs(base) || differs(head) {
        return EarlyVerdict::hopeless("declared deterministic, but trainings of one side differ");
    }
    if head[0] - base[0] > limit {
        return EarlyVerdict::regressed("worse than the margin allows (deterministic)");
    }
    EarlyVerdict::pass("within the margin (deterministic)")
}

/// One draw a side says nothing of noise; only what was declared beforehand may block.
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
        self.evidence.block.map_or(1.0, |difference| difference.p_above(self.limit))
    }

    /// The verdict at these levels.
    pub(super) fn judge(self, levels: ErrorLevels) -> MetricVerdict {
        let WorseningEvidence { block, pass, ref assumption, history } = self.evidence;
        let lower = block.unwrap_or(pass).lower(levels.block);
        let upper = pass.upper(levels.pass);
        let (verdict, reason) = self.decide(lower, upper, levels);
        let by_history = history && (verdict == Verdict::Pass || block.is_none());
        let assumption = assumption.clone().filter(|_| !history || by_history);
        let basis = block.map(|difference| Basis {
            difference,
            margin: self.limit,
            levels,
            growth: self.growth,
            ruler: self.ruler,
            base: self.base,
            may_pass: self.dropped.0 == 0 && self.limit > 0.0,
        });
        let unit = |difference| self.ruler.worsening(self.base, difference);
        MetricVerdict {
            lower: Some(unit(lower)),
            upper: Some(unit(upper)),
            lower_rate: Some(levels.block),
            upper_rate: Some(levels.pass),
            verdict,
            reason: self.with_dropped(reason),
            assumption,
            further: basis.map_or(Further::Open, Further::Likely),
            ..self.known
        }
        .telling()
    }

    fn decide(&self, lower: f64, upper: f64, levels: ErrorLevels) -> (Verdict, &'static str) {
        let WorseningEvidence { block, pass, history, .. } = self.evidence;
        let constant = block.is_some_and(|difference| difference.standard_error == 0.0);
        let blocks = block.is_some() && lower > self.limit;
        let passes = upper <= self.limit;
        let suspect = history && pass.lower(levels.block) > self.limit;
        match (blocks, passes) {
            (true, true) => (
                Verdict::Inconclusive,
                "worse than today's base, but not than the base's history; add seeds",
            ),
            (true, false) if constant => {
                (Verdict::Regressed, "worse than the margin allows (no variance seen)")
            }
            (true, false) => (Verdict::Regressed, "worse than the margin allows"),
            (false, true) if self.dropped.0 > 0 => {
                (Verdict::Inconclusive, "within the margin, but what is missing cannot pass")
            }
            (false, true) if self.limit <= 0.0 && !constant => (
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
            (0, _) => reason.to_owned(),
            (dropped, of) => {
                format!("{reason}; {dropped} of {of} pairs left out, since a value is missing")
            }
        }
    }
}
