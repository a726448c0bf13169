//! What is told of a search: one value, rendered as text, Markdown or JSON.

mod chart;
mod commit;
mod compose;
mod markdown;
mod text;
mod words;

use std::path::PathBuf;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use compose::{ReportFacts, report};

use super::Attributed;
use crate::{
    bisect::policy::Purpose,
    cluster::Cleanup,
    config::Direction,
    git::{Commit, LineCommit},
    output::{Format, json},
    report::Usage,
    statistics::Share,
};

/// Version of the JSON form; it rises with every change that a reader could stumble over.
const SCHEMA: u32 = 1;

/// A finished search.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "regression-action bisect report")]
pub struct BisectReport {
    /// Version of this form.
    pub schema: u32,
    /// What it came to: of the line, even if more is known inside of a merge.
    pub finding: Finding,
    /// The same in a sentence.
    pub answer: String,
    /// What to do next.
    pub advice: String,
    /// The good end.
    pub good: Commit,
    /// The bad end.
    pub bad: Commit,
    /// Which metric became worse.
    pub metric: String,
    /// Which way it is better.
    pub direction: Direction,
    /// The commit, if one was named; of a merge that was searched, the commit inside of it.
    pub culprit: Option<Suspect>,
    /// Code or dependencies, if both changed with the culprit.
    pub cause: Option<Attributed>,
    /// The line, then the insides of the merges that it led to.
    pub searches: Vec<Reached>,
    /// Rounds over all searches.
    pub rounds: usize,
    /// Readings over all searches.
    pub readings: usize,
    /// How many of them an interrupted search had made.
    pub resumed: usize,
    /// What the readings used up, those of an interrupted search and trainings that failed included.
    pub usage: Usage,
    /// Page of this search in the experiment tracker.
    pub experiment_url: Option<String>,
    /// Seconds that this search took.
    pub seconds: f64,
    /// How many of them it could do nothing but wait for the admission of a cluster.
    pub queue_seconds: f64,
    /// What was left of clusters afterwards.
    pub cleanup: Vec<Cleanup>,
    /// What a reader should know besides.
    pub warnings: Vec<String>,
    /// The command that asks the same again.
    pub reproduce: String,
    /// The command that shows the culprit's reading.
    pub show: Option<String>,
    /// Where the readings' logs are.
    pub logs: PathBuf,
}

/// What a search came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// One commit, confirmed.
    Culprit,
    /// One of several in a row, all but the last of which cannot be read; confirmed.
    OneOf,
    /// The ends differ, and nothing between them can be read.
    AllSkipped,
    /// The ends were not shown to differ.
    NotReproduced,
    /// Not the commits changed, but what they run in or on.
    EnvironmentDrift,
    /// Good is worse than bad.
    Swapped,
    /// An end cannot be read.
    EndSkipped,
    /// The good end's readings are not finite.
    GoodDiverges,
    /// One change does not explain the readings.
    MoreThanOneChange,
    /// No reading is left, or no time, or no GPU-hours: asked again, it goes on.
    BudgetSpent,
}

/// A commit that is named.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Suspect {
    /// The commit, its author and pull request.
    #[serde(flatten)]
    pub step: LineCommit,
    /// How sure, given all readings.
    pub probability: f64,
    /// Mean before it, in the metric's unit, of the readings that are finite; null: none is.
    pub before: Option<f64>,
    /// Mean with it.
    pub after: Option<f64>,
    /// How many readings diverged before it, and with it.
    pub diverged: [Share; 2],
    /// Standard deviation of one reading.
    pub deviation: f64,
}

/// What the search of one line came to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reached {
    /// The merge whose inside it is; none for the line between the ends.
    pub inside: Option<Commit>,
    /// What it came to.
    pub finding: Finding,
    /// The same in a sentence.
    pub answer: String,
    /// What to do next.
    pub advice: String,
    /// What is assumed where a commit is named.
    pub assumed: Option<String>,
    /// Means before and after the place that is likeliest, if the readings tell: the chart's step.
    pub levels: Option<(f64, f64)>,
    /// Index of the likeliest commit.
    pub likeliest: usize,
    /// Readings of earlier runs that count: how many, how old, and in what they were made.
    pub known: Option<String>,
    /// Rounds.
    pub rounds: usize,
    /// All commits of the line, the good end first.
    pub commits: Vec<Witness>,
    /// The limit of the config that ended it, if one did: of time or GPU-hours.
    pub stopped: Option<String>,
    /// Why the inside of its culprit, a merge, was not searched.
    pub closed: Option<String>,
}

/// A commit of a line, and what is known of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Witness {
    /// The commit, its author and pull request.
    #[serde(flatten)]
    pub step: LineCommit,
    /// How likely it is the culprit.
    pub probability: f64,
    /// What was read of it.
    pub readings: Vec<Read>,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
}

/// A reading.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Read {
    /// In the metric's unit; null: not finite.
    pub value: Option<f64>,
    /// `REGRESSION_SEED`.
    pub seed: u64,
    /// Why it was asked for.
    pub purpose: Purpose,
    /// In which round, from 0.
    pub round: usize,
    /// How long it took.
    pub seconds: f64,
}

impl Finding {
    /// As the JSON form has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Culprit => "culprit",
            Self::OneOf => "one_of",
            Self::AllSkipped => "all_skipped",
            Self::NotReproduced => "not_reproduced",
            Self::EnvironmentDrift => "environment_drift",
            Self::Swapped => "swapped",
            Self::EndSkipped => "end_skipped",
            Self::GoodDiverges => "good_diverges",
            Self::MoreThanOneChange => "more_than_one_change",
            Self::BudgetSpent => "budget_spent",
        }
    }
}

impl BisectReport {
    /// The report in one of its forms, ending with a line break.
    pub fn render(&self, format: Format) -> Result<String> {
        Ok(match format {
            Format::Text => text::render(self),
            Format::Markdown => markdown::render(self),
            Format::Json => json(self, "the report")?,
        })
    }

    /// 0 if one commit was named, 3 if not.
    pub fn exit_code(&self) -> u8 {
        if self.finding == Finding::Culprit { 0 } else { 3 }
    }

    /// The published JSON Schema of the JSON form.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(BisectReport)
    }

    /// The search that went deepest.
    fn deepest(&self) -> Option<&Reached> {
        self.searches.last()
    }
}
