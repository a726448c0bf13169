//! From what was found to the report.

use std::time::Duration;

use super::{
    super::{
        Attributed, Question, Readings,
        found::Found,
        journal::{Entry, Noted},
        line::own,
        spent::{spent, used},
        state::State,
    },
    BisectReport, Finding, Reached, Read, SCHEMA, Suspect, Witness,
    words::{Told, own_deviation, told},
};
use crate::{
    bisect::policy::{Claim, Levels, Outcome, Purpose},
    cluster::Cleanup,
    experiment::measure::Spent,
    git::Step,
    report::Usage,
    shell::word,
};

/// What a report needs besides what was found.
pub(crate) struct Facts {
    pub(crate) cause: Option<Attributed>,
    pub(crate) cleanup: Vec<Cleanup>,
    /// What this search used up, if somebody counted; else its readings tell.
    pub(crate) spent: Option<Spent>,
    /// How long it waited in a queue.
    pub(crate) queued: Duration,
}

/// The report of the line's search, and of those inside of merges.
pub(crate) fn report(
    question: &Question,
    state: &State,
    (line, inside): (&Found, &[Found]),
    facts: Facts,
) -> BisectReport {
    let entries = state.journal.entries();
    let found = || std::iter::once(line).chain(inside);
    let searches: Vec<Reached> = found().map(|found| reached(question, found, &entries)).collect();
    let Told { finding, answer, advice, .. } = told(question, line);
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
    question: &Question,
    state: &State,
    (line, inside): (&Found, &[Found]),
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

fn reached(question: &Question, found: &Found, entries: &[Entry]) -> Reached {
    let line = &found.searched.line;
    let merge = line.merge.as_ref();
    let inside = line.commits.last().filter(|_| merge.is_some()).map(|step| step.commit.clone());
    let Told { finding, answer, advice, assumed } = told(question, found);
    let witness = |(place, step): (usize, &Step)| Witness {
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
fn readings(entries: &[Entry], found: &Found, place: usize) -> Vec<Read> {
    let line = &found.searched.line;
    let of_place = |noted: &&Noted| {
        noted.inside == line.merge
            && noted.home.is_none()
            && found.searched.place(&noted.commit) == Some(place)
    };
    let noted = entries.iter().filter_map(|entry| match entry {
        Entry::Reading(noted) => Some(noted),
        Entry::Skip(_) => None,
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

fn suspect(question: &Question, found: &Found) -> Option<Suspect> {
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

fn claimed(outcome: &Outcome) -> Option<Claim> {
    match outcome {
        Outcome::Culprit(claim)
        | Outcome::OneOf(claim)
        | Outcome::AllSkipped(claim)
        | Outcome::MoreThanOneChange { claim, .. } => Some(*claim),
        Outcome::NotReproduced(_)
        | Outcome::EnvironmentDrift { .. }
        | Outcome::Swapped(_)
        | Outcome::EndSkipped { .. }
        | Outcome::GoodDiverges
        | Outcome::BudgetSpent { .. } => None,
    }
}

/// How to see for oneself.
fn show(question: &Question, culprit: &Step) -> String {
    let sha = &culprit.commit.sha;
    match &question.readings {
        Readings::Command { shell, .. } => {
            let script = format!("export REGRESSION_SEED=1 REGRESSION_COMMIT={sha}\n{shell}");
            let (place, script) = (format!("../at-{}", sha.short()), word(&script));
            format!("git worktree add --detach {place} {sha} && cd {place} && sh -c {script}")
        }
        Readings::Ray(_) => {
            let parent = culprit.parents.first().unwrap_or(sha);
            question.again.compare(parent, sha)
        }
    }
}
