//! What past runs left in the cache: which there are, and their reports as they were printed.  Trainings may
//! have written there too, so that nothing found is trusted: what cannot be read is told.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::run::{RUNS, file_of};
use crate::{
    cache::Cache,
    clock::{millis, minute},
    git::Commit,
    output::{Format, first_few, shown, visible},
    verdict::Verdict,
};

mod list;

pub use list::RunList;

/// A longer file is no report of ours.
const MOST_BYTES: u64 = 16 << 20;

/// The runs whose directories are in the cache, the newest first.
#[derive(Debug)]
pub struct Shelf {
    runs: Vec<PastRun>,
    directory: PathBuf,
}

/// A run that left a directory.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PastRun {
    /// Its place in the list, from 1; the newest is first.
    pub number: usize,
    /// Its name, hidden characters as escapes.
    pub run: String,
    /// When it ended, by its report, or else when it began: `2026-11-03 14:05`, in UTC.
    pub at: String,
    /// What it came to; null if no report can be read.
    pub report: Option<RunSummary>,
    /// Why no report can be read.
    pub trouble: Option<String>,
    /// With reports and logs.
    pub directory: PathBuf,
    #[serde(skip)]
    millis: u64,
}

/// What the list tells of a report.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunSummary {
    /// Of the comparison; null where one commit was measured alone.
    pub verdict: Option<Verdict>,
    /// What was compared with.
    pub base: Option<Commit>,
    /// What was judged, or measured.
    #[serde(alias = "commit")]
    pub head: Commit,
    /// Where the config was found, in words, as far as the report tells.
    #[serde(default)]
    pub config: Option<String>,
}

impl Shelf {
    /// Looks at all directories of past runs.
    pub fn open(cache: &Cache) -> Result<Self> {
        let directory = cache.directory(RUNS)?;
        let entries = fs::read_dir(&directory)
            .with_context(|| format!("cannot list the runs in {}", directory.display()))?;
        let mut runs: Vec<PastRun> =
            entries.flatten().map(|entry| PastRun::read(&entry.path())).collect();
        runs.sort_by(|a, b| b.millis.cmp(&a.millis).then_with(|| a.run.cmp(&b.run)));
        for (run, number) in runs.iter_mut().zip(1..) {
            run.number = number;
        }
        Ok(Self { runs, directory })
    }

    /// All of them, to be printed.
    pub fn list(&self) -> RunList<'_> {
        RunList { schema: RunList::SCHEMA, runs: &self.runs }
    }

    /// The run that is wanted: by its name, its number in the list, or the beginning of its name; without any,
    /// the newest with a report.
    pub fn find(&self, wanted: Option<&str>) -> Result<&PastRun> {
        let Some(wanted) = wanted else {
            let newest = self.runs.iter().find(|run| run.report.is_some());
            return newest.with_context(|| {
                format!(
                    "no run in {} has a report yet; `compare` makes one",
                    self.directory.display()
                )
            });
        };
        let numbered =
            |run: &&PastRun| wanted.parse().is_ok_and(|number: usize| run.number == number);
        let named = self.runs.iter().find(|run| run.run == wanted);
        if let Some(run) = named.or_else(|| self.runs.iter().find(numbered)) {
            return Ok(run);
        }
        let begun: Vec<&PastRun> =
            self.runs.iter().filter(|run| run.run.starts_with(wanted)).collect();
        match begun[..] {
            [run] if !wanted.is_empty() => Ok(run),
            [] => {
                bail!("no run `{}`; `regression-action list` shows them", shown(wanted.as_bytes()))
            }
            _ => {
                let all: Vec<String> = begun.iter().map(|run| run.run.clone()).collect();
                let wanted = shown(wanted.as_bytes());
                bail!("`{wanted}` begins the names of several runs: {}", first_few(&all))
            }
        }
    }
}

impl PastRun {
    fn read(directory: &Path) -> Self {
        let path = directory.join(file_of(Format::Json));
        let report = told(&path);
        let dated = if report.is_ok() { &path } else { directory };
        let changed = fs::symlink_metadata(dated).and_then(|found| found.modified());
        let millis = millis(changed.unwrap_or(SystemTime::UNIX_EPOCH));
        let name = directory.file_name().unwrap_or_default();
        let (report, trouble) = match report {
            Ok(report) => (Some(report), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        Self {
            number: 0,
            run: shown(name.as_encoded_bytes()),
            at: minute(millis),
            report,
            trouble,
            directory: directory.to_owned(),
            millis,
        }
    }

    /// Its report as it was printed, without what a terminal would obey.
    pub fn show(&self, format: Format) -> Result<String> {
        let path = self.directory.join(file_of(format));
        let text = text(&path).with_context(|| format!("cannot show the run {}", self.run))?;
        let text = text.with_context(|| match &self.trouble {
            Some(trouble) => format!("cannot show the run {}: {trouble}", self.run),
            None => format!(
                "the run {} kept no {}: an older version made it; choose another --format",
                self.run,
                file_of(format)
            ),
        })?;
        Ok(visible(&text).into_owned())
    }
}

fn told(path: &Path) -> Result<RunSummary> {
    let text =
        text(path)?.ok_or_else(|| anyhow!("no report: it was interrupted, or it still runs"))?;
    serde_json::from_str(&text).context("its report.json is broken")
}

/// The text of a file; none if there is no such file.
fn text(path: &Path) -> Result<Option<String>> {
    let what = || format!("cannot read {}", path.display());
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        found => ensure!(found.with_context(what)?.is_file(), "{} is no file", path.display()),
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path).with_context(what)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(what)?;
    ensure!(bytes.len() as u64 <= MOST_BYTES, "{} is larger than any report", path.display());
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests;
