//! A training's log on its way through us: kept whole in a file, read for metrics, its tail at
//! hand for messages.  All of it is hostile text.

use std::{
    collections::VecDeque,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::Result;

use crate::{cache, metrics::Reader, output};

/// Bytes of the end of a log that messages may quote.
const TAIL: usize = 16 << 10;

/// Bytes of the beginning of a log, where the machine tells of itself.
const HEAD: usize = 4 << 10;

/// Ranks of one training report at once; its epochs are further apart.
const PAUSE: Duration = Duration::from_secs(1);

/// One job's log.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    received: u64,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    reader: Reader,
    /// When bytes last came.
    last: Instant,
    live: Live,
}

impl Log {
    /// An empty log of the training `name`, kept at `path`.
    pub fn create(name: &str, path: &Path, reader: Reader) -> Result<Self> {
        let file = File::create(path).map_err(|error| cache::explain(error, path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            received: 0,
            head: Vec::new(),
            tail: VecDeque::new(),
            reader,
            last: Instant::now(),
            live: Live { name: name.to_owned(), line: Vec::new() },
        })
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| cache::explain(error, &self.path))?;
        self.received += bytes.len() as u64;
        self.head.extend(bytes.iter().take(HEAD.saturating_sub(self.head.len())));
        self.tail.extend(&bytes[bytes.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        if self.last.elapsed() > PAUSE {
            self.reader.pause();
        }
        self.last = Instant::now();
        self.reader.push(bytes);
        self.live.push(bytes);
        Ok(())
    }

    /// Bytes taken so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The first lines, as they are.
    pub fn head(&self) -> String {
        String::from_utf8_lossy(&self.head).into_owned()
    }

    /// The last lines, printable, each behind a bar so that none can act as a command.
    pub fn tail(&self, lines: usize) -> String {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        output::quoted(&String::from_utf8_lossy(&bytes), lines)
    }

    /// What has read the whole log.
    pub fn reader(self) -> Reader {
        self.reader
    }
}

/// The lines as they come, for those who asked for more words.
#[derive(Debug)]
struct Live {
    name: String,
    line: Vec<u8>,
}

/// A longer line is shown in pieces.
const LONGEST_LIVE: usize = 4096;

impl Live {
    fn push(&mut self, bytes: &[u8]) {
        if !tracing::enabled!(tracing::Level::INFO) {
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
    use super::*;

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
}
