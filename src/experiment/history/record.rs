//! One result as the history keeps it: what one run measured of one commit, in JSON.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::{number, place};
use crate::{
    experiment::{data::DataVersions, measure::Role},
    git::CommitSha,
};

/// Bytes of the largest record.
pub(super) const LARGEST: u64 = 1 << 20;
/// The only version so far.
const SCHEMA: u32 = 1;

/// What one run measured of one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this form; a reader skips what it does not know.
    pub schema: Schema,
    /// Evidence key of the commit's side (its tree, the image, the config), in lower-case hex digits.
    pub key: String,
    /// Which commit.
    pub commit: CommitSha,
    /// First line of its message, as its author wrote it.
    pub subject: String,
    /// When the measurement ended, in milliseconds since 1970.
    pub at: u64,
    /// Name of the run; letters, digits, `_` and `-`.
    pub run: String,
    /// As what the commit was measured.
    pub role: Role,
    /// One for each training; none where a search only learnt that the commit cannot be read.
    pub readings: Vec<RecordedReading>,
    /// The image it ran in, with its digest.
    pub image: Option<String>,
    /// Link to the experiment.
    pub experiment: Option<String>,
    /// Of which search it is a part, if one measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchPart>,
}

/// A part of a search: one line of its journal, from which another machine goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchPart {
    /// What is searched for: a name of the ends, the metric and how it is read.
    pub question: String,
    /// When that was begun afresh, in milliseconds since 1970; 0 if it never was.  What was read before
    /// does not count any more.
    pub fresh: u64,
    /// The line, which the search alone understands.
    pub line: serde_json::Value,
}

/// What one training reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedReading {
    /// Its `REGRESSION_SEED`.
    pub seed: u64,
    /// Metric name to value; a value may be NaN or infinite.
    #[serde(with = "number::named")]
    pub metrics: BTreeMap<String, f64>,
    /// What data it said that it read: name to version.
    #[serde(default, skip_serializing_if = "DataVersions::is_empty")]
    pub data: DataVersions,
    /// From start to end.
    #[serde(with = "number")]
    pub seconds: f64,
    /// What it ran on (GPU model, driver, node), as far as known.
    pub machine: Option<BTreeMap<String, String>>,
}

/// The version of a record that this program writes and reads; in JSON the number 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub struct Schema;

impl From<Schema> for u32 {
    fn from(Schema: Schema) -> Self {
        SCHEMA
    }
}

impl TryFrom<u32> for Schema {
    type Error = String;

    fn try_from(version: u32) -> Result<Self, String> {
        if version == SCHEMA {
            return Ok(Self);
        }
        Err(format!("it has schema {version}, and this version reads schema {SCHEMA} only"))
    }
}

impl Record {
    /// The bytes of its file; fails if it could not be read again.
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        place::check_key(&self.key)?;
        place::check_run(&self.run)?;
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        let size = bytes.len() as u64;
        ensure!(size <= LARGEST, "it has {size} bytes, and {LARGEST} are allowed");
        Ok(bytes)
    }

    /// Reads a file that lies among those of `key`.
    pub(super) fn decode(key: &str, bytes: &[u8]) -> Result<Self> {
        // The version first: what another one holds is no error of its own.
        let RecordVersion { schema: _ } =
            serde_json::from_slice(bytes).context("it is not a record")?;
        let record: Self = serde_json::from_slice(bytes).context("it is not a record")?;
        ensure!(record.key == key, "it says that it belongs to another key");
        Ok(record)
    }
}

#[derive(Deserialize)]
struct RecordVersion {
    #[expect(dead_code, reason = "to read it is to check it")]
    schema: Schema,
}
