//! `.github/regression.yml`: parsed and validated once, into types that need no further checks.
//!
//! YAML is read by `serde-saphyr` under the name `serde_yaml`: the original crate of that name is
//! archived, and this one is kept up, gives the place of each error, bounds anchors and aliases,
//! and reads `python: 3.10` as the text that was typed.

use std::time::Duration;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod build;
mod checks;
mod cluster;
mod error;
mod isolation;
mod judging;
mod marks;
mod memory;
mod metric;
mod metrics;
mod pattern;
mod patterns;
mod quantity;
mod seeds;
mod sources;
mod training;
mod units;

pub use build::{Build, LocalPaths, Platform};
pub use cluster::{ClusterSize, HeadSize, WorkerSize};
pub use error::ConfigError;
pub use isolation::Isolation;
pub use judging::{CompareWith, ErrorRates, Pairing};
pub(crate) use marks::QUEUE as QUEUE_LABEL;
pub use memory::{HistorySettings, HistoryStore, Mlflow, Prices, ReadingsFrom, Reuse};
pub use metric::{Direction, Metric, Scale};
pub use metrics::Metrics;
pub use pattern::Pattern;
pub(crate) use pattern::PatternMatch;
pub use patterns::Patterns;
pub(crate) use patterns::takes;
pub use quantity::Quantity;
pub use seeds::Seeds;
pub use sources::MetricSources;
pub use training::{Placement, TrainingNeeds};
pub use units::{Percent, Span};

/// Where the config is looked for unless `--config` says otherwise.
pub const DEFAULT_PATH: &str = ".github/regression.yml";

/// All of `.github/regression.yml`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "regression-action configuration (.github/regression.yml)")]
pub struct Config {
    /// Training command, run by `/bin/sh` in the commit's tree.
    #[serde(deserialize_with = "checks::entrypoint")]
    pub entrypoint: String,
    /// Paths of the tree that a training reads, by patterns; without the key, all.
    #[serde(default)]
    pub inputs: Patterns,
    /// Paths of the tree that no training reads, by patterns, such as `["docs/**", "*.md"]`.
    #[serde(default)]
    pub ignore: Patterns,
    /// Paths of the tree that measure, by patterns, such as `[evaluate.py, "splits/**"]`: both sides have base's.
    #[serde(default)]
    pub ruler: Patterns,
    /// Whether a head that changes files of `ruler` is trained with its own files too; the result is shown, not
    /// judged.
    #[serde(default)]
    pub ruler_shadow: bool,
    /// Data that a training reads: paths or URIs with their versions, in any text. Once the text changes, earlier
    /// readings no longer count.
    #[serde(default)]
    pub data: Vec<String>,
    /// Whether to record which of the files that head changes are read by its trainings.
    #[serde(default = "yes")]
    pub trace: bool,
    /// Requirement file, or a list of them, in the commit's tree: pip's format, `pyproject.toml`, `uv.lock`,
    /// `pylock.toml`, `poetry.lock`, `Pipfile.lock` and more.
    #[serde(default = "default_requirements", deserialize_with = "checks::paths")]
    #[schemars(with = "checks::PathList")]
    pub requirements: Vec<String>,
    /// Python version of images and local environments, such as `"3.11"`; without the key, 3.11 in images and any
    /// suitable version of the machine locally.
    #[serde(default, deserialize_with = "checks::python")]
    #[schemars(regex(pattern = r"^3\.[1-9][0-9]+$"))]
    pub python: Option<String>,
    /// Image repository, on Kubernetes; the tag comes from the requirements hash. A full reference with tag or
    /// digest is used as it is.
    pub image: Option<String>,
    /// Your own Dockerfile in the tree, which builds the image in place of ours; its bytes are part of the
    /// requirements hash.
    pub dockerfile: Option<String>,
    /// What else decides the image whose tag comes from the requirements hash.
    #[serde(default)]
    pub build: Build,
    /// Size and version of the Ray cluster.
    #[serde(default)]
    pub cluster: ClusterSize,
    /// What one training needs, on every backend. A training that can have no place is an error before any begins.
    #[serde(default)]
    pub training: TrainingNeeds,
    /// What base and head share on Kubernetes.
    #[serde(default)]
    pub isolation: Isolation,
    /// What is judged, in the order of the file: at least one metric.
    #[serde(deserialize_with = "checks::metrics")]
    #[schemars(with = "IndexMap<String, Metric>", extend("minProperties" = 1))]
    pub metrics: Metrics,
    /// File in the tree that trainings write metrics to, for commits that do not report: JSON objects, of which the
    /// last counts. Each training gets a copy of the tree.
    #[serde(default, deserialize_with = "checks::metrics_file")]
    pub metrics_file: Option<String>,
    /// Whether messages and reports may quote what trainings print, and logs are copied. Nobody masks secrets that
    /// a training prints.
    #[serde(default = "yes")]
    pub quote_logs: bool,
    /// Seeds, and so the number of trainings a side.
    #[serde(default)]
    pub seeds: Seeds,
    /// Which trainings of base and head are compared with each other.
    #[serde(default)]
    pub pairing: Pairing,
    /// How often the verdict may be wrong.
    #[serde(default)]
    pub error_rates: ErrorRates,
    /// What a run may use up.
    #[serde(default)]
    pub limits: Limits,
    /// Environment variables of the training, passed as they are (`$NAME` too); not for secrets.
    #[serde(default, deserialize_with = "checks::env")]
    pub env: IndexMap<String, String>,
    /// Names of Kubernetes Secrets whose keys become environment variables of the training.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// MLflow server that trainings are logged to.
    #[serde(default, deserialize_with = "checks::mlflow")]
    pub mlflow: Option<Mlflow>,
    /// Past readings of the default branch.
    pub history: Option<HistorySettings>,
    /// What machines cost, for the report.
    pub prices: Option<Prices>,
    /// What a head that lacks commits of the target branch is compared with.
    #[serde(default)]
    pub compare_with: CompareWith,
    /// Whether an inconclusive verdict blocks the merge.
    #[serde(default)]
    pub on_inconclusive: OnInconclusive,
}

