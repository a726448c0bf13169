//! A training's log on its way through us: kept in a file, read for metrics, its tail at hand for
//! messages.  All of it is hostile text, and may be endless.

use std::{
    collections::VecDeque,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{
    cluster::ray::LogSink,
    experiment::{
        data::{self, DataVersions},
        marked::Lines,
        metrics::{Frame, Reader},
        trace::{Seen, is_told},
    },
    output,
};

mod kept;

use kept::Kept;

/// Bytes of the end of a log that messages may quote.
const TAIL: usize = 16 << 10;

/// Bytes of the beginning of a log, where the machine tells of itself.
const HEAD: usize = 4 << 10;

/// Ranks of one training report at once; its epochs are further apart.
const PAUSE: Duration = Duration::from_secs(1);

/// One job's log.
#[derive(Debug)]
pub struct Log {
    kept: Kept,
    /// Bytes that came so far.
    received: u64,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    reader: Reader,
    told: Option<LogFacts>,
    /// When bytes last came.
    last: Instant,
    live: Live,
}

/// What a training tells besides its metrics.
#[derive(Debug)]
struct LogFacts {
    lines: Lines,
    data: Result<DataVersions, String>,
    seen: Seen,
}

/// What a whole log came to.
#[derive(Debug)]
pub struct LogSummary {
    /// What has read it for metrics.
    pub reader: Reader,
    /// The data that the training says it read, or in words why that cannot be read.
    pub data: Result<DataVersions, String>,
    /// Which files it read.
    pub seen: Seen,
}

impl Log {
    /// An empty log of the training `name`, kept at `path`.
    pub fn create(name: &str, path: &Path, reader: Reader) -> Result<Self> {
        Ok(Self {
            kept: Kept::create(path)?,
            received: 0,
            head: Vec::new(),
            tail: VecDeque::new(),
            told: None,
            last: Instant::now(),
            live: Live { name: name.to_owned(), line: Vec::new(), shown: reader.sources().quotes },
            reader,
        })
    }

    /// The same for a log in which our own words have that frame: it is read for data and files too.
    #[must_use]
    pub fn framed(self, frame: Frame) -> Self {
        let lines = Lines::new(frame.clone());
        let told = LogFacts { lines, data: Ok(DataVersions::new()), seen: Seen::default() };
        Self { reader: self.reader.framed(frame), told: Some(told), ..self }
    }

    /// The first lines, as they are.
    pub fn head(&self) -> String {
        String::from_utf8_lossy(&self.head).into_owned()
    }

    /// The last lines, printable, each behind a bar so that none can act as a command.
    pub fn tail(&self, lines: usize) -> String {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let theirs: String = text.split_inclusive('\n').filter(|line| !is_told(line)).collect();
        output::quoted(&self.reader.sources().shown(theirs), lines)
    }

    /// What the whole log came to; completes its file.
    pub fn finish(mut self) -> Result<LogSummary> {
        self.reader.left_out(self.kept.finish()?);
        let (data, seen) = match self.told {
            Some(LogFacts { mut lines, mut data, mut seen }) => {
                lines.end(|line| take(&mut data, &mut seen, line));
                let sources = self.reader.sources();
                let seen = if sources.quotes { seen } else { seen.discreet() };
                (data.map_err(|why| sources.shown(why)), seen)
            }
            None => (Ok(DataVersions::new()), Seen::default()),
        };
        Ok(LogSummary { reader: self.reader, data, seen })
    }
}

impl LogSink for Log {
    fn received(&self) -> u64 {
        self.received
    }

    /// Where the bytes cannot be kept they are read all the same.
    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        let kept = self.kept.push(bytes);
        self.received += bytes.len() as u64;
        self.head.extend(bytes.iter().take(HEAD.saturating_sub(self.head.len())));
        self.tail.extend(&bytes[bytes.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        if self.last.elapsed() > PAUSE {
            self.reader.pause();
        }
        self.last = Instant::now();
        self.reader.push(bytes);
        if let Some(LogFacts { lines, data, seen }) = &mut self.told {
            lines.push(bytes, |line| take(data, seen, line));
        }
        self.live.push(bytes);
        kept
    }
}

fn take(data: &mut Result<DataVersions, String>, seen: &mut Seen, line: &str) {
    data::take(data, line);
    seen.take(line);
}

/// The lines as they come, for those who asked for more words.
#[derive(Debug)]
struct Live {
    name: String,
    line: Vec<u8>,
    /// Whether anybody may see them.
    shown: bool,
}

/// A longer line is shown in pieces.
const LONGEST_LIVE: usize = 4096;

impl Live {
    fn push(&mut self, bytes: &[u8]) {
        if !self.shown || !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() > LONGEST_LIVE {
                let line = output::excerpt(&String::from_utf8_lossy(&self.line), LONGEST_LIVE);
                tracing::info!("{}: {line}", self.name);
                self.line.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;
    use crate::{config::MetricSources, experiment::metrics::Doubt};

    #[test]
    fn the_tail_is_the_end_and_no_line_starts_with_a_command() {
        let directory = tempfile::tempdir().unwrap();
        let mut log =
            Log::create("base", &directory.path().join("log"), Reader::default()).unwrap();
        log.push(&vec![b'x'; 100_000]).unwrap();
        log.push(b"\nfirst\n::set-output name=verdict::pass\nlast \xff\n").unwrap();
        assert_eq!(log.tail(2), "  | ::set-output name=verdict::pass\n  | last \u{fffd}");
        assert_eq!(log.received(), 100_046);
    }

    #[test]
    fn nothing_of_a_log_that_must_not_be_quoted_is_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let sources = MetricSources { patterns: IndexMap::new(), file: None, quotes: false };
        let heard = |text: &str| {
            let log = Log::create("base", &path, Reader::new(&sources)).unwrap();
            let mut log = log.framed(Frame::new("x"));
            log.push(format!("REGRESSION_BEGINS x\n{text}\n").as_bytes()).unwrap();
            assert_eq!(log.tail(9), "  | not quoted: quote-logs is false");
            let LogSummary { reader, data, .. } = log.finish().unwrap();
            format!("{data:?} {:?}", reader.finish())
        };
        let metrics = "REGRESSION_METRICS {\"a\": 1}";
        for text in [
            "the secret".to_owned(),
            "REGRESSION_METRICS the secret".to_owned(),
            "REGRESSION_METRICS {\"a\": the secret}".to_owned(),
            format!("REGRESSION_METRICS {{\"a\": the secret}}\n{metrics}"),
            format!("REGRESSION_DATA the secret\n{metrics}"),
        ] {
            let told = heard(&text);
            assert!(!told.contains("secret"), "{told}");
        }
        assert!(std::fs::read_to_string(&path).unwrap().contains("the secret"));
    }

    #[test]
    fn what_is_left_out_of_a_long_log_was_read_and_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let log = Log::create("base", &directory.path().join("log"), Reader::default()).unwrap();
        let mut log = log.framed(Frame::new("x"));
        let filler = [b"#".repeat(99), b"\n".to_vec()].concat().repeat(400_000);
        for part in [
            b"REGRESSION_BEGINS x\n",
            &filler[..],
            b"REGRESSION_DATA {\"a\": \"1\"}\nREGRESSION_METRICS {\"a\": 1}\n",
            &filler,
        ] {
            log.push(part).unwrap();
        }
        let LogSummary { reader, data, .. } = log.finish().unwrap();
        assert_eq!(data.unwrap()["a"], "1");
        let read = reader.finish().unwrap();
        assert!((read.readings["a"] - 1.0).abs() < 1e-9);
        assert!(matches!(read.doubts[..], [Doubt::LongLog { left_out }] if left_out > 12 << 20));
    }
}
