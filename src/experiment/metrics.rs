//! A training's readings: the lines `REGRESSION_METRICS {"accuracy": 0.967}` of its log, wherever
//! progress bars, loggers and launchers put them.  The one place that says what is read.
//!
//! A log is hostile: it may be endless, binary, or made to confuse.  Nothing here grows with it.

use std::{cell::LazyCell, collections::BTreeMap};

mod error;
mod file;
mod frame;
mod line;
mod matched;
mod object;
mod ranks;
mod tally;

pub use error::{Doubt, MetricsError};
pub use frame::Frame;
pub use frame::MetricsOrigin;

use frame::Ours;
use line::{Extent, MarkedMetrics, Unread, What};
use ranks::Ranks;
use tally::Tally;

use crate::{
    config::MetricSources,
    output::{excerpt, shown, visible},
};

/// Metric name to value; a value may be non-finite (a training that diverged).
pub type Readings = BTreeMap<String, f64>;

/// What stands before an object of metrics, anywhere on a line, with a colon or an equals sign between
/// them or not.
pub const MARKER: &str = "REGRESSION_METRICS";

/// The variable that names a file whose metrics count more than those of lines.
pub const FILE_VARIABLE: &str = "REGRESSION_METRICS_FILE";

/// Bytes from a marker to the end of its object; a longer one is an error.
const LONGEST: usize = 1 << 20;
/// Bytes of a file that are looked at: one more than may be there.
pub(crate) const MOST_BYTES: u64 = 1 + LONGEST as u64;
/// How many times that of a line is held.
const HELD: usize = 2;
/// Which part of that an escape sequence may have.
const SEQUENCE: usize = 16;
/// Characters of a line that are shown.
const SHOWN: usize = 300;
/// What is wrong with a line that must not be quoted.
const UNTOLD: &str = "it is not an object of numbers";
/// Of the characters shown, those before the marker.
const SHOWN_BEFORE: usize = 80;

/// Readings, and what is odd about them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedMetrics {
    /// At least one.
    pub readings: Readings,
    /// For people.
    pub doubts: Vec<Doubt>,
}

/// Finds readings in a log that comes in pieces.  The last value of each name wins.
#[derive(Debug)]
pub struct Reader {
    /// [`LONGEST`], but for tests.
    longest: usize,
    /// The line so far, as it came.
    line: Vec<u8>,
    /// Whether the start of the line is gone, because it is too long.
    cut: bool,
    /// How our own words are known, if there are any.
    frame: Option<Frame>,
    /// Whether the training's words have begun.
    begun: bool,
    told: Tally,
    ranks: Ranks,
    /// Where values are found besides, and whether messages may quote the log.
    sources: MetricSources,
    /// What patterns found.
    matched: Tally,
    /// Whether a line was too long for patterns.
    too_long: bool,
    /// What the training wrote to the file in its tree.
    tree: Vec<u8>,
    /// What it wrote to the file that we name.
    file: Vec<u8>,
    /// The last line with a marker and no object.
    mention: Option<String>,
    /// Bytes of the log that are not in its file.
    left_out: u64,
}

impl Default for Reader {
    fn default() -> Self {
        Self::with_longest(LONGEST)
    }
}

impl Reader {
    /// Reads a log as the config says.
    pub fn new(sources: &MetricSources) -> Self {
        Self { sources: sources.clone(), ..Self::default() }
    }

    /// How it reads, and what may be shown of it.
    pub(crate) fn sources(&self) -> &MetricSources {
        &self.sources
    }

    /// The same for a log in which our own words have that frame.
    #[must_use]
    pub fn framed(self, frame: Frame) -> Self {
        Self { frame: Some(frame), begun: false, ..self }
    }

    fn with_longest(longest: usize) -> Self {
        Self {
            longest,
            line: Vec::new(),
            cut: false,
            frame: None,
            begun: true,
            told: Tally::default(),
            ranks: Ranks::default(),
            sources: MetricSources::default(),
            matched: Tally::default(),
            too_long: false,
            tree: Vec::new(),
            file: Vec::new(),
            mention: None,
            left_out: 0,
        }
    }

