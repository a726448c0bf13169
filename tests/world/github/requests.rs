//! What was asked.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::GitHub;

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Without the API's base; with the query.
    pub path: String,
    /// Null: none, or not JSON.
    pub body: Value,
    pub at: Instant,
}

impl GitHub {
    /// Every request so far, those of git too, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// For how long it had at least one request.
    pub fn busy(&self) -> Duration {
        let mut spans = self.shared.answering.lock().unwrap().clone();
        spans.sort();
        let mut busy = Duration::ZERO;
        let mut until = None;
        for (begun, ended) in spans {
            let from = until.map_or(begun, |until| begun.max(until));
            busy += ended.saturating_duration_since(from);
            until = Some(until.map_or(ended, |until| ended.max(until)));
        }
        busy
    }

    /// How many requests had this method and this text in their path.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let matches = |request: &&Request| request.method == method && request.path.contains(path);
        self.requests().iter().filter(matches).count()
    }
}
