//! The hidden end of the comment: which comparisons were made or are under way for this pull request,
//! so that another commit of the same tree finds them.  Pure.

use serde::{Deserialize, Serialize};

use super::key::Key;
use crate::{source::CommitSha, verdict::Verdict};

const BEGIN: &str = "<!-- regression-action: evidence ";
const END: &str = " -->";
/// Older ones are forgotten.
const MOST: usize = 20;

/// A comparison by one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Its evidence key.
    pub(super) key: String,
    /// The commit whose statuses tell how it goes.
    pub(super) sha: CommitSha,
    /// Link to the run.
    pub(super) run: String,
    /// What it came to; none: it may be under way.
    pub(super) verdict: Option<Verdict>,
    /// Whether the config lets the verdict pass.
    pub(super) passes: bool,
    /// The verdict in words.
    pub(super) reason: String,
}

/// The records in a comment, oldest first; none if it has none that we can read.
pub(super) fn read(comment: &str) -> Vec<Record> {
    let hidden = comment.rsplit_once(BEGIN).and_then(|(_, rest)| rest.split_once(END));
    hidden.and_then(|(json, _)| serde_json::from_str(json).ok()).unwrap_or_default()
}

/// The records with a new one, which replaces that of the same run.
pub(super) fn with(mut records: Vec<Record>, new: Record) -> Vec<Record> {
    records.retain(|record| record.run != new.run || record.key != new.key);
    records.push(new);
    records.drain(..records.len().saturating_sub(MOST));
    records
}

/// The last record of a comparison; an answered one before one under way.
pub(super) fn find<'a>(records: &'a [Record], key: &Key) -> Option<&'a Record> {
    let of_key = || records.iter().rev().filter(|record| record.key == key.as_str());
    of_key().find(|record| record.verdict.is_some()).or_else(|| of_key().next())
}

/// The hidden text.
pub(super) fn hide(records: &[Record]) -> String {
    // Nothing in it may end the HTML comment.
    let json = serde_json::to_string(records).unwrap_or_default().replace('>', "\\u003e");
    format!("{BEGIN}{json}{END}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::BackendName;

    fn record(run: &str, verdict: Option<Verdict>) -> Record {
        let key = Key::of("a", "b", "c", BackendName::Kubernetes).as_str().to_owned();
        let sha = CommitSha::parse(&"a".repeat(40)).unwrap();
        Record {
            key,
            sha,
            run: run.to_owned(),
            verdict,
            passes: false,
            reason: "a --> b -- <!-- c".to_owned(),
        }
    }

    #[test]
    fn records_survive_whatever_the_words_hold() {
        let records = vec![record("1", None), record("2", Some(Verdict::Pass))];
        let comment = format!("text\n{}\n<!-- marker -->", hide(&records));
        assert_eq!(comment.matches("-->").count(), 2, "{comment}");
        assert_eq!(read(&comment), records);
        assert!(read("a comment by hand").is_empty());
    }

    #[test]
    fn an_answer_is_preferred_and_a_run_has_one_record() {
        let records = with(vec![record("1", None)], record("1", Some(Verdict::Pass)));
        assert_eq!(records.len(), 1);
        let records = with(records, record("2", None));
        let found = find(&records, &Key::of("a", "b", "c", BackendName::Kubernetes)).unwrap();
        assert_eq!(found.run, "1");
        assert!(find(&records, &Key::of("x", "b", "c", BackendName::Kubernetes)).is_none());
    }

    #[test]
    fn old_records_are_forgotten() {
        let records =
            (0..30).fold(Vec::new(), |all, run| with(all, record(&run.to_string(), None)));
        assert_eq!(records.len(), MOST);
        assert_eq!(records.last().unwrap().run, "29");
    }
}
