//! Readings by a shell command in a checkout.

use std::{
    collections::BTreeSet,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::Result;

use super::{
    BisectRequest,
    answer::{ReadingOutcome, ReadingRequest, TakenReading, Unreadable},
    checkout::Checkouts,
    shell::{CommandEnd, Shell},
    state::SearchState,
};
use crate::{
    bisect::policy::{Purpose, SkipReason},
    cache,
    config::MetricSources,
    experiment::{
        job::Fault,
        log::Log,
        measure::Role,
        metrics::{FILE_VARIABLE, MOST_BYTES, MetricsOrigin, ParsedMetrics, Reader, Readings},
    },
    git::CommitSha,
    progress::{Progress, seconds},
};

/// Lines of a failed command's output that are quoted.
const QUOTED_LINES: usize = 3;

/// Tries of a reading that fails, if that may be chance.
const TRIES: usize = 2;

/// Of an end, on which all depends, and of a commit that was read before, which fails by chance.
const MOST_TRIES: usize = 5;

/// Runs the command.
#[derive(Debug)]
pub(super) struct CommandRunner<'a> {
    question: &'a BisectRequest,
    shell: &'a str,
    limit: Duration,
    sources: &'a MetricSources,
    checkouts: Checkouts,
    state: &'a SearchState,
    progress: &'a Progress,
    /// Commits that were read.
    read: Mutex<BTreeSet<CommitSha>>,
}

impl<'a> CommandRunner<'a> {
    pub(super) fn new(
        question: &'a BisectRequest,
        (shell, limit, sources): (&'a str, Duration, &'a MetricSources),
        state: &'a SearchState,
        progress: &'a Progress,
    ) -> Result<Self> {
        let checkouts = Checkouts::open(&question.repository, &state.trees)?;
        let read = Mutex::default();
        Ok(Self { question, shell, limit, sources, checkouts, state, progress, read })
    }

    /// Reads a commit.  What may be chance is tried again.
    pub(super) async fn read(&self, asked: &ReadingRequest) -> Result<ReadingOutcome> {
        let mut tries = 1;
        loop {
            let suffix = if tries == 1 { String::new() } else { format!("-try-{tries}") };
            let (answer, fault) = self.attempt(asked, &suffix).await?;
            let chance = fault != Fault::Certain && tries < self.tries(asked);
            match answer {
                ReadingOutcome::Unreadable(_) if chance => tries += 1,
                ReadingOutcome::Unreadable(Unreadable { reason, why }) if tries > 1 => {
                    let why = format!("in {tries} of {tries} tries: {why}");
                    return Ok(ReadingOutcome::unreadable(reason, why));
                }
                ReadingOutcome::Read(_) => {
                    self.were_read(|read| read.insert(asked.commit.sha.clone()));
                    return Ok(answer);
                }
                ReadingOutcome::Unreadable(_) | ReadingOutcome::Dropped => return Ok(answer),
            }
        }
    }

    fn tries(&self, asked: &ReadingRequest) -> usize {
        let is_end = asked.measure.purpose == Purpose::Ends;
        if is_end || self.were_read(|read| read.contains(&asked.commit.sha)) {
            MOST_TRIES
        } else {
            TRIES
        }
    }

