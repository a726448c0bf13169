//! Code or dependencies?  Where the requirements change with the culprit, its code is read in the
//! environment of the commit before, and the other way round.

use anyhow::Result;
use futures_util::{StreamExt, stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    answer::{ReadingOutcome, ReadingRequest},
    found::LineResult,
    hunt::Hunt,
    journal::{JournalEntry, Noted},
    limits::RoomLeft,
    line::worse,
    seed::seed,
};
use crate::{
    bisect::policy::{Cause, Cells, Measure, Purpose, attribute},
    git::Commit,
};

/// Readings of each combination.
const READINGS: usize = 3;

/// What made it worse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attributed {
    /// In a word.
    pub cause: Cause,
    /// In a sentence.
    pub told: String,
}

/// None unless one commit was named, and requirements change with it.
pub(super) async fn find(hunt: &Hunt<'_>, found: &LineResult) -> Result<Option<Attributed>> {
    let commits = &found.searched.line.commits;
    let culprit = found.culprit();
    let places = culprit.and_then(|at| Some((commits.get(at.checked_sub(1)?)?, commits.get(at)?)));
    let Some((before, culprit)) = places else { return Ok(None) };
    let (before, culprit) = (&before.commit, &culprit.commit);
    let question = hunt.question;
    if hunt.source.apart(&before.sha, &culprit.sha) {
        let cells = CauseTable { hunt, found, commits: [before, culprit] }.read().await?;
        let cause = attribute(&cells);
        let over = hunt.source.room(None).filter(|room| room.readings == 0);
        let told = match over.filter(|_| cause == Cause::Undecided) {
            Some(RoomLeft { why, .. }) => format!("code or dependencies: undecided, because {why}"),
            None => told(cause).to_owned(),
        };
        return Ok(Some(Attributed { cause, told }));
    }
    let changed = question.repository.differ(before, culprit, &question.requirements)?;
    Ok(changed.then(|| Attributed {
        cause: Cause::Undecided,
        told: "code or dependencies: undecided, because requirements change with this commit, and all \
               commits were read in one environment"
            .to_owned(),
    }))
}

fn told(cause: Cause) -> &'static str {
    match cause {
        Cause::Code => "it is the code: the requirements change with this commit, but do no harm",
        Cause::Dependencies => "it is the dependencies: the code alone does no harm",
        Cause::Both => "it is both: the code and the dependencies",
        Cause::Undecided => "code or dependencies: undecided by three readings of each combination",
    }
}

struct CauseTable<'a> {
    hunt: &'a Hunt<'a>,
    found: &'a LineResult,
    /// Before the culprit, and the culprit.
    commits: [&'a Commit; 2],
}

impl CauseTable<'_> {
    /// By code and environment.  Of either commit in its own there are those that confirmed it, or the
    /// ends.
    async fn read(&self) -> Result<Cells> {
        self.read_missing().await?;
        let [before, culprit] = self.commits;
        let cell = |code, home| self.cell(code, home);
        Ok([
            [cell(before, None), cell(before, Some(culprit))],
            [cell(culprit, Some(before)), cell(culprit, None)],
        ])
    }

    async fn read_missing(&self) -> Result<()> {
        let [before, culprit] = self.commits;
        let crossed = [(before, culprit), (culprit, before)];
        let wanted = (0..READINGS).flat_map(|repeat| crossed.map(|pair| self.asked(pair, repeat)));
        let wanted: Vec<ReadingRequest> = wanted.filter(|asked| !self.is_there(asked)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let count = wanted.len();
        let task = self.hunt.tools.progress.task("code or dependencies?");
        let reading = async |asked: ReadingRequest| (self.hunt.source.read(&asked).await, asked);
        let parallel = self.hunt.question.parallel.max(1);
        let mut running = Box::pin(stream::iter(wanted).map(reading).buffer_unordered(parallel));
        while let Some((answer, asked)) = running.next().await {
            match answer? {
                ReadingOutcome::Read(value) => {
                    let merge = self.found.searched.line.merge.as_ref();
                    let noted = Noted::new(merge, &asked, value, self.found.evidence.round());
                    self.hunt.note(&JournalEntry::Reading(noted), &self.found.searched)?;
                }
                // Old code need not go with a new environment; then it stays undecided.
                ReadingOutcome::Unreadable(_) | ReadingOutcome::Dropped => {}
            }
        }
        task.done(format!("{count} readings"));
        Ok(())
    }

    fn asked(&self, (code, home): (&Commit, &Commit), repeat: usize) -> ReadingRequest {
        let commit = self.found.searched.place(&code.sha).unwrap_or(0);
        let measure = Measure { commit, purpose: Purpose::Culprit, repeat };
        let seed = seed(&self.hunt.state.seeds(), Some(&home.sha), &code.sha, measure);
        ReadingRequest { measure, commit: code.clone(), seed, home: Some(home.sha.clone()) }
    }

    fn is_there(&self, asked: &ReadingRequest) -> bool {
        let there = |noted: &Noted| noted.home == asked.home && noted.seed == asked.seed;
        self.noted().iter().any(there)
    }

    fn cell(&self, code: &Commit, home: Option<&Commit>) -> Vec<f64> {
        let home = home.map(|home| &home.sha);
        let of_cell = |noted: &&Noted| {
            matches!(noted.purpose, Purpose::Culprit | Purpose::Ends)
                && noted.commit == code.sha
                && noted.home.as_ref() == home
        };
        let judged = &self.hunt.question.judged;
        let noted = self.noted();
        noted.iter().filter(of_cell).map(|noted| worse(judged, noted.value())).collect()
    }

    /// Readings of this line.
    fn noted(&self) -> Vec<Noted> {
        let merge = &self.found.searched.line.merge;
        let noted = self.hunt.state.journal.entries().into_iter().filter_map(|entry| match entry {
            JournalEntry::Reading(noted) => Some(noted),
            JournalEntry::Skip(_) => None,
        });
        noted.filter(|noted| noted.inside == *merge).collect()
    }
}
