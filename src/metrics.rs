//! A training's readings: the lines `REGRESSION_METRICS {"accuracy": 0.967}` of its log.
//!
//! The log is hostile: it may be endless, binary, or made to confuse.  Nothing here grows with it.

use std::collections::BTreeMap;

use serde::Deserialize;

mod number;

use number::{Number, quote_non_finite};

/// Metric name to value; a value may be non-finite (a training that diverged).
pub type Readings = BTreeMap<String, f64>;

/// What a metrics line starts with.
pub const PREFIX: &str = "REGRESSION_METRICS";

/// A longer metrics line is an error; other lines may have any length.
const LONGEST_LINE: usize = 1 << 20;

/// A log without usable readings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricsError {
    /// No metrics line at all.
    #[error(
        "it ended well but printed no line `{PREFIX} {{\"name\": value}}`; print one at the end, from the entrypoint's own process"
    )]
    Absent,
    /// A line, but from a Ray worker: Ray may drop or merge those.
    #[error(
        "its `{PREFIX}` line came from a Ray worker (`(task pid=...)`); return the values from the task and print the line in the entrypoint's own process"
    )]
    FromWorker,
    /// Not a JSON object of numbers.
    #[error(
        "cannot read its line `{line}`: {reason}; expected `{PREFIX} {{\"name\": number, ...}}`"
    )]
    Malformed {
        /// Start of the line, made printable.
        line: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl MetricsError {
    /// Whether the log holds no readings, rather than wrong ones.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::Absent | Self::FromWorker => true,
            Self::Malformed { .. } => false,
        }
    }
}

/// Finds readings in a log that comes in pieces.  The last value of each name wins.
#[derive(Debug, Default)]
pub struct Scanner {
    line: Vec<u8>,
    /// The rest of this line does not matter.
    skip: bool,
    readings: Readings,
    from_worker: bool,
    error: Option<MetricsError>,
}

impl Scanner {
    /// Takes the next piece.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.extend(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes);
    }

    /// The readings of the whole log.
    pub fn finish(mut self) -> Result<Readings, MetricsError> {
        self.end_line();
        match self.error {
            Some(error) => Err(error),
            None if !self.readings.is_empty() => Ok(self.readings),
            None if self.from_worker => Err(MetricsError::FromWorker),
            None => Err(MetricsError::Absent),
        }
    }

    /// Keeps a line only while it can still be a metrics line, a worker's one included.
    fn extend(&mut self, bytes: &[u8]) {
        if self.skip {
            return;
        }
        self.line.extend_from_slice(bytes);
        let known = self.line.len().min(PREFIX.len());
        let ours = self.line[..known] == PREFIX.as_bytes()[..known];
        if !ours && self.line.len() > 256 || self.line.len() > LONGEST_LINE {
            if ours {
                self.fail(&[], "it is longer than 1 MiB");
            }
            self.from_worker |= is_worker_line(&self.line);
            self.line.clear();
            self.skip = true;
        }
    }

    fn end_line(&mut self) {
        self.skip = false;
        let line = std::mem::take(&mut self.line);
        match line.strip_prefix(PREFIX.as_bytes()) {
            Some(rest) if rest.first().is_none_or(|byte| b" \t{\r".contains(byte)) => {
                self.read(rest.trim_ascii());
            }
            Some(_) => {}
            None => self.from_worker |= is_worker_line(&line),
        }
    }

    fn read(&mut self, json: &[u8]) {
        let quoted = quote_non_finite(json);
        match serde_json::from_slice::<Line>(&quoted) {
            Ok(Line(values)) if values.is_empty() => self.fail(json, "it names no metric"),
            Ok(Line(values)) => {
                self.readings.extend(values.into_iter().map(|(name, value)| (name, value.0)));
            }
            Err(error) => self.fail(json, &error.to_string()),
        }
    }

    fn fail(&mut self, json: &[u8], reason: &str) {
        let line = format!("{PREFIX} {}", String::from_utf8_lossy(json));
        let line = crate::output::excerpt(&line, 200);
        self.error.get_or_insert(MetricsError::Malformed { line, reason: reason.to_owned() });
    }
}

/// A metrics line's object.
#[derive(Deserialize)]
struct Line(BTreeMap<String, Number>);

fn is_worker_line(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    text.contains(" pid=") && text.contains(PREFIX)
}

#[cfg(test)]
mod tests;
