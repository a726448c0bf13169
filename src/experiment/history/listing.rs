//! Which of the files that lie there are read, and what comes of them.  Bounded: whoever can write
//! there cannot make us hold more than this.

use anyhow::Result;

use super::{HistoryRead, Record, place, record::LARGEST};
use crate::output::excerpt;

/// Files that are read at most.
const MOST_FILES: usize = 10_000;
/// Bytes of all files that are read at most.
pub(super) const MOST_BYTES: u64 = 128 << 20;
/// Warnings that are kept.
const MOST_WARNINGS: usize = 20;

/// The files found so far.  `T` is what a store reads a file by.
#[derive(Debug)]
pub(super) struct Listing<T> {
    files: Vec<ListedFile<T>>,
    older: usize,
    warnings: Warnings,
}

/// One file that may hold a record.
#[derive(Debug)]
pub(super) struct ListedFile<T> {
    at: u64,
    pub(super) key: String,
    name: String,
    pub(super) size: u64,
    pub(super) source: T,
}

/// Printable, and not more than fit on a page.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    kept: Vec<String>,
    more: usize,
}

impl<T> Listing<T> {
    pub(super) fn new() -> Self {
        Self { files: Vec::new(), older: 0, warnings: Warnings::default() }
    }

    /// Takes the file `key`/`name` of `size` bytes; leaves it out if no record can be in it.
    pub(super) fn found(&mut self, key: &str, name: &str, size: u64, source: T) {
        let Some(at) = place::time(name).filter(|_| place::is_key(key)) else {
            return self.left_out(key, name, "no record has such a name");
        };
        if size > LARGEST {
            return self.left_out(key, name, "it is larger than 1 MiB");
        }
        self.files.push(ListedFile {
            at,
            key: key.to_owned(),
            name: name.to_owned(),
            size,
            source,
        });
        if self.files.len() >= 2 * MOST_FILES {
            self.forget_older();
        }
    }

    pub(super) fn left_out(&mut self, key: &str, name: &str, reason: &str) {
        self.warnings.push(key, name, reason);
    }

    pub(super) fn warn(&mut self, warning: String) {
        self.warnings.add(warning);
    }

    /// The files to read, the newest first, and the warnings so far.
    pub(super) fn newest(mut self) -> (Vec<ListedFile<T>>, Warnings) {
        self.forget_older();
        let mut bytes = 0;
        let fit = |file: &&ListedFile<T>| {
            bytes += file.size;
            bytes <= MOST_BYTES
        };
        let count = self.files.iter().take_while(fit).count();
        self.older += self.files.len() - count;
        self.files.truncate(count);
        if self.older > 0 {
            let older = self.older;
            self.warnings.add(format!("{older} older records of the history were not read"));
        }
        (self.files, self.warnings)
    }

    fn forget_older(&mut self) {
        self.files.sort_by(|a, b| (b.at, &b.name).cmp(&(a.at, &a.name)));
        self.older += self.files.len().saturating_sub(MOST_FILES);
        self.files.truncate(MOST_FILES);
    }
}

impl Warnings {
    fn push(&mut self, key: &str, name: &str, reason: &str) {
        let path = excerpt(&format!("{key}/{name}"), 120);
        self.add(format!("history: `{path}` is left out: {reason}"));
    }

    fn add(&mut self, warning: String) {
        if self.kept.len() < MOST_WARNINGS {
            self.kept.push(warning);
        } else {
            self.more += 1;
        }
    }
}

/// The records in the files read; a broken one becomes a warning.
pub(super) fn decode<T>(
    files: impl Iterator<Item = (ListedFile<T>, Result<Vec<u8>>)>,
    mut warnings: Warnings,
) -> HistoryRead {
    let mut records = Vec::new();
    for (file, bytes) in files {
        match bytes.and_then(|bytes| Record::decode(&file.key, &bytes)) {
            Ok(record) => records.push(record),
            Err(error) => {
                let reason = excerpt(&format!("{error:#}"), 200);
                warnings.push(&file.key, &file.name, &reason);
            }
        }
    }
    records.sort_by(|a, b| (b.at, &b.run, b.role).cmp(&(a.at, &a.run, a.role)));
    if warnings.more > 0 {
        let more = warnings.more;
        warnings.kept.push(format!("history: {more} more warnings are not shown"));
    }
    HistoryRead { records, warnings: warnings.kept }
}
