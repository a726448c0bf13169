//! Where metrics are found besides what trainings report to us: in commits from before they did.

use indexmap::IndexMap;

use super::{Config, Pattern};

/// What is read beside lines of metrics and the file for them; both count for less.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricSources {
    /// By name of the metric.
    pub patterns: IndexMap<String, Pattern>,
    /// Path in the tree of a file that trainings write.
    pub file: Option<String>,
    /// Whether messages and reports may quote logs.
    pub quotes: bool,
}

impl Default for MetricSources {
    fn default() -> Self {
        Self { patterns: IndexMap::new(), file: None, quotes: true }
    }
}

impl Config {
    /// Where its metrics are found.
    pub fn sources(&self) -> MetricSources {
        MetricSources {
            patterns: self.metrics.patterns().clone(),
            file: self.metrics_file.clone(),
            quotes: self.quote_logs,
        }
    }
}

impl MetricSources {
    /// What a training printed, where it may be quoted.
    pub(crate) fn shown(&self, text: String) -> String {
        if self.quotes { text } else { "not quoted: quote-logs is false".to_owned() }
    }

    /// What decides readings, for names of what was trained; none if that is nothing.
    pub(crate) fn told(&self) -> Option<String> {
        let patterns = self
            .patterns
            .iter()
            .map(|(name, pattern)| format!("pattern {name:?} {:?}", pattern.as_str()));
        let file = self.file.iter().map(|path| format!("file {path:?}"));
        let told: Vec<String> = patterns.chain(file).collect();
        (!told.is_empty()).then(|| told.join("\n"))
    }
}
