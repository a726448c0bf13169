//! What the API server itself wrote down of our requests: its audit log, from a moment on.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde_json::Value;

/// The log of one API server, as far as it is about one namespace.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    namespace: String,
    begin: u64,
}

/// One request of ours.
#[derive(Debug, Clone)]
pub struct Request {
    pub received: SystemTime,
    /// `get pods/portforward` and the like.
    pub what: String,
    /// HTTP status; the last one that was logged.
    pub status: u64,
}

impl Audit {
    /// Reads from here on.
    pub fn begin(state: &Path, namespace: &str) -> Self {
        let path = state.join("logs/audit.log");
        let begin = path.metadata().unwrap().len();
        Self { path, namespace: namespace.to_owned(), begin }
    }

    /// Our requests so far, in the order in which they were answered.
    pub fn requests(&self) -> Vec<Request> {
        let mut file = File::open(&self.path).unwrap();
        assert!(file.metadata().unwrap().len() >= self.begin, "the audit log was rotated");
        file.seek(SeekFrom::Start(self.begin)).unwrap();
        let agent = concat!(r#""userAgent":""#, env!("CARGO_PKG_NAME"), "/");
        let lines = BufReader::new(file).lines().map(Result::unwrap);
        let ours = lines.filter(|line| line.contains(agent) && line.contains(&self.namespace));
        // A watch is logged when it begins and when it ends, but is one request.
        let mut requests = BTreeMap::new();
        for line in ours {
            // The last line may still be being written.
            let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
            if event["objectRef"]["namespace"] == *self.namespace {
                requests.insert(event["auditID"].to_string(), request(&event));
            }
        }
        requests.into_values().collect()
    }
}

fn request(event: &Value) -> Request {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &event["objectRef"];
    let subresource = object["subresource"].as_str().map(|name| format!("/{name}"));
    Request {
        received: humantime::parse_rfc3339(&word(&event["requestReceivedTimestamp"])).unwrap(),
        what: format!(
            "{} {}{}",
            word(&event["verb"]),
            word(&object["resource"]),
            subresource.unwrap_or_default()
        ),
        status: event["responseStatus"]["code"].as_u64().unwrap_or_default(),
    }
}

/// How many of each kind, the most first.
pub fn by_kind<'a>(requests: impl IntoIterator<Item = &'a Request>) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::new();
    for request in requests {
        *counts.entry(request.what.clone()).or_insert(0) += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}
