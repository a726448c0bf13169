//! What earlier runs measured on the default branch: records of readings, by evidence key.
//!
//! Takes records one at a time and yields all of them, or those of one key; the pure functions
//! [`known`], [`spread`], [`trend`] and [`since`] answer from what was read.
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

mod branch;
mod directory;
mod listing;
mod number;
mod place;
mod query;
mod record;
mod runs;

use anyhow::{Context, Result};

pub use branch::Branch;
pub use query::{Point, Spread, known, since, spread, trend};
pub use record::{Reading, Record, Schema};

use directory::Directory;
use runs::Runs;

use crate::tracking::Tracker;

/// A place that keeps records.
#[derive(Debug)]
pub struct History {
    store: Store,
}

#[derive(Debug)]
enum Store {
    Directory(Directory),
    Branch(Branch),
    Runs(Runs),
}

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
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
    pub fn branch(branch: Branch) -> Result<Self> {
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
        let bytes = record.encode().context("the record cannot be kept")?;
        match &self.store {
            Store::Directory(directory) => directory.append(record, bytes).await,
            Store::Branch(branch) => branch.append(record, &bytes).await,
            // Its trainings are runs already.
            Store::Runs(_) => Ok(()),
        }
    }

    /// All records, up to the newest 10,000.  A place that is not there yet holds none.
    pub async fn read(&self) -> Result<Read> {
        self.listed(None).await
    }

    /// The records of one key.
    pub async fn of(&self, key: &str) -> Result<Read> {
        place::check_key(key)?;
        self.listed(Some(key)).await
    }

    async fn listed(&self, key: Option<&str>) -> Result<Read> {
        match &self.store {
            Store::Directory(directory) => directory.read(key).await,
            Store::Branch(branch) => branch.read(key).await,
            Store::Runs(runs) => runs.read(key).await,
        }
    }
}

#[cfg(test)]
mod tests;