    /// Takes the next piece.
    pub fn push(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.extend(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.extend(bytes);
    }

    /// Time went by: what comes next is another report.
    pub fn pause(&mut self) {
        self.ranks.end();
    }

    /// So many bytes that were read are not in the log's file, which is told.
    pub(crate) fn left_out(&mut self, bytes: u64) {
        self.left_out = bytes;
    }

    /// What the whole log tells.
    pub fn finish(mut self) -> Result<ParsedMetrics, MetricsError> {
        self.end_line();
        let file = file::read(MetricsOrigin::File, &self.file);
        let mut doubts: Vec<Doubt> = self.ranks.doubts().collect();
        doubts.extend(self.told.differing(&file));
        let mut told = self.matched;
        for source in [file::read(MetricsOrigin::Tree, &self.tree), self.told, file] {
            told.outdo(source);
        }
        let Tally { values: readings, unread, superseded, nulls } = told;
        let sources = self.sources;
        let shown = |Unread { text, reason, names, place }: Unread| {
            let reason = if sources.quotes { reason } else { UNTOLD.to_owned() };
            Unread { text: sources.shown(text), reason, names, place }
        };
        if let Some(Unread { place, text, reason, .. }) = unread.map(shown) {
            return Err(MetricsError::Malformed { place, text, reason });
        }
        if readings.is_empty() {
            let mention = self.mention.map(|line| sources.shown(line));
            return Err(MetricsError::Absent { mention });
        }
        let superseded = superseded.map(shown);
        doubts.extend(
            superseded.map(|Unread { text, reason, .. }| Doubt::Superseded { text, reason }),
        );
        doubts.extend(
            nulls
                .into_iter()
                .filter_map(|name| Some(Doubt::Null { value: *readings.get(&name)?, name })),
        );
        doubts.extend(self.too_long.then_some(Doubt::LongLine));
        doubts.extend((self.left_out > 0).then_some(Doubt::LongLog { left_out: self.left_out }));
        Ok(ParsedMetrics { readings, doubts })
    }

    fn extend(&mut self, mut bytes: &[u8]) {
        let held = HELD * self.longest;
        while !bytes.is_empty() {
            let room = held.saturating_sub(self.line.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.line.extend_from_slice(now);
            if self.line.len() >= held {
                self.shorten();
            }
            bytes = later;
        }
    }

    /// Reads what is complete of a line that is too long to be held, and keeps its end.
    fn shorten(&mut self) {
        let rest = self.line.split_off(line::unfinished(&self.line, self.longest / SEQUENCE));
        let line = std::mem::take(&mut self.line);
        let lossy = String::from_utf8_lossy(&line);
        let text = visible(&lossy);
        let most = text.floor_char_boundary(text.len().saturating_sub(self.longest));
        let kept = self.read(&text, &line, Some(most));
        self.line.extend_from_slice(text.get(kept..).unwrap_or_default().as_bytes());
        self.line.extend_from_slice(&rest);
        self.cut = true;
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let lossy = String::from_utf8_lossy(&line);
        let text = visible(&lossy);
        match self.frame.as_ref().and_then(|frame| frame.read(&text)) {
            Some(Ours::Begins) => self.begun = true,
            Some(Ours::Wrote(place, content)) => self.wrote(place, content.as_bytes()),
            None => {
                self.read(&text, &line, None);
                self.find_matches(&text);
            }
        }
        self.cut = false;
    }

    /// Takes in a line that the training wrote to a file, or all of it.
    pub fn wrote(&mut self, place: MetricsOrigin, content: &[u8]) {
        let file = if place == MetricsOrigin::Tree { &mut self.tree } else { &mut self.file };
        let room = (LONGEST + 1).saturating_sub(file.len());
        file.extend(content.iter().chain(b"\n").take(room));
    }

    /// Takes in what begins before a place of a line that goes on, or else all of it.  Yields where the
    /// rest begins.
    fn read(&mut self, text: &str, line: &[u8], before: Option<usize>) -> usize {
        let until = before.unwrap_or(text.len());
        if !self.begun {
            return until;
        }
        let found = line::find(text, Extent { starts: !self.cut, ends: before.is_none() });
        if found.is_empty() && !text.trim().is_empty() {
            self.ranks.end();
        }
        let mut rest = until;
        let shown = LazyCell::new(|| at_marker(&shown(line)));
        for MarkedMetrics { end, lead, what, .. } in
            found.into_iter().filter(|found| found.at < until)
        {
            rest = rest.max(end);
            match what {
                What::Values(values) => {
                    self.ranks.report(lead, &values);
                    self.told.read(values);
                }
                What::Broken(unread) => {
                    self.told.fail(Unread { text: shown.clone(), ..unread });
                }
                What::Mention => self.mention = Some(shown.clone()),
            }
        }
        rest
    }
}

/// The part of a line that people need to see.
fn at_marker(line: &str) -> String {
    let place = line.find(MARKER).unwrap_or(0);
    let before = line.get(..place).unwrap_or_default().chars().count();
    let skipped = before.saturating_sub(SHOWN_BEFORE);
    let dots = if skipped == 0 { "" } else { "..." };
    let rest: String = line.chars().skip(skipped).collect();
    format!("{dots}{}", excerpt(&rest, SHOWN))
}

#[cfg(test)]
mod tests;
