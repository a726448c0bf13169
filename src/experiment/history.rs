//! What earlier runs measured on the default branch: records of readings, by evidence key.
//!
//! Takes records and yields all of them; the pure functions
//! [`known`], [`latest`], [`every`], [`spread`] and [`trend`] answer from what was read.
//!
//! # Where it is kept
//!
//! In a directory, or on a branch of the repository that shares no history with any other.  Either
//! way one file holds one record, `<key>/<at>-<run>-<role>.json`; files are added and never changed, so
//! that writers at the same time lose nothing.
//!
//! # Who may write
//!
//! The branch is written with the token of the job itself (`contents: write`), by a job that runs the
//! base's workflow.  A pull request from a fork has a token that may only read, and the training never
//! sees any token, so that nobody writes their own baseline.  For the same reason callers append what
//! was measured of commits that are on the default branch, and not of a pull request's head.
//!
//! # Searches
//!
//! A bisect keeps each reading here too, as a record of its own ([`SearchPart`]), so that it goes on wherever it
//! is started next.  Such readings were chosen by what was read before them: a comparison leaves them
//! out.  Not in the experiment tracker, which holds trainings alone; there a bisect has its file.

mod branch;
mod directory;
mod listing;
mod number;
mod place;
mod query;
mod record;
mod runs;

use anyhow::{Context, Result};

pub use branch::HistoryBranch;
pub use query::{Agreement, HistoryPoint, Spread, agreement, every, known, latest, spread, trend};
pub use record::{Record, RecordedReading, Schema, SearchPart};

use directory::Directory;
use runs::Runs;

use crate::experiment::tracking::Tracker;

/// A place that keeps records.
#[derive(Debug)]
pub struct History {
    store: Store,
}

#[derive(Debug)]
enum Store {
    Directory(Directory),
    Branch(HistoryBranch),
    Runs(Runs),
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistoryRead {
    /// The newest first.
    pub records: Vec<Record>,
    /// What was left out and why, printable.
    pub warnings: Vec<String>,
}

impl History {
    /// In a directory, which need not be there yet.
    pub fn directory(path: impl Into<std::path::PathBuf>) -> Self {
        Self { store: Store::Directory(Directory::new(path.into())) }
    }

    /// On a branch of a repository.  Fails if the branch's name or the address cannot be one.
    pub fn branch(branch: HistoryBranch) -> Result<Self> {
        branch.check()?;
        Ok(Self { store: Store::Branch(branch) })
    }

    /// In the experiment tracker, which holds every training anyway.
    pub fn mlflow(tracker: Tracker, experiment: String) -> Self {
        Self { store: Store::Runs(Runs::new(tracker, experiment)) }
    }

    /// Adds a record in a file of its own.  To add the same record again changes nothing.
    ///
    /// Fails if the record is not fit to be kept, and with cause and remedy if the place refuses.
    pub async fn append(&self, record: &Record) -> Result<()> {
        self.append_all(std::slice::from_ref(record)).await
    }

    /// Adds several, on a branch by one commit.  If it fails, some may be there.
    pub async fn append_all(&self, records: &[Record]) -> Result<()> {
        let file = |record| Ok((record, Record::encode(record)?));
        let files = records.iter().map(file).collect::<Result<Vec<_>>>();
        let files = files.context("the record cannot be kept")?;
        match &self.store {
            Store::Directory(directory) => {
                for (record, bytes) in files {
                    directory.append(record, bytes).await?;
                }
                Ok(())
            }
            Store::Branch(branch) => branch.append(&files).await,
            // Its trainings are runs already.
            Store::Runs(_) => Ok(()),
        }
    }

    /// All records, up to the newest 10,000.  A place that is not there yet holds none.
    pub async fn read(&self) -> Result<HistoryRead> {
        match &self.store {
            Store::Directory(directory) => directory.read().await,
            Store::Branch(branch) => branch.read().await,
            Store::Runs(runs) => runs.read().await,
        }
    }
}

#[cfg(test)]
mod tests;
