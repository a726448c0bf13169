//! The search along the line, and then inside each merge that it names.

use anyhow::{Result, bail};

use super::{
    Archive, BisectRequest, SearchState, Source,
    answer::Unreadable,
    found::LineResult,
    idle::may_be_read,
    journal::JournalEntry,
    limits::RoomLeft,
    line::SearchedLine,
    rounds::Rounds,
    spent::{seconds_each, spent},
};
use crate::{
    bisect::policy::{Evidence, SkipReason, Step, next, posterior},
    experiment::Tools,
    git::{CommitSha, Line},
    output::count,
};

/// What a search works with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hunt<'a> {
    pub(super) question: &'a BisectRequest,
    pub(super) tools: &'a Tools<'a>,
    pub(super) source: &'a Source<'a>,
    pub(super) state: &'a SearchState,
    pub(super) archive: &'a Archive<'a>,
}

impl Hunt<'_> {
    /// The line, and then what a merge brought in, as long as the culprit is one.
    pub(super) async fn run(&self, line: Line) -> Result<(LineResult, Vec<LineResult>)> {
        let (outer, mut next) = self.search(line).await?;
        unless_all_fail(&outer)?;
        let mut inside = Vec::new();
        while let Some(line) = next {
            let (found, within) = self.search(line).await?;
            inside.push(found);
            next = within;
        }
        Ok((outer, inside))
    }

    /// A line, and the line inside of the merge that it names.
    async fn search(&self, line: Line) -> Result<(LineResult, Option<Line>)> {
        let mut found = self.line(line).await?;
        let Some(culprit) = found.culprit() else { return Ok((found, None)) };
        let inside = match self.question.repository.inside(&found.searched.line, culprit) {
            Ok(inside) => inside,
            Err(error) => {
                found.closed = Some(format!("{error:#}"));
                None
            }
        };
        if let Some(inside) = &inside {
            let brought = count(inside.commits.len().saturating_sub(2), "commit");
            let merge = inside.merge.as_ref().map_or("it", CommitSha::short);
            let progress = self.tools.progress;
            progress.say(format!("{merge} is a merge of {brought}: searching among them"));
        }
        Ok((found, inside))
    }

    /// Writes down what was read.
    pub(super) fn note(&self, entry: &JournalEntry, searched: &SearchedLine) -> Result<()> {
        self.state.journal.add(entry.clone())?;
        self.keep(entry, searched)
    }

    /// Keeps a line of the journal in the history too, if it is not there yet.
    fn keep(&self, entry: &JournalEntry, searched: &SearchedLine) -> Result<()> {
        if !self.archive.lacks(entry) {
            return Ok(());
        }
        let step = searched.place(entry.commit()).and_then(|at| searched.line.commits.get(at));
        // That of another line is kept when that line is searched.
        let Some(step) = step else { return Ok(()) };
        match self.source.place(&step.commit, entry.home())? {
            Some(place) => self.archive.keep(entry, place),
            None => Ok(()),
        }
    }

    async fn line(&self, line: Line) -> Result<LineResult> {
        let mut searched = SearchedLine::new(line);
        let mut evidence = searched.evidence(&self.state.journal.entries(), &self.question.judged);
        for (place, Unreadable { reason, why }) in self.source.prepare(&searched.line).await? {
            searched.skip(&mut evidence, place, reason, &why);
        }
        for entry in self.state.journal.entries() {
            self.keep(&entry, &searched)?;
        }
        searched.known = self.source.known(&searched.line)?;
        searched.noise = self.source.noise();
        searched.remember(&mut evidence, &self.question.judged);
        loop {
            let (left, over) = self.left(&evidence);
            let terms = searched.terms(self.question, left);
            let step = next(&evidence, &terms);
            if let Step::Done(outcome) = step {
                let posterior = posterior(&evidence, &terms);
                let (left, closed) = (left.saturating_sub(evidence.spent()), None);
                return Ok(LineResult {
                    searched,
                    evidence,
                    outcome,
                    left,
                    posterior,
                    over,
                    closed,
                });
            }
            // Nothing runs between two rounds.
            let needed = may_be_read(&step, &evidence, searched.line.commits.len());
            let needed = needed.into_iter().filter_map(|at| searched.line.commits.get(at));
            self.source.release(needed.map(|step| &step.commit.sha));
            let rounds = Rounds { hunt: self, terms: &terms };
            rounds.take(&step, &mut searched, &mut evidence).await?;
        }
    }

    /// Readings that this line may have in all, and the limit that makes them fewer than were asked
    /// for, if one does.
    fn left(&self, evidence: &Evidence) -> (usize, Option<String>) {
        let entries = self.state.journal.entries();
        let here = evidence.spent();
        let elsewhere = spent(&entries).saturating_sub(here);
        let left = self.question.budget.saturating_sub(elsewhere);
        match self.source.room(seconds_each(&entries)) {
            Some(RoomLeft { readings, why }) if here + readings < left => {
                (here + readings, Some(why))
            }
            Some(_) | None => (left, None),
        }
    }
}

/// Fails if what reads the commits ran at both ends and reported nothing: then it is not the commits.
fn unless_all_fail(found: &LineResult) -> Result<()> {
    let ends = [0, found.searched.line.commits.len().saturating_sub(1)];
    let runs =
        |end| matches!(found.evidence.skipped(end), Some(SkipReason::Run | SkipReason::Missing));
    let nothing = found.evidence.readings().next().is_none();
    match found.searched.why.get(&0) {
        Some(why) if nothing && ends.into_iter().all(runs) => bail!(
            "neither end can be read, so it is not a commit's fault; of the good one: {why}\n\
             mend that and begin anew with --fresh"
        ),
        Some(_) | None => Ok(()),
    }
}
