//! What docs/decision.md promises, beside what is measured: whole comparisons by the real `judge_all`, with
//! looks after 3, 5, 7 and 9 seeds, and other seeds in place of those that diverge or crash.

use regression_action::{
    config::{Direction, ErrorRates, Metric, Pairing},
    statistics::quantile,
    verdict::{Look, Measured, MetricVerdict, Reading, Verdict, judge_all, overall},
};

use crate::{
    draws::{Random, Shape},
    reuse::Reuse,
};

const PLAN: [usize; 4] = [3, 5, 7, 9];

/// Seeds a side: those of the plan, and as many to take their places.
pub(crate) const SEEDS: usize = 18;

pub(crate) const PLANNED: usize = 9;

/// What is compared; in standard deviations of base.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    pub(crate) metrics: usize,
    pub(crate) margin: f64,
    /// True worsening of the first metric, and of all others.
    pub(crate) worsening: [f64; 2],
    pub(crate) shapes: [Shape; 2],
    /// Standard deviation of head.
    pub(crate) head: f64,
    /// Coefficient of variation of base, and a margin that is a share of its mean; else it is absolute.
    pub(crate) relative: Option<f64>,
    /// Shares of seeds that diverge in base and in head.
    pub(crate) diverge: [f64; 2],
    /// Share of head's worst seeds, by the first metric, that crash.
    pub(crate) crash: f64,
    /// Whether all nine seeds of base are known.
    pub(crate) known: bool,
    /// They are known from the history, if they are, and the world may have moved since.
    pub(crate) reuse: Option<Reuse>,
}

/// One metric, normal noise, a margin of 2 standard deviations, and no change.
pub(crate) const CALM: World = World {
    metrics: 1,
    margin: 2.0,
    worsening: [0.0; 2],
    shapes: [Shape::Normal; 2],
    head: 1.0,
    relative: None,
    diverge: [0.0; 2],
    crash: 0.0,
    known: false,
    reuse: None,
};

/// What a comparison came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    /// Looks that were made.
    pub(crate) looks: usize,
    pub(crate) trainings: usize,
}

/// The readings of one side: a seed a column, a metric a row.
pub(crate) type Side = Vec<Vec<Reading>>;

/// Both sides, and whether all planned seeds of base are known beforehand.
struct Sides {
    base: Side,
    head: Side,
    known: bool,
}

impl World {
    pub(crate) fn metric(&self) -> Metric {
        match self.relative {
            Some(variation) => Metric::new(Direction::Lower, self.margin * variation, 0.0),
            None => Metric::new(Direction::Lower, 0.0, self.margin),
        }
    }

    fn base(&self, random: &mut Random) -> Side {
        let mean = self.mean();
        let draw = |random: &mut Random, _| mean + self.shapes[0].draw(random);
        self.side(random, self.diverge[0], draw)
    }

    fn head(&self, random: &mut Random) -> Side {
        let mean = self.mean() + self.reuse.map_or(0.0, |reuse| reuse.drift);
        let mut side = self.side(random, self.diverge[1], |random, metric| {
            let worsening = self.worsening[usize::from(metric > 0)];
            mean + worsening + self.head * self.shapes[1].draw(random)
        });
        if self.crash > 0.0 {
            let worst = mean + self.worsening[0] + self.head * quantile(self.crash, f64::INFINITY);
            for seed in 0..SEEDS {
                if matches!(side[0][seed], Reading::Value(value) if value > worst) {
                    for metric in &mut side {
                        metric[seed] = Reading::Crashed;
                    }
                }
            }
        }
        side
    }

    pub(crate) fn mean(&self) -> f64 {
        self.relative.map_or(20.0, |variation| 1.0 / variation)
    }

    /// A training that diverges does so in all metrics.
    fn side(
        &self,
        random: &mut Random,
        diverge: f64,
        draw: impl Fn(&mut Random, usize) -> f64,
    ) -> Side {
        let lost: Vec<bool> = (0..SEEDS).map(|_| random.uniform() < diverge).collect();
        let mut value = |metric, seed: usize| {
            let value = draw(random, metric);
            Reading::Value(if lost[seed] { f64::NAN } else { value })
        };
        (0..self.metrics)
            .map(|metric| (0..SEEDS).map(|seed| value(metric, seed)).collect())
            .collect()
    }

    fn sides(&self, random: &mut Random) -> Sides {
        let (base, known) = match self.reuse {
            None => (self.base(random), self.known),
            Some(reuse) => reuse.base(self, random),
        };
        Sides { base, head: self.head(random), known }
    }

    /// One comparison.
    pub(crate) fn compare(&self, random: &mut Random) -> Outcome {
        let sides = self.sides(random);
        let is_lost = |side: &Side, seed: usize| !matches!(side[0][seed], Reading::Value(value) if value.is_finite());
        let (mut before, mut seen): (Vec<MetricVerdict>, Vec<usize>) = (Vec::new(), Vec::new());
        let (mut spares, mut seeds_so_far) = (0, 0);
        for (index, seeds) in PLAN.into_iter().enumerate() {
            let lost = |side| (seeds_so_far..seeds).filter(|seed| is_lost(side, *seed)).count();
            spares += lost(&sides.base).max(lost(&sides.head));
            seeds_so_far = seeds;
            seen = (0..seeds).chain(PLANNED..PLANNED + spares).collect();
            before = self.judge(index, &sides, &seen, &before);
            if overall(&before) != Verdict::Inconclusive {
                break;
            }
        }
        let looks = PLAN.iter().position(|seeds| *seeds == seeds_so_far).unwrap_or_default() + 1;
        let again = usize::from(self.reuse.is_some());
        let trainings =
            if sides.known { seeds_so_far + 2 * spares + again } else { 2 * seen.len() };
        Outcome { verdict: overall(&before), looks, trainings }
    }

    fn judge(
        &self,
        index: usize,
        sides: &Sides,
        seen: &[usize],
        before: &[MetricVerdict],
    ) -> Vec<MetricVerdict> {
        let (rates, pairing) = (ErrorRates::default(), Pairing::None);
        let look = Look { plan: &PLAN, index, rates, pairing };
        let ahead: Vec<usize> =
            if sides.known { (PLAN[index]..PLANNED).collect() } else { Vec::new() };
        let measured: Vec<Measured<'_>> = sides
            .base
            .iter()
            .zip(&sides.head)
            .map(|(base, head)| Measured {
                name: "m",
                metric: self.metric(),
                base: seen.iter().chain(&ahead).map(|seed| base[*seed]).collect(),
                head: seen.iter().map(|seed| head[*seed]).collect(),
                prior: None,
            })
            .collect();
        judge_all(&look, &measured, before)
    }
}
