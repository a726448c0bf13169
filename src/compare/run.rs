//! One comparison's name, and the directory of its report and logs.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    cache::{self, Cache},
    git::Commit,
    output::Format,
};

/// Where runs are below the cache.
pub(crate) const RUNS: &str = "runs";

/// What a report is called in a run's directory.
pub(super) fn file_of(format: Format) -> &'static str {
    match format {
        Format::Text => "report.txt",
        Format::Json => "report.json",
        Format::Markdown => "report.md",
    }
}

/// A comparison that has a name and leaves something behind.
#[derive(Debug)]
pub struct Run {
    /// `<base>-<head>-<random>`, or of one commit `<commit>-<random>`: letters, digits and `-`.
    pub name: String,
    /// `<cache>/runs/<name>`.
    pub directory: PathBuf,
}

impl Run {
    /// Names a comparison, and makes its directory.
    pub fn begin(base: &Commit, head: &Commit, cache: &Cache) -> Result<Self> {
        let runs = cache.directory(RUNS)?;
        let prefix = if base == head {
            format!("{}-", base.sha.short())
        } else {
            format!("{}-{}-", base.sha.short(), head.sha.short())
        };
        let made = tempfile::Builder::new().prefix(&prefix).rand_bytes(8).tempdir_in(&runs);
        let directory = made.map_err(|error| cache::explain(error, &runs))?.keep();
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let run = Self { name, directory };
        let logs = run.logs();
        std::fs::create_dir(&logs).map_err(|error| cache::explain(error, &logs))?;
        Ok(run)
    }

    /// Writes a report into the directory, in all forms.
    pub fn write(&self, render: impl Fn(Format) -> Result<String>) -> Result<()> {
        for format in [Format::Json, Format::Markdown, Format::Text] {
            let path = self.directory.join(file_of(format));
            std::fs::write(&path, render(format)?).map_err(|error| cache::explain(error, &path))?;
        }
        Ok(())
    }

    /// Where the trainings' logs are kept.
    pub(crate) fn logs(&self) -> PathBuf {
        self.directory.join("logs")
    }
}
