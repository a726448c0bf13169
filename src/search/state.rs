//! What a search keeps in the cache: its journal, its logs, its work trees.

use std::path::PathBuf;

use anyhow::Result;

use super::{
    OnRay, Question, Readings,
    journal::{Entry, Journal},
};
use crate::{
    cache::{self, Cache},
    compare::{Asking, name_of},
    config::Config,
    progress::Progress,
    report::EnvironmentFacts,
};

/// Bytes of the name.
const BYTES: usize = 12;

/// The places of one search, and what an earlier one left there.
#[derive(Debug)]
pub(super) struct State {
    pub(super) journal: Journal,
    /// Readings that were there.
    pub(super) resumed: usize,
    pub(super) logs: PathBuf,
    pub(super) trees: PathBuf,
}

impl State {
    /// The same for the same question, whatever `parallel` and `budget` are.
    pub(super) fn open(question: &Question, cache: &Cache) -> Result<Self> {
        let bisects = match &question.journal {
            Some(directory) => {
                std::fs::create_dir_all(directory)
                    .map_err(|error| cache::explain(error, directory))?;
                directory.clone()
            }
            None => cache.directory("bisects")?,
        };
        let key = key(question)?;
        let journal = Journal::open(&bisects.join(format!("{key}.jsonl")), question.fresh)?;
        let home = bisects.join(&key);
        let logs = home.join("logs");
        std::fs::create_dir_all(&logs).map_err(|error| cache::explain(error, &logs))?;
        let readings = |entry: &Entry| matches!(entry, Entry::Reading(_));
        let resumed = journal.entries().iter().filter(|entry| readings(entry)).count();
        Ok(Self { journal, resumed, logs, trees: home.join("trees") })
    }

    pub(super) fn tell(&self, progress: &Progress) {
        match self.resumed {
            0 => {}
            1 => progress.say("resuming: 1 reading known (--fresh begins anew)"),
            count => {
                progress.say(format!("resuming: {count} readings known (--fresh begins anew)"));
            }
        }
    }
}

fn key(question: &Question) -> Result<String> {
    let Question { repository, good, bad, metric, readings, .. } = question;
    let how = match readings {
        Readings::Command { shell, .. } => ["command".to_owned(), shell.clone()],
        Readings::Ray(ray) => {
            let OnRay { config, backend, .. } = &**ray;
            let Config { image, python, requirements, build, dockerfile, .. } = config;
            let asking = Asking { repository, config, backend, template_of: bad };
            let environment =
                format!("{image:?} {python:?} {requirements:?} {build:?} {dockerfile:?}");
            [asking.key(bad, &EnvironmentFacts::default())?, environment]
        }
    };
    let parts = [good.sha.as_str(), bad.sha.as_str(), metric].into_iter();
    Ok(name_of("bisect 1", parts.chain(how.iter().map(String::as_str)), BYTES))
}
