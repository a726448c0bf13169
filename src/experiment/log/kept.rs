//! A log's file: its beginning and its end, however much came between.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write, copy},
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::cache;

/// Bytes that are kept of the beginning, and as many of the end.
const HALF: u64 = 32 << 20;

/// A log that is kept in a file.
#[derive(Debug)]
pub(super) struct Kept {
    path: PathBuf,
    file: File,
    /// [`HALF`], but for tests.
    half: u64,
    /// Bytes that came.
    received: u64,
    /// What came behind the beginning, in a ring of `half` bytes without a name.
    end: Option<File>,
}

impl Kept {
    pub(super) fn create(path: &Path) -> Result<Self> {
        Self::with_half(path, HALF)
    }

    fn with_half(path: &Path, half: u64) -> Result<Self> {
        let file = File::create(path).map_err(|error| cache::explain(error, path))?;
        Ok(Self { path: path.to_owned(), file, half, received: 0, end: None })
    }

    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let room = self.half - self.received % self.half;
            let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
            let (now, rest) = bytes.split_at(room);
            let file = self.place()?;
            file.write_all(now).map_err(|error| cache::explain(error, &self.path))?;
            self.received += now.len() as u64;
            bytes = rest;
        }
        Ok(())
    }

    /// Where the next bytes belong.
    fn place(&mut self) -> Result<&mut File> {
        if self.received < self.half {
            return Ok(&mut self.file);
        }
        let ring = match self.end.take() {
            Some(ring) => ring,
            None => tempfile::tempfile_in(self.path.parent().unwrap_or(Path::new(".")))?,
        };
        let ring = self.end.insert(ring);
        if self.received.is_multiple_of(self.half) {
            ring.rewind()?;
        }
        Ok(ring)
    }

    /// Completes the file; yields how many bytes are missing in it.
    pub(super) fn finish(&mut self) -> Result<u64> {
        let Some(mut ring) = self.end.take() else { return Ok(0) };
        let missing = self.received.saturating_sub(2 * self.half);
        let mut write = || {
            if missing > 0 {
                writeln!(self.file, "\n[regression-action: {missing} bytes are left out here]")?;
                let oldest = self.received % self.half;
                ring.seek(SeekFrom::Start(oldest))?;
                copy(&mut ring, &mut self.file)?;
                ring.rewind()?;
                return copy(&mut (&mut ring).take(oldest), &mut self.file);
            }
            ring.rewind()?;
            copy(&mut ring, &mut self.file)
        };
        write().map_err(|error| cache::explain(error, &self.path))?;
        Ok(missing)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::debug!(?error, path = %self.path.display(), "the end of a log is lost");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_and_end_are_kept_and_the_gap_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let text: Vec<u8> = (0..=255).cycle().take(500).collect();
        for length in [0, 5, 10, 11, 19, 20, 21, 29, 30, 33, 500] {
            for piece in [1, 3, 10, 64] {
                let mut kept = Kept::with_half(&path, 10).unwrap();
                text[..length].chunks(piece).for_each(|bytes| kept.push(bytes).unwrap());
                let missing = length.saturating_sub(20);
                assert_eq!(kept.finish().unwrap(), missing as u64);
                drop(kept);
                let told = format!("\n[regression-action: {missing} bytes are left out here]\n");
                let expected = match missing {
                    0 => text[..length].to_vec(),
                    _ => [&text[..10], told.as_bytes(), &text[length - 10..length]].concat(),
                };
                assert_eq!(std::fs::read(&path).unwrap(), expected, "{length} by {piece}");
            }
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_log_that_is_dropped_is_complete() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let mut kept = Kept::with_half(&path, 4).unwrap();
        kept.push(b"abcdefg").unwrap();
        drop(kept);
        assert_eq!(std::fs::read(&path).unwrap(), b"abcdefg");
    }
}
