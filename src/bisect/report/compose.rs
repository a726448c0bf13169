//! From what was found to the report.

use std::time::Duration;

use super::{
    super::{
        Attributed, BisectRequest, ReadingSource,
        found::LineResult,
        journal::{JournalEntry, Noted},
        line::own,
        spent::{spent, used},
        state::SearchState,
    },
    BisectReport, Finding, Reached, Read, SCHEMA, Suspect, Witness,
    words::{FindingText, own_deviation, told},
};
use crate::{
    bisect::policy::{BisectOutcome, Claim, Levels, Purpose},
    cluster::Cleanup,
    experiment::measure::Spent,
    git::LineCommit,
    report::Usage,
    shell::word,
};

/// What a report needs besides what was found.
pub(crate) struct ReportFacts {
    pub(crate) cause: Option<Attributed>,
    pub(crate) cleanup: Vec<Cleanup>,
    /// What this search used up, if somebody counted; else its readings tell.
    pub(crate) spent: Option<Spent>,
    /// How long it waited in a queue.
    pub(crate) queued: Duration,
}

/// The report of the line's search, and of those inside of merges.
pub(crate) fn report(
    question: &BisectRequest,
    state: &SearchState,
    (line, inside): (&LineResult, &[LineResult]),
    facts: ReportFacts,
) -> BisectReport {
    let entries = state.journal.entries();
    let found = || std::iter::once(line).chain(inside);
    let searches: Vec<Reached> = found().map(|found| reached(question, found, &entries)).collect();
    let FindingText { finding, answer, advice, .. } = told(question, line);
    let culprit = found().rev().find_map(|found| suspect(question, found));
    let show = culprit.as_ref().map(|culprit| show(question, &culprit.step));
    BisectReport {
        schema: SCHEMA,
        finding,
        answer,
        advice,
        good: question.good.clone(),
        bad: question.bad.clone(),
        metric: question.metric.clone(),
        direction: question.judged.direction,
        culprit,
        rounds: searches.iter().map(|search| search.rounds).sum(),
        searches,
        readings: spent(&entries),
        resumed: state.resumed,
        usage: usage(question, state, (line, inside), facts.spent),
        experiment_url: None,
        seconds: 0.0,
        queue_seconds: facts.queued.as_secs_f64(),
        warnings: Vec::new(),
        cause: facts.cause,
        cleanup: facts.cleanup,
        reproduce: question.again.bisect((&question.good.sha, &question.bad.sha), &question.metric),
        show,
        logs: state.logs.clone(),
    }
}

/// Together with what interrupted searches used up, as far as the journal tells.
fn usage(
    question: &BisectRequest,
    state: &SearchState,
    (line, inside): (&LineResult, &[LineResult]),
    spent: Option<Spent>,
) -> Usage {
    let (before, since) = used(&state.journal.entries(), state.resumed);
    let spent = before.and(spent.unwrap_or(since));
    let known =
        std::iter::once(line).chain(inside).flat_map(|found| &found.searched.known.readings);
    let saved = known.flat_map(|(_, earlier)| earlier).map(|earlier| earlier.seconds).sum();
    let config = question.readings.on_ray().map(|on| &on.config);
    Usage::of(&spent, saved, config)
}

fn reached(question: &BisectRequest, found: &LineResult, entries: &[JournalEntry]) -> Reached {
    let line = &found.searched.line;
    let merge = line.merge.as_ref();
    let inside = line.commits.last().filter(|_| merge.is_some()).map(|step| step.commit.clone());
    let FindingText { finding, answer, advice, assumed } = told(question, found);
    let witness = |(place, step): (usize, &LineCommit)| Witness {
        step: step.clone(),
        probability: found.posterior.get(place).copied().unwrap_or(0.0),
        readings: readings(entries, found, place),
        skipped: found.searched.why.get(&place).cloned(),
    };
    let likeliest = found.posterior.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
    let levels = claimed(&found.outcome).map(|claim| claim.levels);
    let own = |level: f64| own(&question.judged, level);
    Reached {
        inside,
        finding,
        answer,
        advice,
        assumed,
        levels: levels
            .map(|Levels { low, high, .. }| (own(low), own(high)))
            .filter(|(low, high)| low.is_finite() && high.is_finite()),
        likeliest: likeliest.map_or(0, |(place, _)| place),
        rounds: found.evidence.round(),
        known: found.searched.known.told.clone(),
        commits: line.commits.iter().enumerate().map(witness).collect(),
        stopped: found.over.clone().filter(|_| finding == Finding::BudgetSpent),
        closed: found.closed.clone(),
    }
}

/// What earlier runs read of a commit, and what the journal holds of it in the search of that line.
fn readings(entries: &[JournalEntry], found: &LineResult, place: usize) -> Vec<Read> {
    let line = &found.searched.line;
    let of_place = |noted: &&Noted| {
        noted.inside == line.merge
            && noted.home.is_none()
            && found.searched.place(&noted.commit) == Some(place)
    };
    let noted = entries.iter().filter_map(|entry| match entry {
        JournalEntry::Reading(noted) => Some(noted),
        JournalEntry::Skip(_) => None,
    });
    let read = |noted: &Noted| Read {
        value: noted.value,
        seed: noted.seed,
        purpose: noted.purpose,
        round: noted.round,
        seconds: noted.seconds,
    };
    let earlier = found.searched.known.readings.get(&place).into_iter().flatten();
    let known = earlier.map(|earlier| Read {
        value: earlier.value.is_finite().then_some(earlier.value),
        seed: earlier.seed,
        purpose: Purpose::Known,
        round: 0,
        seconds: earlier.seconds,
    });
    known.chain(noted.filter(of_place).map(read)).collect()
}

fn suspect(question: &BisectRequest, found: &LineResult) -> Option<Suspect> {
    let step = found.searched.line.commits.get(found.culprit()?)?.clone();
    let Claim { probability, levels, .. } = claimed(&found.outcome)?;
    let mean = |level| Some(own(&question.judged, level)).filter(|mean| mean.is_finite());
    Some(Suspect {
        step,
        probability,
        before: mean(levels.low),
        after: mean(levels.high),
        diverged: levels.diverged,
        deviation: own_deviation(question, &levels, levels.deviation),
    })
}

fn claimed(outcome: &BisectOutcome) -> Option<Claim> {
    match outcome {
        BisectOutcome::Culprit(claim)
        | BisectOutcome::OneOf(claim)
        | BisectOutcome::AllSkipped(claim)
        | BisectOutcome::MoreThanOneChange { claim, .. } => Some(*claim),
        BisectOutcome::NotReproduced(_)
        | BisectOutcome::EnvironmentDrift { .. }
        | BisectOutcome::Swapped(_)
        | BisectOutcome::EndSkipped { .. }
        | BisectOutcome::GoodDiverges
        | BisectOutcome::BudgetSpent { .. } => None,
    }
}

/// How to see for oneself.
fn show(question: &BisectRequest, culprit: &LineCommit) -> String {
    let sha = &culprit.commit.sha;
    match &question.readings {
        ReadingSource::Command { shell, .. } => {
            let script = format!("export REGRESSION_SEED=1 REGRESSION_COMMIT={sha}\n{shell}");
            let (place, script) = (format!("../at-{}", sha.short()), word(&script));
            format!("git worktree add --detach {place} {sha} && cd {place} && sh -c {script}")
        }
        ReadingSource::Ray(_) => {
            let parent = culprit.parents.first().unwrap_or(sha);
            question.again.compare(parent, sha.as_str())
        }
    }
}
