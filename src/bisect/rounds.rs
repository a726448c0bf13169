//! One round: the readings that the policy wants, k at a time; those that stop mattering are dropped.

use std::collections::BTreeSet;

use anyhow::Result;
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{
    answer::{ReadingOutcome, ReadingRequest, TakenReading, Unreadable},
    hunt::Hunt,
    journal::{JournalEntry, Noted, Skipped},
    line::{SearchedLine, worse},
    seed::seed,
};
use crate::bisect::policy::{
    Evidence, Measure, SkipReason, Step, Terms, no_longer_matters, posterior,
};

/// Rounds under terms.
#[derive(Debug)]
pub(super) struct Rounds<'a> {
    pub(super) hunt: &'a Hunt<'a>,
    pub(super) terms: &'a Terms,
}

impl Rounds<'_> {
    /// Reads what the step wants.
    pub(super) async fn take(
        &self,
        step: &Step,
        searched: &mut SearchedLine,
        evidence: &mut Evidence,
    ) -> Result<()> {
        let (wanted, searching) = match step {
            Step::Search { wanted, .. } => (wanted, true),
            Step::ConfirmEnds { wanted }
            | Step::ConfirmSeveral { wanted, .. }
            | Step::ConfirmCulprit { wanted, .. } => (wanted, false),
            Step::Done(_) => return Ok(()),
        };
        let round = evidence.round();
        let task = self.hunt.tools.progress.task(told(round, step, searched));
        let waits: Vec<(Measure, CancellationToken)> =
            wanted.iter().map(|measure| (*measure, CancellationToken::new())).collect();
        let asked: Vec<_> = waits
            .iter()
            .filter_map(|(measure, wait)| Some((self.asked(searched, *measure)?, wait.clone())))
            .collect();
        let reading = |(asked, wait)| self.read(asked, wait);
        let parallel = self.hunt.question.parallel.max(1);
        let mut running = stream::iter(asked).map(reading).buffer_unordered(parallel);
        let (mut done, mut dropped) = (0, 0);
        while let Some((asked, answer)) = running.next().await {
            done += 1;
            match answer? {
                ReadingOutcome::Read(value) => {
                    self.keep(&asked, value, round, searched, evidence)?;
                }
                ReadingOutcome::Unreadable(why) => self.skip(&asked, &why, searched, evidence)?,
                ReadingOutcome::Dropped => dropped += 1,
            }
            task.update(format!("{done} of {} done", wanted.len()));
            let likely = searching.then(|| posterior(evidence, self.terms));
            for (measure, wait) in &waits {
                let settled = likely.as_ref().is_some_and(|p| no_longer_matters(p, measure.commit));
                if settled || evidence.skipped(measure.commit).is_some() {
                    wait.cancel();
                }
            }
        }
        let rest = if dropped > 0 { format!(", {dropped} not made") } else { String::new() };
        task.done(format!("{} read{rest}", done - dropped));
        Ok(())
    }

    fn asked(&self, searched: &SearchedLine, measure: Measure) -> Option<ReadingRequest> {
        let commit = searched.line.commits.get(measure.commit)?.commit.clone();
        let seeds = self.hunt.state.seeds();
        let seed = seed(&seeds, searched.line.merge.as_ref(), &commit.sha, measure);
        Some(ReadingRequest { measure, commit, seed, home: None })
    }

    async fn read(
        &self,
        asked: ReadingRequest,
        wait: CancellationToken,
    ) -> (ReadingRequest, Result<ReadingOutcome>) {
        let source = self.hunt.source;
        if wait.is_cancelled() {
            return (asked, Ok(ReadingOutcome::Dropped));
        }
        let answer = tokio::select! {
            biased;
            () = wait.cancelled() => None,
            answer = source.read(&asked) => Some(answer),
        };
        let Some(answer) = answer else {
            source.give_up(&asked).await;
            return (asked, Ok(ReadingOutcome::Dropped));
        };
        (asked, answer)
    }

    fn keep(
        &self,
        asked: &ReadingRequest,
        value: TakenReading,
        round: usize,
        searched: &SearchedLine,
        evidence: &mut Evidence,
    ) -> Result<()> {
        evidence.read(asked.measure, round, worse(&self.hunt.question.judged, value.value));
        let noted = Noted::new(searched.line.merge.as_ref(), asked, value, round);
        self.hunt.note(&JournalEntry::Reading(noted), searched)
    }

    /// That its command fails is a fact about the commit; that its environment cannot be had is one
    /// about the place, and may be mended until next time.
    fn skip(
        &self,
        asked: &ReadingRequest,
        Unreadable { reason, why }: &Unreadable,
        searched: &mut SearchedLine,
        evidence: &mut Evidence,
    ) -> Result<()> {
        let place = asked.measure.commit;
        if evidence.skipped(place).is_some() {
            return Ok(());
        }
        self.hunt.tools.progress.say(format!("{} skipped: {why}", asked.commit.sha.short()));
        if matches!(reason, SkipReason::Run | SkipReason::Missing) {
            let (commit, why) = (asked.commit.sha.clone(), why.clone());
            self.hunt
                .note(&JournalEntry::Skip(Skipped { commit, reason: *reason, why }), searched)?;
        }
        searched.skip(evidence, place, *reason, why);
        Ok(())
    }
}

/// Such as `round 3: 6 commits, 41 % on abc1234`.
fn told(round: usize, step: &Step, searched: &SearchedLine) -> String {
    let name = |commit: usize| {
        searched.line.commits.get(commit).map_or("?", |step| step.commit.sha.short())
    };
    let round = round + 1;
    match step {
        Step::ConfirmEnds { wanted } => {
            format!("round {round}: both ends, {} readings", wanted.len())
        }
        Step::Search { wanted, progress } => {
            let commits = wanted.iter().map(|measure| measure.commit);
            let commits = commits.collect::<BTreeSet<_>>().len();
            let claim = progress.claim;
            let percent = claim.probability * 100.0;
            let commits =
                if commits == 1 { "1 commit".into() } else { format!("{commits} commits") };
            format!("round {round}: {commits}, {percent:.0} % on {}", name(claim.commits.to))
        }
        Step::ConfirmSeveral { wanted, claim } => {
            let claimed = name(claim.commits.to);
            format!("round {round}: is it more than {claimed}? {} readings", wanted.len())
        }
        Step::ConfirmCulprit { wanted, claim } => {
            format!("round {round}: is it {}? {} readings", name(claim.commits.to), wanted.len())
        }
        Step::Done(_) => format!("round {round}"),
    }
}