/// What a run may use up.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Wait for a queue to admit the run's clusters.
    pub queue: Span,
    /// Start of a cluster: from the request, or its admission by a queue, to Ray's first answer.
    pub provision: Span,
    /// One training.
    pub job: Span,
    /// The whole run, without the time in a queue.
    pub total: Span,
    /// GPU-hours over all trainings.
    #[serde(deserialize_with = "checks::gpu_hours")]
    #[schemars(range(min = 0.0))]
    pub gpu_hours: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            queue: Span::minutes(60),
            provision: Span::minutes(10),
            job: Span::minutes(120),
            total: Span::minutes(240),
            gpu_hours: None,
        }
    }
}

/// What an inconclusive verdict means for the merge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnInconclusive {
    /// The status fails.
    #[default]
    Fail,
    /// The status succeeds.
    Pass,
}

impl Config {
    /// Parses the text of `file`; the name is for messages only.
    pub fn parse(text: &str, file: &str) -> Result<Self, ConfigError> {
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Err(ConfigError::empty(file));
        }
        let mut track = serde_path_to_error::Track::new();
        let parsed = serde_yaml::with_deserializer_from_str(text, |yaml| {
            Self::deserialize(serde_path_to_error::Deserializer::new(yaml, &mut track))
        });
        let config: Self =
            parsed.map_err(|error| ConfigError::from_yaml(file, text, &track.path(), &error))?;
        if config.ruler_shadow && config.ruler.is_empty() {
            return Err(ConfigError::without_ruler(file));
        }
        if config.training.placement.is_some() && config.training.gang() == 1 {
            return Err(ConfigError::without_workers(file));
        }
        match (config.pairing, config.isolation) {
            (Pairing::Node, Isolation::Sides) => Err(ConfigError::apart(file, text)),
            _ => Ok(config),
        }
    }

    /// Whether all files of a commit's tree count, for what a training does and for how it is measured.
    pub fn all_counts(&self) -> bool {
        self.inputs.is_empty() && self.ignore.is_empty() && self.ruler.is_empty()
    }

    /// Whether a change of the file at `path` may change what a training does.
    pub fn is_input(&self, path: &str) -> bool {
        (self.inputs.is_empty() || self.inputs.take(path)) && !self.ignore.take(path)
    }

    /// Whether the file at `path` may change what a training gives: what it does, or how it is measured.
    pub fn counts(&self, path: &str) -> bool {
        self.is_input(path) || self.ruler.take(path)
    }

    /// How long a run may take, the time in a queue that the config names included.
    pub fn longest(&self) -> Duration {
        let Limits { total, queue, .. } = self.limits;
        let queued = self.cluster.queue.as_ref().map_or(Duration::ZERO, |_| queue.duration());
        total.duration().saturating_add(queued)
    }

    /// Which earlier readings stand for trainings.
    pub fn reuse(&self) -> Reuse {
        self.history.as_ref().map_or(Reuse::Never, |settings| settings.reuse)
    }

    /// The published JSON Schema.
    pub fn json_schema() -> schemars::Schema {
        schemars::schema_for!(Config)
    }
}

fn yes() -> bool {
    true
}

fn default_requirements() -> Vec<String> {
    vec!["requirements.txt".into()]
}

#[cfg(test)]
mod tests;
