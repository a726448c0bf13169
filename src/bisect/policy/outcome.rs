//! What a bisect may come to.

use serde::Serialize;

use super::{SkipReason, TwoSteps, shares};
use crate::statistics::Share;

/// Commits `from..=to` of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CommitSpan {
    /// First.
    pub from: usize,
    /// Last; the same for a single commit.
    pub to: usize,
}

/// The metric around the step, in its unit, higher being worse.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Levels {
    /// Mean before, of the readings that are finite; NaN if none is.
    pub low: f64,
    /// Mean after.
    pub high: f64,
    /// Standard deviation of one reading.
    pub deviation: f64,
    /// What diverged before and after.
    pub diverged: [Share; 2],
}

impl Levels {
    /// The step in standard deviations: below 1, a search is long; infinite without noise.
    /// That of the shares that diverged, if it is the larger one.
    pub fn separation(&self) -> f64 {
        let values = (self.high - self.low) / self.deviation;
        let [before, after] = self.diverged;
        if before.hits + after.hits == 0 {
            return values;
        }
        values.max(shares::difference(before, after))
    }

    /// How far commits that change nothing may differ, as a standard deviation, for claims to be right as
    /// often as they say (`benches/bisect.rs`).
    pub fn may_differ(&self) -> f64 {
        let (part, most) = MAY_DIFFER;
        let separation = (self.high - self.low) / self.deviation;
        self.deviation * (part * separation.powi(2)).min(most)
    }
}

/// Deviation between commits of one level, as part of that of a reading, up to which claims were measured to
/// be right as often as they say: for a step of one deviation, growing with its square, and at most.
const MAY_DIFFER: (f64, f64) = (0.125, 0.5);

/// Where the step is thought to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Claim {
    /// The culprit, or the run of commits that cannot be told apart: all but the last are skipped.
    pub commits: CommitSpan,
    /// Probability that it is there, given all readings.
    pub probability: f64,
    /// What changed.
    pub levels: Levels,
}

/// One of the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The first commit.
    Good,
    /// The last commit.
    Bad,
}

/// How a bisect ended, with what is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum BisectOutcome {
    /// This commit; confirmed.
    Culprit(Claim),
    /// One of these; confirmed.  Those before the last cannot be read.
    OneOf(Claim),
    /// The ends differ, but no commit between them can be read.
    AllSkipped(Claim),
    /// The ends were not shown to differ.
    NotReproduced(Levels),
    /// The ends do not differ, and good is not what it was: not the commits changed, but data,
    /// driver, hardware or an unpinned dependency.
    EnvironmentDrift {
        /// The good commit's mean as it was recorded.
        recorded: f64,
        /// Its mean now.
        fresh: f64,
    },
    /// The good end is worse than the bad end.
    Swapped(Levels),
    /// An end cannot be read.
    EndSkipped {
        /// Which.
        end: End,
        /// Why.
        reason: SkipReason,
    },
    /// All of the good end's trainings diverge, or half of them and the bad end's no more often: there is
    /// no good level.
    GoodDiverges,
    /// One step does not explain the readings.
    MoreThanOneChange {
        /// The step that explains most.
        claim: Claim,
        /// Probability of readings that far from one step if there is one.
        p_value: f64,
        /// Where two steps would be; None if fewer than three commits were read.
        steps: Option<TwoSteps>,
    },
    /// No commit reached the confidence, or it could not be confirmed, within the budget.
    BudgetSpent {
        /// The smallest run of commits with that confidence.
        credible: CommitSpan,
        /// Its probability, if there is a culprit at all.
        probability: f64,
        /// Whether the ends were shown to differ.
        shown: bool,
    },
}
