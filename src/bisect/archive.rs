//! The journal's lines in the history, where any machine finds them: appended in order while the search
//! goes on, which never waits for it until it is over.  What is on its way when we are killed outright is in
//! the journal, and goes there from that machine, or is read again on another.

use std::{
    collections::BTreeSet,
    future::pending,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{
    BisectRequest,
    journal::{Copy, JournalEntry, Name},
    state::SearchState,
};
use crate::{
    clock::now,
    experiment::{
        Tools,
        data::DataVersions,
        history::{self, History, Record, Schema, SearchPart},
        measure::Role,
    },
    git::Commit,
    output::count,
    progress::Progress,
};

/// Records that are appended in one go, besides those that could not be before.
const AT_ONCE: usize = 100;
/// How long the last records may take before that is told.
const UNTOLD: Duration = Duration::from_secs(1);
/// How long they may take at the end.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long when the search was cancelled; ten seconds after that, GitHub kills us.
const HURRY: Duration = Duration::from_secs(10);

/// The way into the history.
#[derive(Debug)]
pub(super) struct Archive<'a> {
    question: &'a BisectRequest,
    state: &'a SearchState,
    /// None if there is no history.
    records: Option<UnboundedSender<Record>>,
    /// What is there, or on its way.
    names: Mutex<BTreeSet<Name>>,
}

/// What records hold of the question of that name, by who began it afresh last; and the records of all
/// else.  Its own readings are never met again as those of somebody else.
pub(super) fn split(records: Vec<Record>, question: &str) -> (Copy, Vec<Record>) {
    let of_question = |part: &SearchPart| part.question == question;
    let (own, others): (Vec<Record>, Vec<Record>) =
        records.into_iter().partition(|record| record.search.as_ref().is_some_and(of_question));
    let parts = || own.iter().filter_map(|record| record.search.as_ref());
    let fresh = parts().map(|part| part.fresh).max().unwrap_or(0);
    let entry = |part: &SearchPart| match serde_json::from_value(part.line.clone()) {
        Ok(entry) => Some(entry),
        Err(error) => {
            tracing::warn!(%error, "a reading of another version is left out");
            None
        }
    };
    // The oldest first, as they were written.
    let newest = parts().filter(|part| part.fresh == fresh).rev();
    (Copy { fresh, entries: newest.filter_map(entry).collect() }, others)
}

/// Under what a commit's readings are kept.
#[derive(Debug)]
pub(super) struct ArchiveKey {
    pub(super) commit: Commit,
    /// Evidence key of the commit in the environment that it ran in.
    pub(super) key: String,
    pub(super) image: Option<String>,
}

/// Runs `work` with an archive, and then waits for the last of its records.
pub(super) async fn with<T>(
    question: &BisectRequest,
    state: &SearchState,
    tools: &Tools<'_>,
    work: impl AsyncFnOnce(&Archive<'_>) -> Result<T>,
) -> Result<T> {
    let history = question.readings.on_ray().and_then(|on| on.history.as_ref());
    let (records, waiting) = unbounded_channel();
    let (records, names) = (history.map(|_| records), Mutex::new(state.kept.clone()));
    let archive = Archive { question, state, records, names };
    let over = CancellationToken::new();
    let working = async {
        let outcome = work(&archive).await;
        drop(archive);
        over.cancel();
        outcome
    };
    let keeping = async {
        let Some(history) = history else { return };
        tokio::select! {
            biased;
            () = keep(history, waiting, tools.progress) => {}
            () = patience(&over, tools) => {
                tools.progress.say("warning: not all was kept in the history; the journal has it");
            }
        }
    };
    tokio::join!(Box::pin(working), keeping).0
}

/// Appends what comes until there is no more.  What could not be appended is tried again with the next.
async fn keep(history: &History, mut records: UnboundedReceiver<Record>, progress: &Progress) {
    let (mut waiting, mut failed) = (Vec::new(), false);
    while records.recv_many(&mut waiting, AT_ONCE).await > 0 {
        match history.append_all(&waiting).await {
            Ok(()) => waiting.clear(),
            Err(error) if !failed => {
                failed = true;
                progress.say(format!(
                    "warning: the history does not hold this search, which goes on: {error:#}"
                ));
            }
            Err(error) => tracing::debug!("the history is still out of reach: {error:#}"),
        }
    }
    if !waiting.is_empty() {
        let lines = count(waiting.len(), "reading");
        progress.say(format!("warning: {lines} are in the journal alone, and not in the history"));
    }
}

/// Ends when the search is over and its last records took too long.
async fn patience(over: &CancellationToken, tools: &Tools<'_>) {
    over.cancelled().await;
    let told = async {
        sleep(UNTOLD).await;
        let _task = tools.progress.task("keeping the last readings in the history");
        pending::<()>().await;
    };
    let hurry = async {
        tools.cancel.cancelled().await;
        sleep(HURRY).await;
    };
    tokio::select! {
        () = sleep(PATIENCE) => {}
        () = hurry => {}
        () = told => {}
    }
}

impl Archive<'_> {
    /// Whether that line is to be kept still.
    pub(super) fn lacks(&self, entry: &JournalEntry) -> bool {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        self.records.is_some() && !names.contains(&entry.name())
    }

    /// Keeps a line, once.
    pub(super) fn keep(&self, entry: &JournalEntry, place: ArchiveKey) -> Result<()> {
        let Some(records) = self.records.as_ref().filter(|_| self.lacks(entry)) else {
            return Ok(());
        };
        let record = self.record(entry, place)?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(entry.name());
        // The receiver ends after us.
        drop(records.send(record));
        Ok(())
    }

    fn record(
        &self,
        entry: &JournalEntry,
        ArchiveKey { commit, key, image }: ArchiveKey,
    ) -> Result<Record> {
        let line = serde_json::to_value(entry.abroad()).context("cannot write a reading down")?;
        let reading = match entry {
            JournalEntry::Reading(noted) => Some(history::RecordedReading {
                seed: noted.seed,
                metrics: [(self.question.metric.clone(), noted.value())].into(),
                data: DataVersions::new(),
                seconds: noted.seconds,
                machine: None,
            }),
            JournalEntry::Skip(_) => None,
        };
        Ok(Record {
            schema: Schema,
            key,
            commit: commit.sha,
            subject: commit.subject,
            at: entry.at().unwrap_or_else(now),
            run: self.question.run.clone(),
            role: Role::Bisect,
            readings: reading.into_iter().collect(),
            image,
            experiment: None,
            search: Some(SearchPart {
                question: self.state.key.clone(),
                fresh: self.state.journal.fresh(),
                line,
            }),
        })
    }
}

#[cfg(test)]
mod tests;
