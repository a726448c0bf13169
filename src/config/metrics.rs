//! All declared metrics, and where their values are found.

use std::ops::Deref;

use indexmap::IndexMap;

use super::{Metric, Pattern, metric::Declared};

/// What is judged, by name, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    judged: IndexMap<String, Metric>,
    patterns: IndexMap<String, Pattern>,
}

impl Metrics {
    /// By name, where one is declared.
    pub fn patterns(&self) -> &IndexMap<String, Pattern> {
        &self.patterns
    }
}

impl Deref for Metrics {
    type Target = IndexMap<String, Metric>;

    fn deref(&self) -> &Self::Target {
        &self.judged
    }
}

impl<'a> IntoIterator for &'a Metrics {
    type Item = (&'a String, &'a Metric);
    type IntoIter = indexmap::map::Iter<'a, String, Metric>;

    fn into_iter(self) -> Self::IntoIter {
        self.judged.iter()
    }
}

impl From<IndexMap<String, Declared>> for Metrics {
    fn from(declared: IndexMap<String, Declared>) -> Self {
        let (mut judged, mut patterns) = (IndexMap::new(), IndexMap::new());
        for (name, Declared { metric, pattern }) in declared {
            patterns.extend(pattern.map(|pattern| (name.clone(), pattern)));
            judged.insert(name, metric);
        }
        Self { judged, patterns }
    }
}
