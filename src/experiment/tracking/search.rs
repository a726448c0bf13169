//! Runs by their tags, page by page, newest first.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::{
    Experiment, RunId, RunStatus, Tracker, TrackingError,
    exchange::{Input, TrackerCall},
    number::Number,
    tags::{LONGEST_TAG, stored},
};
use crate::{experiment::metrics::Readings, http::Effect};

/// Runs of one answer.
const PAGE: usize = 200;

/// A run as MLflow holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFound {
    /// MLflow's name of it.
    pub id: RunId,
    /// Its name for people.
    pub name: String,
    /// All tags, MLflow's own too.
    pub tags: BTreeMap<String, String>,
    /// The latest value of each metric.
    pub metrics: Readings,
    /// When it began, in milliseconds since 1970.
    pub start_ms: u64,
    /// When it ended, if it has.
    pub end_ms: Option<u64>,
    /// How it ended, if it has.
    pub status: Option<RunStatus>,
}

/// A run as MLflow writes it.
#[derive(Deserialize)]
pub(super) struct Answered {
    info: Info,
    #[serde(default)]
    data: Data,
}

#[derive(Deserialize)]
struct Info {
    run_id: RunId,
    #[serde(default)]
    run_name: String,
    status: String,
    #[serde(default)]
    start_time: i64,
    end_time: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    metrics: Vec<RunEntry<Number>>,
    tags: Vec<RunEntry<String>>,
}

#[derive(Deserialize)]
struct RunEntry<T> {
    key: String,
    value: T,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Page {
    runs: Vec<Answered>,
    next_page_token: Option<String>,
}

impl Tracker {
    /// At most `most` runs of an experiment that carry all of these tags, newest first.  Deleted runs
    /// are not found.
    pub async fn search(
        &self,
        experiment: &Experiment,
        tags: &BTreeMap<String, String>,
        most: usize,
    ) -> Result<Vec<RunFound>, TrackingError> {
        let filter = filter(tags);
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let page = self.page(experiment, &filter, token.as_deref()).await?;
            let runs = page.runs.into_iter().map(Answered::found);
            found.extend(runs.filter(|run| carries(run, tags)).take(most - found.len()));
            let next = page.next_page_token.filter(|next| !next.is_empty());
            // A page that leads to itself has no end.
            if next.is_none() || next == token || found.len() == most {
                return Ok(found);
            }
            token = next;
        }
    }

    async fn page(
        &self,
        experiment: &Experiment,
        filter: &str,
        token: Option<&str>,
    ) -> Result<Page, TrackingError> {
        let what = format!("search the experiment `{}`", experiment.name);
        let mut body = json!({
            "experiment_ids": [experiment.id],
            "filter": filter,
            "max_results": PAGE,
            "order_by": ["attributes.start_time DESC"],
        });
        if let Some(token) = token {
            body["page_token"] = token.into();
        }
        let call = TrackerCall {
            what: &what,
            path: "runs/search",
            input: Input::Body(body),
            effect: Effect::Nothing,
        };
        self.exchange.call(&call).await
    }
}

impl Answered {
    pub(super) fn id(self) -> RunId {
        self.info.run_id
    }

    pub(super) fn found(self) -> RunFound {
        let Info { run_id, run_name, status, start_time, end_time } = self.info;
        RunFound {
            id: run_id,
            name: run_name,
            tags: self.data.tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            metrics: self.data.metrics.into_iter().map(|one| (one.key, one.value.0)).collect(),
            start_ms: u64::try_from(start_time).unwrap_or(0),
            end_ms: end_time.and_then(|end| u64::try_from(end).ok()).filter(|end| *end > 0),
            status: RunStatus::read(&status),
        }
    }
}

/// Whether a run carries all of these, as MLflow stored them.  Not left to MLflow's filter: it has no
/// way to write every value, and some of its databases do not tell upper from lower case.
fn carries(run: &RunFound, tags: &BTreeMap<String, String>) -> bool {
    tags.iter().all(|(key, value)| {
        run.tags.get(key).is_some_and(|found| *found == stored(value, LONGEST_TAG))
    })
}

/// MLflow's filter for as many of these as it can say for sure.
fn filter(tags: &BTreeMap<String, String>) -> String {
    let plain = |text: &str, more: &str| {
        let is = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
        !text.is_empty() && text.len() <= 250 && text.chars().all(is)
    };
    let said = tags.iter().filter(|(key, value)| plain(key, ".-_") && plain(value, ".-_:/@+ "));
    let terms: Vec<_> = said.map(|(key, value)| format!("tags.`{key}` = '{value}'")).collect();
    terms.join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_filter_says_plain_tags_alone() {
        let plain = tags(&[("regression.key", "req1-0a"), ("regression.role", "base")]);
        let wanted = "tags.`regression.key` = 'req1-0a' AND tags.`regression.role` = 'base'";
        assert_eq!(filter(&plain), wanted);
        for hostile in ["' OR '1' = '1", "\\", "\"", "`", "%\n", "ü", ""] {
            assert_eq!(filter(&tags(&[("regression.key", hostile)])), "", "{hostile}");
            assert_eq!(filter(&tags(&[(hostile, "x")])), "", "{hostile}");
        }
    }

    #[test]
    fn a_run_is_read_as_mlflow_writes_it() {
        let json = r#"{"info": {"run_id": "ab", "status": "RUNNING", "start_time": 1, "end_time": 0},
            "data": {"metrics": [{"key": "a", "value": "NaN", "step": 0}]}}"#;
        let run = serde_json::from_str::<Answered>(json).unwrap().found();
        assert_eq!((run.start_ms, run.end_ms, run.status), (1, None, None));
        assert!(run.metrics["a"].is_nan() && run.tags.is_empty());
    }

    #[test]
    fn a_tag_is_found_as_it_was_cut() {
        let long = tags(&[("k", &"x".repeat(6000))]);
        let json = r#"{"info": {"run_id": "ab", "status": "FAILED"}}"#;
        let mut run = serde_json::from_str::<Answered>(json).unwrap().found();
        assert!(!carries(&run, &long));
        run.tags = tags(&[("k", &"x".repeat(5000))]);
        assert!(carries(&run, &long) && carries(&run, &BTreeMap::new()));
    }
}
