//! What was read, one JSON line each, written at once: it survives whatever kills us.  A search that was
//! begun afresh says so in its first line.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Error, Result, bail};
use serde::{Deserialize, Serialize};

use super::answer::{ReadingRequest, TakenReading};
use crate::{
    bisect::policy::{Purpose, SkipReason},
    cache,
    clock::now,
    git::CommitSha,
};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum JournalEntry {
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
    /// That it had, as far as that is known.
    #[serde(default)]
    pub(super) gpus: f64,
    /// On the machine that made it; nowhere else.
    #[serde(default, skip_serializing_if = "is_nowhere")]
    pub(super) log: PathBuf,
    /// When it ended, in milliseconds since 1970.
    pub(super) at: u64,
}

fn is_nowhere(path: &Path) -> bool {
    path.as_os_str().is_empty()
}

/// A commit that cannot be read, wherever it is tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Skipped {
    pub(super) commit: CommitSha,
    pub(super) reason: SkipReason,
    pub(super) why: String,
}

/// The file's lines.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum JournalLine {
    /// When it was begun afresh, in milliseconds since 1970.
    Fresh(u64),
    #[serde(untagged)]
    Entry(JournalEntry),
}

/// What an entry is about: of two with the same name one counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Reading {
        inside: Option<CommitSha>,
        commit: CommitSha,
        home: Option<CommitSha>,
        purpose: Purpose,
        repeat: usize,
    },
    Skip(CommitSha),
}

/// What another place holds of the same search.
#[derive(Debug, Default)]
pub(super) struct Copy {
    /// When it was begun afresh, in milliseconds since 1970; 0 if it never was.
    pub(super) fresh: u64,
    pub(super) entries: Vec<JournalEntry>,
}

/// The file, held by one search at a time.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    held: Mutex<OpenJournal>,
}

#[derive(Debug)]
struct OpenJournal {
    file: File,
    fresh: u64,
    entries: Vec<JournalEntry>,
}

impl Journal {
    /// Reads what is there, joined with what another place has.  Of two searches of which one was begun
    /// afresh later, the other does not count.  A last line that was torn is dropped.
    /// Fails if another search of the same runs.
    pub(super) fn open(path: &Path, copy: Copy) -> Result<Self> {
        let journal = Self::read(path, false)?;
        let mut names: BTreeSet<Name> = journal.entries().iter().map(JournalEntry::name).collect();
        let own = journal.fresh();
        if copy.fresh > own {
            journal.begin(copy.fresh)?;
            names.clear();
        }
        let counts = copy.fresh >= own;
        for entry in copy.entries.into_iter().filter(|_| counts) {
            if names.insert(entry.name()) {
                journal.add(entry)?;
            }
        }
        Ok(journal)
    }

    /// Begins afresh, at `now`: nothing that is here, or in the copy, counts any more.
    pub(super) fn open_afresh(path: &Path, copy: &Copy, now: u64) -> Result<Self> {
        let journal = Self::read(path, true)?;
        // A clock may have been ahead.
        let after = journal.fresh().max(copy.fresh).saturating_add(1);
        journal.begin(now.max(after))?;
        Ok(journal)
    }

