//! The hidden end of the comment: for which commits of this pull request comparisons were made or are
//! under way, so that another commit of the same tree finds their statuses.  No evidence by itself, for
//! whoever may push may edit it.  Pure.

use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::git::CommitSha;

const BEGIN: &str = "<!-- regression-action: evidence ";
const END: &str = " -->";
/// Older ones are forgotten.
const MOST: usize = 20;

/// A comparison by one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ComparisonRecord {
    /// Its evidence key.
    pub(super) key: String,
    /// The commit whose statuses tell how it goes.
    pub(super) sha: CommitSha,
    /// Link to the run.
    pub(super) run: String,
}

/// The records in a comment, oldest first; none if it has none that we can read.
pub(super) fn read(comment: &str) -> Vec<ComparisonRecord> {
    let hidden = comment.rsplit_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
    hidden.and_then(|(json, _)| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// The records with a new one, which replaces that of the same run.
pub(super) fn with(
    mut records: Vec<ComparisonRecord>,
    new: ComparisonRecord,
) -> Vec<ComparisonRecord> {
    records.retain(|record| record.run != new.run || record.key != new.key);
    records.push(new);
    records.drain(..records.len().saturating_sub(MOST));
    records
}

/// The last record of a comparison.
pub(super) fn find<'a>(records: &'a [ComparisonRecord], key: &Key) -> Option<&'a ComparisonRecord> {
    records.iter().rev().find(|record| record.key == key.as_str())
}

/// The hidden text.
pub(super) fn hide(records: &[ComparisonRecord]) -> String {
    // Nothing in it may end the HTML comment.
    let json = serde_json::to_string(records).unwrap_or_default().replace('>', "\\u003e");
    format!("{BEGIN}{json}{END}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::BackendName;

    fn key(head: &str) -> Key {
        Key::of(&["a", head], "c", BackendName::Kubernetes, &[])
    }

    fn record(head: &str, run: &str) -> ComparisonRecord {
        let sha = CommitSha::parse(&"a".repeat(40)).unwrap();
        ComparisonRecord { key: key(head).as_str().to_owned(), sha, run: run.to_owned() }
    }

    #[test]
    fn records_survive_whatever_they_hold() {
        let records = vec![record("b", "1"), record("b", "a --> b -- <!-- c")];
        let comment = format!("text\n{}\n<!-- marker -->", hide(&records));
        assert_eq!(comment.matches("-->").count(), 2, "{comment}");
        assert_eq!(read(&comment), records);
        assert!(read("a comment by hand").is_empty());
    }

    #[test]
    fn a_run_has_one_record_and_the_last_counts() {
        let records = with(vec![record("b", "1")], record("b", "1"));
        assert_eq!(records.len(), 1);
        let records = with(records, record("b", "2"));
        assert_eq!(find(&records, &key("b")).unwrap().run, "2");
        assert!(find(&records, &key("x")).is_none());
    }

    #[test]
    fn old_records_are_forgotten() {
        let all = (0..30).fold(Vec::new(), |all, run| with(all, record("b", &run.to_string())));
        assert_eq!(all.len(), MOST);
        assert_eq!(all.last().unwrap().run, "29");
    }
}
