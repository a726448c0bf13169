//! What is told of a comparison: one value, rendered as Markdown, text or JSON.

use std::path::PathBuf;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cluster::Cleanup,
    experiment::{EnvironmentFacts, measure::Observation},
    git::Commit,
    output::{json, number},
    verdict::{MetricVerdict, Verdict},
};

mod chart;
mod details;
mod glance;
mod hints;
mod markdown;
mod measurement;
mod merged;
mod order;
mod past;
mod seeds;
mod shadow;
mod text;
mod times;
mod usage;

use order::worst_first;

pub use crate::output::Format;
pub(crate) use chart::decimal;
pub use hints::{Hint, HintCause, hints};
pub use markdown::MARKER;
pub use measurement::{Measurement, MetricLevel};
pub use merged::Merged;
pub use past::{Drift, Point, Trend};
pub use shadow::{Shadow, Shadowed};
pub use times::Times;
pub use usage::{Cost, Usage};

/// Version of the JSON form; it rises with every change that a reader could stumble over.
///
/// With 2, a training has `retried` in place of `again`, and `data`, `crashed` and `spare`; one that crashed
/// has no readings.  A metric tells how many seeds a side its numbers rest on, and the rates of its bounds.
/// `merge` says that what merging head would make was trained, not head itself.
const SCHEMA: u32 = 2;

/// Changes of requirements that are named; the rest is counted.
const MOST_CHANGES: usize = 5;

/// Metrics that a reason names; the rest is counted.
const MOST_REASONS: usize = 3;

/// A finished comparison.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "regression-action report")]
pub struct Report {
    /// Version of this form.
    #[schemars(extend("const" = SCHEMA))]
    pub schema: u32,
    /// The verdict on the change.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// What was compared with.
    pub base: Commit,
    /// What was judged.
    pub head: Commit,
    /// What was trained in head's place, where head lacks commits of base.
    pub merge: Option<Merged>,
    /// Every declared metric; none where no training could tell base and head apart.
    pub metrics: Vec<MetricVerdict>,
    /// Every training.
    pub observations: Vec<Observation>,
    /// Where it ran; empty where nothing was trained.
    pub cluster: String,
    /// The environments that it ran in.
    pub environments: Environments,
    /// Files that measure and that head changes; both sides were measured without that change.
    pub ruler: Vec<String>,
    /// What head's own ruler says, where head changes it and the config asks for that.  It judges nothing.
    pub shadow: Option<Shadow>,
    /// Where the time went.
    pub times: Times,
    /// What the trainings used up.
    pub usage: Usage,
    /// Page of this comparison in the experiment tracker.
    pub experiment_url: Option<String>,
    /// The past of the metrics on the default branch.
    pub trend: Vec<Trend>,
    /// Head against the last release.
    pub drift: Option<Drift>,
    /// Why no further look was taken, if seeds were left.
    pub stopped: Option<String>,
    /// What it could come from.
    pub hints: Vec<Hint>,
    /// What was left of the clusters afterwards.
    pub cleanup: Vec<Cleanup>,
    /// What a reader should know besides.
    pub warnings: Vec<String>,
    /// Where the config that judged was found, in words.
    pub config: String,
    /// The command that repeats this comparison on a laptop.
    pub reproduce: String,
    /// Directory with this report and all logs.
    pub directory: PathBuf,
}

/// What both sides ran in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Environments {
    /// The base's.
    pub base: EnvironmentFacts,
    /// The head's.
    pub head: EnvironmentFacts,
    /// What differs between the two, in words; it is part of what was compared.
    pub changes: Vec<String>,
}

impl Environments {
    fn sides(&self) -> [(&'static str, &EnvironmentFacts); 2] {
        [("base", &self.base), ("head", &self.head)]
    }

    /// What differs in one sentence, the first few by name; none if nothing does.
    fn difference(&self) -> Option<String> {
        let named = self.changes.iter().take(MOST_CHANGES).map(String::as_str);
        let more = self.changes.len().saturating_sub(MOST_CHANGES);
        let rest = (more > 0).then(|| format!("and {more} more"));
        let words: Vec<&str> = named.chain(rest.as_deref()).collect();
        (!words.is_empty())
            .then(|| format!("differs, and is part of what was compared: {}", words.join(", ")))
    }
}

impl Report {
    /// The version that [`Report::schema`] carries.
    pub const SCHEMA: u32 = SCHEMA;

    /// The report in one of its forms, ending with a line break.
    pub fn render(&self, format: Format) -> Result<String> {
        Ok(match format {
            Format::Text => text::render(self),
            Format::Markdown => self.summary(),
            Format::Json => json(self, "the report")?,
        })
    }

    /// The report as the comment of a pull request: with what whoever writes it adds (up to 10,000
    /// characters, [`MARKER`] last) it is shorter than the 65,536 characters that GitHub takes.
    pub fn comment(&self) -> String {
        markdown::comment(self)
    }

    /// The report as the summary of a step, below the 1 MiB that GitHub takes.
    pub fn summary(&self) -> String {
        markdown::summary(self)
    }

    /// The published JSON Schema of the JSON form.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(Report)
    }
}

/// Why the verdict is what it is: the metrics that made it so, worst first.
pub fn reason(verdict: Verdict, metrics: &[MetricVerdict]) -> String {
    let decisive = worst_first(metrics).into_iter().filter(|metric| metric.gated);
    let decisive: Vec<_> = decisive.filter(|metric| metric.verdict == verdict).collect();
    let told = decisive.iter().take(MOST_REASONS).map(|metric| {
        let (name, reason) = (&metric.name, &metric.reason);
        match metric.base.zip(metric.head) {
            Some((base, head)) => {
                format!("{name} from {} to {}: {reason}", number(base), number(head))
            }
            None => format!("{name}: {reason}"),
        }
    });
    let mut told: Vec<String> = told.collect();
    let more = decisive.len().saturating_sub(MOST_REASONS);
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join("; ")
}

#[cfg(test)]
mod tests;
