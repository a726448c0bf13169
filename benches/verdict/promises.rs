//! What the README promises, beside what is measured: whole comparisons by the real `judge_all`, with
//! looks after 3, 5, 7 and 9 seeds, and other seeds in place of those that diverge or crash.

use regression_action::{
    config::{Direction, ErrorRates, Metric, Pairing},
    statistics::quantile,
    verdict::{Look, Measured, MetricVerdict, Reading, Verdict, judge_all, overall},
};

use crate::draws::{Random, Shape};

const PLAN: [usize; 4] = [3, 5, 7, 9];

/// Seeds a side: those of the plan, and as many to take their places.
const SEEDS: usize = 18;

const PLANNED: usize = 9;

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
type Side = Vec<Vec<Reading>>;

impl World {
    fn metric(&self) -> Metric {
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
        let mean = self.mean();
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

    fn mean(&self) -> f64 {
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

    /// One comparison.
    pub(crate) fn compare(&self, random: &mut Random) -> Outcome {
        let (base, head) = (self.base(random), self.head(random));
        let is_lost = |side: &Side, seed: usize| !matches!(side[0][seed], Reading::Value(value) if value.is_finite());
        let (mut before, mut seen): (Vec<MetricVerdict>, Vec<usize>) = (Vec::new(), Vec::new());
        let (mut spares, mut seeds_so_far) = (0, 0);
        for (index, seeds) in PLAN.into_iter().enumerate() {
            let lost = |side| (seeds_so_far..seeds).filter(|seed| is_lost(side, *seed)).count();
            spares += lost(&base).max(lost(&head));
            seeds_so_far = seeds;
            seen = (0..seeds).chain(PLANNED..PLANNED + spares).collect();
            before = self.judge(index, [&base, &head], &seen, &before);
            if overall(&before) != Verdict::Inconclusive {
                break;
            }
        }
        let looks = PLAN.iter().position(|seeds| *seeds == seeds_so_far).unwrap_or_default() + 1;
        let trainings = if self.known { seeds_so_far + 2 * spares } else { 2 * seen.len() };
        Outcome { verdict: overall(&before), looks, trainings }
    }

    fn judge(
        &self,
        index: usize,
        [base, head]: [&Side; 2],
        seen: &[usize],
        before: &[MetricVerdict],
    ) -> Vec<MetricVerdict> {
        let (rates, pairing) = (ErrorRates::default(), Pairing::None);
        let look = Look { plan: &PLAN, index, rates, pairing };
        let ahead: Vec<usize> =
            if self.known { (PLAN[index]..PLANNED).collect() } else { Vec::new() };
        let measured: Vec<Measured<'_>> = base
            .iter()
            .zip(head)
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
