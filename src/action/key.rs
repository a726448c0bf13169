//! What was compared, as a name: where it is the same, so is the answer.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{cli::BackendName, hex::digest_of};

/// Bytes of the hash that are kept, as 22 characters: enough that nobody finds two trees with the same key, a good
/// one to be measured and another to be merged.
const BYTES: usize = 16;

/// The evidence key.  What is behind the tag of an image that the config names is not seen; name it by digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// Of the names of what both commits hold and what judges them, the path of the config, and where and in
    /// which images it runs.
    pub(super) fn of(commits: &[&str], config: &str, backend: BackendName, place: &[&str]) -> Self {
        let backend = format!("{backend:?}");
        let parts = [commits, &[config, &backend], place].concat();
        Self(URL_SAFE_NO_PAD.encode(&digest_of("evidence 3", parts)[..BYTES]))
    }

    /// Letters, digits, `-` and `_`.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The end of every status that belongs to this comparison, but for a [tag](with_tag).
    pub(super) fn mark(&self) -> String {
        format!(" [{}]", self.0)
    }

    /// Whether a status that says this belongs to this comparison, or says that it does.
    pub(super) fn is_in(&self, description: &str) -> bool {
        let (_, end) = description.rsplit_once(" [").unwrap_or_default();
        let mark = end.strip_suffix(']').unwrap_or_default();
        mark.split_once('.').map_or(mark, |(key, _)| key) == self.0
    }
}

/// `words [key]` -> `words [key.tag]`.
pub(super) fn with_tag(description: &str, tag: &str) -> String {
    let text = description.strip_suffix(']').unwrap_or(description);
    format!("{text}.{tag}]")
}

/// `words [key.tag]` -> `words [key]`, and the tag.
pub(super) fn without_tag(description: &str) -> Option<(String, &str)> {
    let (text, tag) = description.strip_suffix(']')?.rsplit_once('.')?;
    Some((format!("{text}]"), tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let key = Key::of(&["a", "b"], "c", BackendName::Kubernetes, &[]);
        assert_eq!(key, Key::of(&["a", "b"], "c", BackendName::Kubernetes, &[]));
        assert_eq!(key.as_str().len(), 22);
        for (base, head, config) in [("ab", "", "c"), ("b", "a", "c"), ("a", "bc", "")] {
            assert_ne!(key, Key::of(&[base, head], config, BackendName::Kubernetes, &[]));
        }
        assert_ne!(key, Key::of(&["a", "b"], "c", BackendName::Ray, &[]));
        assert_ne!(key, Key::of(&["a", "b"], "c", BackendName::Kubernetes, &["ml"]));
    }

    #[test]
    fn a_description_ends_with_the_key_and_may_have_a_tag() {
        let key = Key::of(&["a", "b"], "c", BackendName::Kubernetes, &[]);
        let bare = format!("pass: 0.9 [of 1.0]{}", key.mark());
        let tagged = with_tag(&bare, "t-g_");
        assert!(key.is_in(&bare) && key.is_in(&tagged), "{tagged}");
        assert_eq!(without_tag(&tagged), Some((bare.clone(), "t-g_")));
        assert_eq!(without_tag("pass"), None);
        let other = Key::of(&["a"], "c", BackendName::Kubernetes, &[]);
        for text in ["", "]", " []", "pass: 0.9 [of 1.0]", &format!("{bare} words"), &other.mark()]
        {
            assert!(!key.is_in(text), "{text}");
        }
    }
}
