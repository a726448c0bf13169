//! Outcomes in words: what was found, and what to do.

use super::{
    super::{Question, found::Found, line::own},
    Finding, commit,
};
use crate::{
    bisect::{Claim, End, Levels, Outcome, Span},
    report::number,
};

/// What it came to, in words.
pub(super) struct Told {
    pub(super) finding: Finding,
    pub(super) answer: String,
    pub(super) advice: String,
}

impl Told {
    fn new(finding: Finding, answer: String, advice: impl Into<String>) -> Self {
        Self { finding, answer, advice: advice.into() }
    }
}

/// Tells of a search.
pub(super) fn told(question: &Question, found: &Found) -> Told {
    Words { question, found }.told()
}

struct Words<'a> {
    question: &'a Question,
    found: &'a Found,
}

impl Words<'_> {
    fn told(&self) -> Told {
        let metric = &self.question.metric;
        match &self.found.outcome {
            Outcome::Culprit(claim) => Told::new(
                Finding::Culprit,
                format!("{} made {metric} worse: {}", self.span(claim.commits), self.claim(claim)),
                "look at what it changes; to undo it: git revert",
            ),
            Outcome::OneOf(claim) => Told::new(
                Finding::OneOf,
                format!(
                    "one of {} made {metric} worse: {}",
                    self.span(claim.commits),
                    self.claim(claim)
                ),
                "all of them but the last cannot be read, so they cannot be told apart; make one of them \
                 run, then begin anew with --fresh",
            ),
            Outcome::AllSkipped(claim) => Told::new(
                Finding::AllSkipped,
                format!(
                    "one of {} made {metric} worse ({}), but no commit between the ends can be read",
                    self.span(claim.commits),
                    self.levels(&claim.levels)
                ),
                "see why they are skipped, mend that, then begin anew with --fresh",
            ),
            Outcome::NotReproduced(levels) => Told::new(
                Finding::NotReproduced,
                format!("good and bad were not shown to differ: {}", self.levels(levels)),
                "if it was seen with other data or a longer training, use those here; if the noise hides \
                 it, evaluate on more data; else give an older --good",
            ),
            Outcome::EnvironmentDrift { recorded, fresh } => Told::new(
                Finding::EnvironmentDrift,
                format!(
                    "no commit: good itself reads {} now and read {} before",
                    self.own(*fresh),
                    self.own(*recorded)
                ),
                "what changed is not in git: data, drivers, hardware, or a dependency without a pinned \
                 version",
            ),
            Outcome::Swapped(levels) => Told::new(
                Finding::Swapped,
                format!("good is worse than bad: {}", self.levels(levels)),
                "swap --good and --bad, or correct the metric's direction",
            ),
            Outcome::EndSkipped { end, .. } => self.end_skipped(*end),
            Outcome::GoodDiverges => Told::new(
                Finding::GoodDiverges,
                format!("{metric} of the good end is not finite in half of its readings or more"),
                "give a good commit whose training works",
            ),
            Outcome::MoreThanOneChange { claim, steps, .. } => {
                let steps = steps.map(|steps| {
                    let [before, between, after] = steps.levels.map(|level| self.own(level));
                    format!(
                        "; two fit best, within {} and {}: {before}, then {between}, then {after}",
                        self.span(steps.first),
                        self.span(steps.last)
                    )
                });
                let steps = steps.unwrap_or_default();
                Told::new(
                    Finding::MoreThanOneChange,
                    format!(
                        "more than one commit changed {metric}: one change does not explain the readings; \
                         the largest is at {}{steps}",
                        self.span(claim.commits)
                    ),
                    "bisect each part on its own, with a commit between them as --bad and then as --good; \
                     if it became worse little by little, no single commit did it",
                )
            }
            Outcome::BudgetSpent { credible, probability, shown } => {
                let known = if *shown {
                    let (span, sure) = (self.span(*credible), sure(*probability));
                    format!("{span} holds the culprit, {sure} sure")
                } else {
                    "good and bad were not yet shown to differ".to_owned()
                };
                let (why, advice) = self.over();
                Told::new(Finding::BudgetSpent, format!("{why}; {known}"), advice)
            }
            Outcome::ClaimNotConfirmed { claim, fresh } => Told::new(
                Finding::NotConfirmed,
                format!(
                    "{} was likeliest, but fresh readings of it and the commit before do not differ: {}",
                    self.span(claim.commits),
                    self.levels(fresh)
                ),
                "the step is small for this noise: evaluate on more data, or begin anew with --fresh",
            ),
        }
    }

    /// Why no reading is left, and what to do.
    fn over(&self) -> (String, &'static str) {
        match &self.found.over {
            Some(why) => (
                why.clone(),
                "ask again, with that limit raised if it should get further: it goes on from the \
                 readings that it has",
            ),
            None => (
                format!("{} readings are used up", self.question.budget),
                "raise --budget: it goes on from the readings that it has",
            ),
        }
    }

    fn end_skipped(&self, end: End) -> Told {
        let (name, place) = match end {
            End::Good => ("good", 0),
            End::Bad => ("bad", self.found.searched.line.commits.len().saturating_sub(1)),
        };
        let why = self.found.searched.why.get(&place).map_or("", String::as_str);
        Told::new(
            Finding::EndSkipped,
            format!(
                "the {name} end {} cannot be read: {why}",
                self.span(Span { from: place, to: place })
            ),
            format!("mend that and begin anew with --fresh, or give another --{name}"),
        )
    }

    fn span(&self, Span { from, to }: Span) -> String {
        let commits = &self.found.searched.line.commits;
        let name = |at: usize| commits.get(at).map_or_else(|| "?".to_owned(), commit::short);
        let whole = |at: usize| commits.get(at).map_or_else(|| "?".to_owned(), commit::told);
        if from == to {
            return whole(to);
        }
        format!("{}..{} ({} commits)", name(from), name(to), to + 1 - from)
    }

    fn claim(&self, claim: &Claim) -> String {
        format!("{}, {} sure", self.levels(&claim.levels), sure(claim.probability))
    }

    fn levels(&self, levels: &Levels) -> String {
        let Levels { low, high, deviation } = *levels;
        let (before, after) = (self.own(low), self.own(high));
        let deviation = number(own_deviation(self.question, levels, deviation));
        format!(
            "from {before} to {after}, with a standard deviation of {deviation} between readings"
        )
    }

    fn own(&self, worse: f64) -> String {
        number(own(&self.question.judged, worse))
    }
}

/// A deviation in the metric's own unit, near the level before.
pub(super) fn own_deviation(question: &Question, levels: &Levels, deviation: f64) -> f64 {
    let before = own(&question.judged, levels.low);
    (own(&question.judged, levels.low + deviation) - before).abs()
}

/// Never quite.
fn sure(probability: f64) -> String {
    if probability > 0.994 {
        return "over 99 %".to_owned();
    }
    format!("{:.0} %", probability * 100.0)
}
