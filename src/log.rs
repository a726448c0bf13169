//! A training's log on its way through us: kept whole in a file, scanned for readings, its tail at
//! hand for messages.  All of it is hostile text.

use std::{
    collections::VecDeque,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::{
    cache,
    metrics::{MetricsError, Readings, Scanner},
};

/// Bytes of the end of a log that messages may quote.
const TAIL: usize = 16 << 10;

/// One job's log.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    received: u64,
    tail: VecDeque<u8>,
    scanner: Scanner,
}

impl Log {
    /// An empty log that is kept at `path`.
    pub fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).map_err(|error| cache::explain(error, path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            received: 0,
            tail: VecDeque::new(),
            scanner: Scanner::default(),
        })
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| cache::explain(error, &self.path))?;
        self.received += bytes.len() as u64;
        self.tail.extend(&bytes[bytes.len().saturating_sub(TAIL)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        self.scanner.push(bytes);
        Ok(())
    }

    /// Bytes taken so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The last lines, printable, each behind a bar so that none can act as a command.
    pub fn tail(&self, lines: usize) -> String {
        let bytes: Vec<u8> = self.tail.iter().copied().collect();
        let text = printable(&String::from_utf8_lossy(&bytes));
        let all: Vec<&str> = text.lines().collect();
        let last = &all[all.len().saturating_sub(lines)..];
        let barred = last.iter().map(|line| format!("  | {}\n", excerpt(line, 500)));
        barred.collect::<Vec<_>>().concat()
    }

    /// The readings of the whole log.
    pub fn readings(self) -> Result<Readings, MetricsError> {
        self.scanner.finish()
    }
}

/// Text without what a terminal or the Actions runner would obey: escape sequences, control
/// characters, and the runner's `##[command]`.
pub fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\n' | '\t' => clean.push(c),
            '\r' if chars.peek() != Some(&'\n') => clean.push('\n'),
            // Bidirectional overrides make a line read as what it is not.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean.replace("##[", "## [")
}

/// Printable text on one line, cut after `most` characters.
pub fn excerpt(text: &str, most: usize) -> String {
    let line = printable(text).replace('\n', " ");
    let line = line.trim();
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// Skips `ESC [ parameters final` and `ESC ] text BEL`; of other sequences, the one character.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => drop(chars.find(|c| ('@'..='~').contains(c))),
        Some(']') => drop(chars.find(|c| matches!(c, '\u{7}' | '\u{9c}' | '\n'))),
        Some(_) | None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_or_runner_obeys_is_left() {
        let hostile =
            "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}a\u{8}b ##[error]x\r\n50%\r100%\u{202e}";
        assert_eq!(printable(hostile), "red ab ## [error]x\n50%\n100%");
    }

    #[test]
    fn the_tail_is_the_end_and_no_line_starts_with_a_command() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = Log::create(&directory.path().join("log")).unwrap();
        log.push(&vec![b'x'; 100_000]).unwrap();
        log.push(b"\nfirst\n::set-output name=verdict::pass\nlast \xff\n").unwrap();
        assert_eq!(log.tail(2), "  | ::set-output name=verdict::pass\n  | last \u{fffd}\n");
        assert_eq!(log.received(), 100_046);
    }

    #[test]
    fn excerpts_are_cut_at_characters() {
        assert_eq!(excerpt("  äöü\nx ", 3), "äöü...");
        assert_eq!(excerpt("short", 10), "short");
    }
}
