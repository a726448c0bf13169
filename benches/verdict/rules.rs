//! The rules that are compared: ours by the real `judge_all`, and those of peers.

use regression_action::{
    config::{Direction, ErrorRates, Metric, Pairing},
    statistics::quantile,
    verdict::{
        Look, Measured, MetricVerdict, Prior, Reading, Verdict, judge_all, worth_another_look,
    },
};

/// The margin is one standard deviation.
const METRIC: Metric = Metric::new(Direction::Lower, 0.0, 1.0);

/// The base's mean: a coefficient of variation of 5 %.
pub(crate) const BASE: f64 = 20.0;

/// Most seeds a side that any rule takes.
pub(crate) const MOST: usize = 12;

/// One repetition's draws.
pub(crate) struct Draws {
    pub(crate) base: [f64; MOST],
    pub(crate) head: [f64; MOST],
    pub(crate) past: [f64; 10],
}

/// What a rule says, and after how many trainings of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) blocks: bool,
    pub(crate) passes: bool,
    pub(crate) trainings: u32,
}

pub(crate) enum Rule {
    /// Ours, at one look.
    Fixed(usize, Pairing),
    /// Ours, at looks of so many seeds a side; true: unless a further one has no real chance to decide.
    Looks(&'static [usize], bool),
    /// Ours, one training of head against history: blocking stands for "suspect".
    History,
    /// github-action-benchmark, alert at 200 %.
    Ratio,
    /// Best of one, any worsening.
    AnyWorsening,
    /// Best of one, beyond the margin.
    BeyondMargin,
    /// Perfherder: 2 % and t > 7, 12 trainings a side.
    Perfherder,
    /// Bencher: t-test boundary .99 over ten past readings.
    Bencher,
}

impl Rule {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Fixed(seeds, Pairing::None) => format!("ours, Welch, {seeds} seeds"),
            Self::Fixed(seeds, _) => format!("ours, paired, {seeds} seeds"),
            Self::Looks(plan, futility) => {
                let plan: Vec<String> = plan.iter().map(usize::to_string).collect();
                let rest = if *futility { ", no hopeless look" } else { "" };
                format!("ours, looks {}{rest}", plan.join("/"))
            }
            Self::History => "ours, 1 against 10 past".into(),
            Self::Ratio => "github-action-benchmark, 200 %".into(),
            Self::AnyWorsening => "best of one, any worsening".into(),
            Self::BeyondMargin => "best of one, beyond the margin".into(),
            Self::Perfherder => "Perfherder, 2 % and t > 7, 12+12".into(),
            Self::Bencher => "Bencher, t boundary .99, 10 past".into(),
        }
    }

    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Fixed(..) | Self::Looks(..))
    }

    pub(crate) fn answer(&self, draws: &Draws) -> Answer {
        let (base, head) = (draws.base[0], draws.head[0]);
        match self {
            Self::Fixed(seeds, pairing) => fixed(draws, *seeds, *pairing),
            Self::Looks(plan, futility) => looks(draws, plan, *futility),
            Self::History => history(draws),
            Self::Ratio => peer(head / base > 2.0, 2),
            Self::AnyWorsening => peer(head > base, 2),
            Self::BeyondMargin => peer(head > base + METRIC.absolute, 2),
            Self::Perfherder => {
                let ((b, vb), (h, vh)) = (moments(&draws.base), moments(&draws.head));
                let t = (h - b) / ((vb + vh) / 12.0).sqrt();
                peer((h - b) / b > 0.02 && t > 7.0, 24)
            }
            Self::Bencher => {
                let (mean, variance) = moments(&draws.past);
                let boundary = mean + quantile(0.01, 9.0) * (variance * 1.1).sqrt();
                peer(head > boundary, 1)
            }
        }
    }
}

/// Peers know no third answer.
fn peer(blocks: bool, trainings: u32) -> Answer {
    Answer { blocks, passes: !blocks, trainings }
}

fn moments(values: &[f64]) -> (f64, f64) {
    #[expect(clippy::cast_precision_loss, reason = "a dozen")]
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0))
}

fn measured<'a>(base: &[f64], head: &[f64], prior: Option<&'a Prior>) -> [Measured<'a>; 1] {
    let readings = |values: &[f64]| values.iter().copied().map(Reading::Value).collect();
    [Measured { name: "m", metric: METRIC, base: readings(base), head: readings(head), prior }]
}

fn look(plan: &[usize], index: usize, pairing: Pairing) -> Look<'_> {
    Look { plan, index, rates: ErrorRates::default(), pairing }
}

fn answer(metric: &MetricVerdict, seeds: usize) -> Answer {
    Answer {
        blocks: metric.verdict == Verdict::Regressed,
        passes: metric.verdict == Verdict::Pass,
        trainings: u32::try_from(2 * seeds).unwrap_or(u32::MAX),
    }
}

fn fixed(draws: &Draws, seeds: usize, pairing: Pairing) -> Answer {
    let measured = measured(&draws.base[..seeds], &draws.head[..seeds], None);
    answer(&judge_all(&look(&[seeds], 0, pairing), &measured, &[])[0], seeds)
}

fn looks(draws: &Draws, plan: &[usize], futility: bool) -> Answer {
    let mut before: Vec<MetricVerdict> = Vec::new();
    for (index, seeds) in plan.iter().copied().enumerate() {
        let look = look(plan, index, Pairing::None);
        let measured = measured(&draws.base[..seeds], &draws.head[..seeds], None);
        before = judge_all(&look, &measured, &before);
        let stop = !before[0].is_undecided() || futility && !worth_another_look(&look, &before);
        if stop || seeds == 9 {
            return answer(&before[0], seeds);
        }
    }
    peer(false, 0)
}

fn history(draws: &Draws) -> Answer {
    // Today's base is the tenth.
    let prior = Prior { values: draws.past[..9].to_vec() };
    let measured = measured(&draws.past[9..], &draws.head[..1], Some(&prior));
    let metric = &judge_all(&look(&[1], 0, Pairing::None), &measured, &[])[0];
    Answer { blocks: metric.lower > metric.margin, ..Answer { trainings: 1, ..answer(metric, 1) } }
}
