//! What was read, one JSON line each, written at once: it survives whatever kills us.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::answer::{Asked, Reading};
use crate::{
    bisect::{Purpose, SkipReason},
    cache,
    measure::now,
    source::CommitSha,
};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Entry {
    Reading(Noted),
    Skip(Skipped),
}

/// A reading that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Noted {
    /// The merge whose inside was searched; none for the line itself.
    pub(super) inside: Option<CommitSha>,
    pub(super) commit: CommitSha,
    /// The commit whose environment it ran in, if that is not its own.
    #[serde(default)]
    pub(super) home: Option<CommitSha>,
    pub(super) purpose: Purpose,
    pub(super) repeat: usize,
    pub(super) round: usize,
    pub(super) seed: u64,
    /// In the metric's own unit; null: not finite.
    pub(super) value: Option<f64>,
    pub(super) seconds: f64,
    pub(super) log: PathBuf,
    /// When it ended, in milliseconds since 1970.
    pub(super) at: u64,
}

/// A commit that cannot be read, wherever it is tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Skipped {
    pub(super) commit: CommitSha,
    pub(super) reason: SkipReason,
    pub(super) why: String,
}

/// The file, held by one search at a time.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    file: File,
    entries: Vec<Entry>,
}

impl Journal {
    /// Reads what is there, unless it is to begin afresh.  A last line that was torn is dropped.
    /// Fails if another search of the same runs.
    pub(super) fn open(path: &Path, fresh: bool) -> Result<Self> {
        let explain = |error| cache::explain(error, path);
        let options =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).clone();
        let mut file = options.open(path).map_err(explain)?;
        if file.try_lock().is_err() {
            bail!("another bisect of the same commits runs; wait for it, or end it");
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(explain)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let kept = if fresh { 0 } else { whole };
        file.set_len(u64::try_from(kept)?).map_err(explain)?;
        file.seek(SeekFrom::End(0)).map_err(explain)?;
        let lines = bytes[..kept].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let entries = lines.map(|line| {
            serde_json::from_slice(line)
                .with_context(|| format!("cannot read {}; begin anew with --fresh", path.display()))
        });
        let entries = entries.collect::<Result<Vec<Entry>>>()?;
        Ok(Self { path: path.to_owned(), held: Mutex::new(Held { file, entries }) })
    }

    /// Writes a line before anybody acts on it.
    pub(super) fn add(&self, entry: Entry) -> Result<()> {
        let mut line = serde_json::to_vec(&entry).context("cannot write a reading down")?;
        line.push(b'\n');
        let mut held = self.held();
        let written = held.file.write_all(&line).and_then(|()| held.file.sync_data());
        written.map_err(|error| cache::explain(error, &self.path))?;
        held.entries.push(entry);
        Ok(())
    }

    /// All lines so far.
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.held().entries.clone()
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Noted {
    /// A reading made just now.
    pub(super) fn new(
        inside: Option<&CommitSha>,
        asked: &Asked,
        Reading { value, seconds, log }: Reading,
        round: usize,
    ) -> Self {
        Self {
            inside: inside.cloned(),
            commit: asked.commit.sha.clone(),
            home: asked.home.clone(),
            purpose: asked.measure.purpose,
            repeat: asked.measure.repeat,
            round,
            seed: asked.seed,
            value: value.is_finite().then_some(value),
            seconds,
            log,
            at: u64::try_from(now()).unwrap_or(0),
        }
    }

    /// In the metric's own unit; NaN if it diverged.
    pub(super) fn value(&self) -> f64 {
        self.value.unwrap_or(f64::NAN)
    }
}
