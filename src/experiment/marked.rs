//! A training's own lines, as its log comes in, and what stands in them behind a marker.
//!
//! The log is hostile: it may be endless, binary, or made to confuse.  Nothing here grows with it.

use crate::{experiment::metrics::Frame, output::plain};

/// Bytes of a line; a longer one comes in pieces.
const LONGEST_LINE: usize = 64 << 10;

/// Finds the lines of a training in a log that comes in pieces.
#[derive(Debug)]
pub(crate) struct Lines {
    frame: Frame,
    /// Whether the training's words have begun.
    begun: bool,
    /// The line so far.
    piece: Vec<u8>,
}

impl Lines {
    /// Of a log in which our own words have that frame.
    pub(crate) fn new(frame: Frame) -> Self {
        Self { frame, begun: false, piece: Vec::new() }
    }

    /// Takes the next bytes, and calls `each` with the training's own lines that end in them.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut each: impl FnMut(&str)) {
        while !bytes.is_empty() {
            let room = LONGEST_LINE - self.piece.len();
            let next = &bytes[..bytes.len().min(room)];
            let end = next.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let (now, rest) = bytes.split_at(end.unwrap_or(next.len()));
            self.piece.extend_from_slice(now);
            bytes = rest;
            if end.is_some() || self.piece.len() == LONGEST_LINE {
                self.end(&mut each);
            }
        }
    }

    /// The log has ended, and its last line with it.
    pub(crate) fn end(&mut self, mut each: impl FnMut(&str)) {
        let text = String::from_utf8_lossy(&self.piece);
        for line in text.split('\r') {
            if self.begun {
                each(line);
            }
            self.begun |= self.frame.begins(line);
        }
        self.piece.clear();
    }
}

/// What stands before the marker in a line that holds it, and the printable rest.
pub(crate) fn behind<'a>(line: &'a str, marker: &str) -> Option<(&'a str, String)> {
    let (before, rest) = line.rsplit_once(marker)?;
    Some((before, plain(rest).trim_end_matches('\n').to_owned()))
}