    /// What cannot be read is an error, or else left out.
    fn read(path: &Path, lenient: bool) -> Result<Self> {
        let explain = |error| cache::explain(error, path);
        let Some(mut file) = try_hold(path)? else {
            bail!("another bisect of the same commits runs; wait for it, or end it");
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(explain)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        file.set_len(u64::try_from(whole)?).map_err(explain)?;
        file.seek(SeekFrom::End(0)).map_err(explain)?;
        let (mut fresh, mut entries) = (0, Vec::new());
        let lines = bytes[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        for line in lines {
            match serde_json::from_slice(line) {
                Ok(JournalLine::Fresh(at)) => fresh = at,
                Ok(JournalLine::Entry(entry)) => entries.push(entry),
                Err(_) if lenient => {}
                Err(error) => {
                    let path = path.display();
                    let told = format!("cannot read {path}; begin anew with --fresh");
                    return Err(Error::new(error).context(told));
                }
            }
        }
        let held = Mutex::new(OpenJournal { file, fresh, entries });
        Ok(Self { path: path.to_owned(), held })
    }

    /// Forgets all, and begins afresh.
    fn begin(&self, fresh: u64) -> Result<()> {
        let mut held = self.held();
        let emptied = held.file.set_len(0).and_then(|()| held.file.rewind());
        emptied.map_err(|error| cache::explain(error, &self.path))?;
        held.entries.clear();
        held.fresh = fresh;
        held.write(&JournalLine::Fresh(fresh), &self.path)
    }

    /// When it was begun afresh, in milliseconds since 1970; 0 if it never was.
    pub(super) fn fresh(&self) -> u64 {
        self.held().fresh
    }

    /// Writes a line before anybody acts on it.
    pub(super) fn add(&self, entry: JournalEntry) -> Result<()> {
        let mut held = self.held();
        held.write(&JournalLine::Entry(entry.clone()), &self.path)?;
        held.entries.push(entry);
        Ok(())
    }

    /// All readings and skipped commits so far.
    pub(super) fn entries(&self) -> Vec<JournalEntry> {
        self.held().entries.clone()
    }

    fn held(&self) -> MutexGuard<'_, OpenJournal> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often, and how long after each time, it is looked whether a lock is free: a process that another
/// thread starts has all of our locks between its fork and its exec.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// The lock of the search whose journal that is; none if it runs.
pub(super) fn try_hold(path: &Path) -> Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    let file = options.open(path).map_err(|error| cache::explain(error, path))?;
    for _ in 0..LOOKS {
        if file.try_lock().is_ok() {
            return Ok(Some(file));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(None)
}

impl OpenJournal {
    fn write(&mut self, line: &JournalLine, path: &Path) -> Result<()> {
        cache::append_line(&mut self.file, line).map_err(|error| cache::explain(error, path))
    }
}

impl JournalEntry {
    pub(super) fn name(&self) -> Name {
        match self {
            Self::Reading(noted) => {
                let Noted { inside, commit, home, purpose, repeat, .. } = noted.clone();
                Name::Reading { inside, commit, home, purpose, repeat }
            }
            Self::Skip(skipped) => Name::Skip(skipped.commit.clone()),
        }
    }

    /// What other machines are told.
    pub(super) fn abroad(&self) -> Self {
        match self {
            Self::Reading(noted) => Self::Reading(Noted { log: PathBuf::new(), ..noted.clone() }),
            Self::Skip(_) => self.clone(),
        }
    }

    pub(super) fn commit(&self) -> &CommitSha {
        match self {
            Self::Reading(noted) => &noted.commit,
            Self::Skip(skipped) => &skipped.commit,
        }
    }

    /// The commit whose environment it ran in.
    pub(super) fn home(&self) -> &CommitSha {
        match self {
            Self::Reading(noted) => noted.home.as_ref().unwrap_or(&noted.commit),
            Self::Skip(skipped) => &skipped.commit,
        }
    }

    /// When a reading ended, in milliseconds since 1970.
    pub(super) fn at(&self) -> Option<u64> {
        match self {
            Self::Reading(noted) => Some(noted.at),
            Self::Skip(_) => None,
        }
    }
}

impl Noted {
    /// A reading made just now.
    pub(super) fn new(
        inside: Option<&CommitSha>,
        asked: &ReadingRequest,
        TakenReading { value, seconds, gpus, log }: TakenReading,
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
            gpus,
            log,
            at: now(),
        }
    }

    /// In the metric's own unit; NaN if it diverged.
    pub(super) fn value(&self) -> f64 {
        self.value.unwrap_or(f64::NAN)
    }
}

#[cfg(test)]
mod tests;
