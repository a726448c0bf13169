//! What a search keeps in the cache: its journal, its logs, its work trees; and what is remembered of it.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::Result;

use super::{
    BisectRequest, OnRay, ReadingSource, archive,
    journal::{Journal, JournalEntry, Name},
    known::ago,
};
use crate::{
    cache::{self, Cache},
    clock::now,
    config::Config,
    experiment::{Asking, EnvironmentFacts, history::Record, measure::Doubts},
    hex::name_of,
    output::count,
    progress::Progress,
};

/// Where searches are below the cache.
pub(crate) const DIRECTORY: &str = "bisects";

/// Bytes of the name.
const BYTES: usize = 12;

/// The places of one search, and what an earlier one left there.
#[derive(Debug)]
pub(super) struct SearchState {
    /// Name of the question.
    pub(super) key: String,
    /// What other runs, and bisects of other questions, have read.
    pub(super) past: Vec<Record>,
    /// What the history holds of this search.
    pub(super) kept: BTreeSet<Name>,
    pub(super) journal: Journal,
    /// Readings that were there.
    pub(super) resumed: usize,
    pub(super) logs: PathBuf,
    pub(super) trees: PathBuf,
    /// What is odd about its readings.
    pub(super) doubts: Doubts,
}

impl SearchState {
    /// The same for the same question, whatever `parallel` and `budget` are; joined with what the history
    /// holds of it.
    pub(super) fn open(
        question: &BisectRequest,
        cache: &Cache,
        records: Vec<Record>,
    ) -> Result<Self> {
        let bisects = match &question.journal {
            Some(directory) => {
                std::fs::create_dir_all(directory)
                    .map_err(|error| cache::explain(error, directory))?;
                directory.clone()
            }
            None => cache.directory(DIRECTORY)?,
        };
        let key = key(question)?;
        let path = bisects.join(format!("{key}.jsonl"));
        let (copy, past) = archive::split(records, &key);
        let (fresh, names) = (copy.fresh, copy.entries.iter().map(JournalEntry::name).collect());
        let journal = if question.fresh {
            Journal::open_afresh(&path, &copy, now())?
        } else {
            Journal::open(&path, copy)?
        };
        let kept = if journal.fresh() == fresh { names } else { BTreeSet::new() };
        let home = bisects.join(&key);
        let logs = home.join("logs");
        std::fs::create_dir_all(&logs).map_err(|error| cache::explain(error, &logs))?;
        let resumed = journal.entries().iter().filter_map(JournalEntry::at).count();
        let (trees, doubts) = (home.join("trees"), Doubts::default());
        Ok(Self { key, past, kept, journal, resumed, logs, trees, doubts })
    }

    /// What the seeds of its readings are made of: begun afresh, it reads others.
    pub(super) fn seeds(&self) -> String {
        format!("{} {}", self.key, self.journal.fresh())
    }

    pub(super) fn tell(&self, progress: &Progress) {
        let oldest = self.journal.entries().iter().filter_map(JournalEntry::at).min();
        if let Some(oldest) = oldest {
            let (readings, age) = (count(self.resumed, "reading"), ago(oldest));
            progress.say(format!(
                "resuming: {readings} known, the oldest {age} old (--fresh begins anew)"
            ));
        }
    }
}

fn key(question: &BisectRequest) -> Result<String> {
    let BisectRequest { repository, good, bad, judge, metric, readings, .. } = question;
    let how = match readings {
        ReadingSource::Command { shell, sources, .. } => {
            let sources = sources.told().map(|told| format!(" {told}")).unwrap_or_default();
            [format!("command{sources}"), shell.clone()]
        }
        ReadingSource::Ray(ray) => {
            let OnRay { config, backend, .. } = &**ray;
            let Config { image, python, requirements, build, dockerfile, .. } = config;
            let asking = Asking { repository, config, backend, template_of: judge };
            // Where there is a ruler, readings once were each by its commit's own.
            let ruled = if config.ruler.is_empty() { "" } else { " by one ruler" };
            let environment =
                format!("{image:?} {python:?} {requirements:?} {build:?} {dockerfile:?}{ruled}");
            [asking.key(&question.code(bad), &EnvironmentFacts::default())?, environment]
        }
    };
    let parts = [good.sha.as_str(), bad.sha.as_str(), metric].into_iter();
    Ok(name_of("bisect 1", parts.chain(how.iter().map(String::as_str)), BYTES))
}