    fn were_read<T>(&self, of: impl FnOnce(&mut BTreeSet<CommitSha>) -> T) -> T {
        of(&mut self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The answer, and of a failure whose fault it is.
    async fn attempt(
        &self,
        asked: &ReadingRequest,
        suffix: &str,
    ) -> Result<(ReadingOutcome, Fault)> {
        let name = asked.name() + suffix;
        let checkout = self.checkouts.checkout(&asked.commit.sha).await?;
        let path = self.state.logs.join(name.clone() + ".log");
        let file = MetricsFile::create(&path)?;
        let tree = self.sources.file.as_ref().map(|file| MetricsFile(checkout.path.join(file)));
        if let Some(MetricsFile(path)) = &tree {
            // An old one would count for this reading.
            let _ = fs::remove_file(path);
        }
        let mut log = Log::create(&name, &path, Reader::new(self.sources))?;
        let started = Instant::now();
        let env = [
            ("REGRESSION_SEED", asked.seed.to_string()),
            ("REGRESSION_COMMIT", asked.commit.sha.to_string()),
            ("REGRESSION_ROLE", Role::Bisect.told().to_owned()),
            (FILE_VARIABLE, file.0.display().to_string()),
        ];
        let (command, directory, limit) = (self.shell, &*checkout.path, self.limit);
        let CommandEnd { status, over } =
            Shell { command, directory, env: &env, limit }.run(&mut log).await?;
        // Before another reading may have the tree.
        let in_tree = tree.map(|tree| tree.content());
        if over {
            checkout.give_back();
        }
        let seconds = started.elapsed().as_secs_f64();
        let quoted = log.tail(QUOTED_LINES);
        let failed = |(reason, fault, what): CommandFailure| {
            let quoted = if quoted.is_empty() { "" } else { ":\n" }.to_owned() + &quoted;
            let why = format!("{what} (log: {}){quoted}", path.display());
            (ReadingOutcome::unreadable(reason, why), fault)
        };
        if let Some(failure) = failure(status, self.limit) {
            return Ok(failed(failure));
        }
        let mut reader = log.finish()?.reader;
        reader.wrote(MetricsOrigin::File, &file.content());
        if let Some(content) = in_tree {
            reader.wrote(MetricsOrigin::Tree, &content);
        }
        Ok(match self.value(&name, reader) {
            Ok(value) => {
                let log = path.clone();
                (
                    ReadingOutcome::Read(TakenReading { value, seconds, gpus: 0.0, log }),
                    Fault::Certain,
                )
            }
            Err(what) => failed((SkipReason::Run, Fault::Certain, what)),
        })
    }

    /// The metric's value, or in words why there is none.
    fn value(&self, name: &str, reader: Reader) -> Result<f64, String> {
        let ParsedMetrics { readings, doubts } =
            reader.finish().map_err(|error| error.to_string())?;
        self.state.doubts.add(name, &doubts, self.progress);
        let value = readings.get(&self.question.metric).copied();
        value.ok_or_else(|| self.unnamed(&readings))
    }

    fn unnamed(&self, readings: &Readings) -> String {
        let names: Vec<&str> = readings.keys().map(String::as_str).take(10).collect();
        let names = crate::output::excerpt(&names.join(", "), 200);
        format!("it reports no metric `{}`, but {names}", self.question.metric)
    }
}

/// A file that the command may write metrics to; gone with this.
#[derive(Debug)]
struct MetricsFile(PathBuf);

impl MetricsFile {
    /// An empty one beside the log.
    fn create(log: &Path) -> Result<Self> {
        // The command runs in another directory.
        let path = std::path::absolute(log.with_extension("metrics"))?;
        fs::write(&path, "").map_err(|error| cache::explain(error, &path))?;
        Ok(Self(path))
    }

    /// What was written, as far as it is read; nothing if there is no such file any more.
    fn content(&self) -> Vec<u8> {
        let mut content = Vec::new();
        if fs::metadata(&self.0).is_ok_and(|found| found.is_file()) {
            // What cannot be read was not written for us.
            let _ = fs::File::open(&self.0)
                .and_then(|file| file.take(MOST_BYTES).read_to_end(&mut content));
        }
        content
    }
}

impl Drop for MetricsFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Why a commit cannot be read, whose fault that is, and the same in words.
type CommandFailure = (SkipReason, Fault, String);

/// Why a command that ended so reports nothing, if it does not.
fn failure(status: Option<ExitStatus>, limit: Duration) -> Option<CommandFailure> {
    let Some(status) = status else {
        let what = format!("it did not end within {}", seconds(limit));
        return Some((SkipReason::Run, Fault::Certain, what));
    };
    let (reason, fault, what) = match status.code() {
        _ if status.success() => return None,
        // As `git bisect run` has it.
        Some(125) => {
            let what = "it says (exit code 125) that it cannot be tested".to_owned();
            (SkipReason::Run, Fault::Certain, what)
        }
        Some(code @ (126 | 127)) => {
            let what = format!("there is no such command (exit code {code})");
            (SkipReason::Missing, Fault::Certain, what)
        }
        Some(code) => (SkipReason::Run, Fault::Unclear, format!("it failed with exit code {code}")),
        None => (SkipReason::Run, Fault::Machine, format!("it was killed: {status}")),
    };
    Some((reason, fault, what))
}
