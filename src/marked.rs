//! What stands behind a marker in a training's log, anywhere in a line.
//!
//! The log is hostile: it may be endless, binary, or made to confuse.  Nothing here grows with it.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::Result;

use crate::{cache, metrics::Frame, output::plain};

/// Bytes of a line; a longer one comes in pieces.
const LONGEST_LINE: u64 = 64 << 10;

/// Calls `each` with every line of a training's own that holds the marker: what stands before it, and the
/// printable rest.
pub(crate) fn marked(
    log: &Path,
    frame: &Frame,
    marker: &str,
    mut each: impl FnMut(&str, &str),
) -> Result<()> {
    let explain = |error| cache::explain(error, log);
    let mut reader = BufReader::new(File::open(log).map_err(explain)?);
    let mut piece = Vec::new();
    let mut begun = false;
    loop {
        piece.clear();
        let mut next = (&mut reader).take(LONGEST_LINE);
        if next.read_until(b'\n', &mut piece).map_err(explain)? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&piece);
        for line in text.split('\r') {
            if let Some((before, rest)) = line.rsplit_once(marker).filter(|_| begun) {
                each(before, plain(rest).trim_end_matches('\n'));
            }
            begun |= frame.begins(line);
        }
    }
}
