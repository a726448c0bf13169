//! Outcomes in words: what was found, and what to do.

use super::{
    super::{BisectRequest, found::LineResult, line::own},
    Finding, commit,
};
use crate::{
    bisect::policy::{BisectOutcome, Claim, CommitSpan, End, Levels},
    output::{count, number},
    statistics::Share,
};

/// What it came to, in words.
pub(super) struct FindingText {
    pub(super) finding: Finding,
    pub(super) answer: String,
    pub(super) advice: String,
    /// What is assumed where a commit is named.
    pub(super) assumed: Option<String>,
}

impl FindingText {
    fn new(finding: Finding, answer: String, advice: impl Into<String>) -> Self {
        Self { finding, answer, advice: advice.into(), assumed: None }
    }
}

/// Tells of a search.
pub(super) fn told(question: &BisectRequest, found: &LineResult) -> FindingText {
    WordChoice { question, found }.told()
}

struct WordChoice<'a> {
    question: &'a BisectRequest,
    found: &'a LineResult,
}

impl WordChoice<'_> {
    fn told(&self) -> FindingText {
        let metric = &self.question.metric;
        match &self.found.outcome {
            BisectOutcome::Culprit(claim) => FindingText {
                assumed: self.assumed(claim),
                ..FindingText::new(
                    Finding::Culprit,
                    format!(
                        "{} made {metric} worse: {}",
                        self.span(claim.commits),
                        self.claim(claim)
                    ),
                    self.revert(claim.commits.to),
                )
            },
            BisectOutcome::OneOf(claim) => FindingText::new(
                Finding::OneOf,
                format!(
                    "one of {} made {metric} worse: {}",
                    self.span(claim.commits),
                    self.claim(claim)
                ),
                "all of them but the last cannot be read, so they cannot be told apart; make one of them \
                 run, then begin anew with --fresh",
            ),
            BisectOutcome::AllSkipped(claim) => FindingText::new(
                Finding::AllSkipped,
                format!(
                    "one of {} made {metric} worse ({}), but no commit between the ends can be read",
                    self.span(claim.commits),
                    self.levels(&claim.levels)
                ),
                "see why they are skipped, mend that, then begin anew with --fresh",
            ),
            BisectOutcome::NotReproduced(levels) => FindingText::new(
                Finding::NotReproduced,
                format!("good and bad were not shown to differ: {}", self.levels(levels)),
                "if it was seen with other data or a longer training, use those here; if the noise hides \
                 it, evaluate on more data, or raise --budget: it goes on from the readings that it has; \
                 else give an older --good",
            ),
            BisectOutcome::EnvironmentDrift { recorded, fresh } => FindingText::new(
                Finding::EnvironmentDrift,
                format!(
                    "no commit: good itself reads {} now and read {} before",
                    self.own(*fresh),
                    self.own(*recorded)
                ),
                "what changed is not in git: data, drivers, hardware, or a dependency without a pinned \
                 version",
            ),
            BisectOutcome::Swapped(levels) => FindingText::new(
                Finding::Swapped,
                format!("good is worse than bad: {}", self.levels(levels)),
                "swap --good and --bad, or correct the metric's direction",
            ),
            BisectOutcome::EndSkipped { end, .. } => self.end_skipped(*end),
            BisectOutcome::GoodDiverges => FindingText::new(
                Finding::GoodDiverges,
                format!(
                    "{metric} of the good end is not finite in half of its readings or more, and the bad \
                     end was not shown to be worse"
                ),
                "give a good commit whose training works",
            ),
            BisectOutcome::MoreThanOneChange { claim, steps, .. } => {
                let steps = steps.map(|steps| {
                    let [before, between, after] = steps.levels.map(|level| self.own(level));
                    format!(
                        "; two fit best, within {} and {}: {before}, then {between}, then {after}",
                        self.span(steps.first),
                        self.span(steps.last)
                    )
                });
                let steps = steps.unwrap_or_default();
                FindingText::new(
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
            BisectOutcome::BudgetSpent { credible, probability, shown } => {
                let known = if *shown && credible.from == credible.to {
                    let span = self.span(*credible);
                    format!("{span} is likeliest, but fresh readings have not yet confirmed it")
                } else if *shown {
                    let (span, sure) = (self.span(*credible), sure(*probability));
                    format!("{span} holds the culprit, {sure} sure")
                } else {
                    "good and bad were not yet shown to differ".to_owned()
                };
                let (why, advice) = self.over();
                FindingText::new(Finding::BudgetSpent, format!("{why}; {known}"), advice)
            }
        }
    }

    /// How to undo a commit.
    fn revert(&self, at: usize) -> String {
        let Some(step) = self.found.searched.line.commits.get(at) else { return String::new() };
        let parent = if step.parents.len() > 1 { "-m 1 " } else { "" };
        format!("look at what it changes; to undo it: git revert {parent}{}", step.commit.sha)
    }

    /// What has to hold for the claim to be as sure as it says.
    fn assumed(&self, claim: &Claim) -> Option<String> {
        let may = claim.levels.may_differ();
        (may > 0.0 && may.is_finite()).then(|| {
            let may = number(own_deviation(self.question, &claim.levels, may));
            format!("commits that change nothing differ by a standard deviation of {may} at most")
        })
    }

    /// Why no reading is left, and what to do.
    fn over(&self) -> (String, &'static str) {
        if let Some(why) = &self.found.over {
            let remedy = "ask again, with that limit raised if it should get further: it goes on from the \
                          readings that it has";
            return (why.clone(), remedy);
        }
        let (budget, left) = (self.question.budget, self.found.left);
        let why = if left == 0 {
            format!("{} are used up", count(budget, "reading"))
        } else {
            let left = count(left, "reading");
            format!("--budget {budget} leaves {left}, fewer than the next step takes")
        };
        (why, "raise --budget: it goes on from the readings that it has")
    }

    fn end_skipped(&self, end: End) -> FindingText {
        let (name, place) = match end {
            End::Good => ("good", 0),
            End::Bad => ("bad", self.found.searched.line.commits.len().saturating_sub(1)),
        };
        let why = self.found.searched.why.get(&place).map_or("", String::as_str);
        FindingText::new(
            Finding::EndSkipped,
            format!(
                "the {name} end {} cannot be read: {why}",
                self.span(CommitSpan { from: place, to: place })
            ),
            format!("mend that and begin anew with --fresh, or give another --{name}"),
        )
    }

    fn span(&self, CommitSpan { from, to }: CommitSpan) -> String {
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
        let Levels { low, high, deviation, diverged } = *levels;
        let (before, after) = (self.own(low), self.own(high));
        let deviation = number(own_deviation(self.question, levels, deviation));
        let diverged = diverged_told(diverged);
        format!(
            "from {before} to {after}, with a standard deviation of {deviation} between \
             readings{diverged}"
        )
    }

    fn own(&self, worse: f64) -> String {
        number(own(&self.question.judged, worse))
    }
}

/// Such as `; 0 of 16 readings diverged before, 5 of 16 after`.
fn diverged_told([before, after]: [Share; 2]) -> String {
    if before.hits + after.hits == 0 {
        return String::new();
    }
    let Share { hits, of } = before;
    format!("; {hits} of {of} readings diverged before, {} of {} after", after.hits, after.of)
}

/// A deviation in the metric's own unit, near the level before.
pub(super) fn own_deviation(question: &BisectRequest, levels: &Levels, deviation: f64) -> f64 {
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
