//! What was compared, as a name: where it is the same, so is the answer.

use crate::{cli::BackendName, compare::name_of};

/// Bytes of the hash that are kept: enough that nobody finds a second tree with the same key.
const BYTES: usize = 10;

/// The evidence key.  What is behind the tag of an image that the config names is not seen; name it by digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// Of the names of what both commits hold and what judges them, the path of the config, and where and in
    /// which images it runs.
    pub(super) fn of(commits: &[&str], config: &str, backend: BackendName, place: &[&str]) -> Self {
        let backend = format!("{backend:?}");
        let parts = [commits, &[config, &backend], place].concat();
        Self(name_of("evidence 2", parts, BYTES))
    }

    /// The digits.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The end of every status that belongs to this comparison.
    pub(super) fn tag(&self) -> String {
        format!(" [{}]", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let key = Key::of(&["a", "b"], "c", BackendName::Kubernetes, &[]);
        assert_eq!(key, Key::of(&["a", "b"], "c", BackendName::Kubernetes, &[]));
        assert_eq!(key.as_str().len(), 2 * BYTES);
        for (base, head, config) in [("ab", "", "c"), ("b", "a", "c"), ("a", "bc", "")] {
            assert_ne!(key, Key::of(&[base, head], config, BackendName::Kubernetes, &[]));
        }
        assert_ne!(key, Key::of(&["a", "b"], "c", BackendName::Ray, &[]));
        assert_ne!(key, Key::of(&["a", "b"], "c", BackendName::Kubernetes, &["ml"]));
    }
}
