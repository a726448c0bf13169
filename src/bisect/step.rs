//! What to do next.

use super::{
    Claim, End, Evidence, Levels, Measure, Outcome, Purpose, Span, Terms, batch,
    confirm::{Answer, Question, look},
    diverged::stand_in,
    fit::Fit,
    posterior::probabilities,
    residual,
};
use crate::statistics::{Difference, Sample};

/// Probability of confirming a commit that changed nothing.  The search has named it with 95 % before.
const CULPRIT_ERROR: f64 = 0.05;

/// One step does not explain readings that are less likely than this.
const ONE_STEP: f64 = 0.01;

/// Probability of blaming the environment wrongly.
const DRIFT_ERROR: f64 = 0.05;

/// How far the search is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The likeliest commit, or run of commits that cannot be told apart.
    pub claim: Claim,
    /// Readings that the whole search takes from here to there, about; for a step this large.
    pub expected: f64,
    /// For each commit of the line how likely it is the culprit.
    pub posterior: Vec<f64>,
}

/// What to do next.  Wanted readings are to be made at once, then all of them are to be added to the
/// evidence; those that failed or were cancelled may be left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Read both ends afresh.
    ConfirmEnds {
        /// What to read.
        wanted: Vec<Measure>,
    },
    /// Look for the culprit.
    Search {
        /// What to read.
        wanted: Vec<Measure>,
        /// How far it is.
        progress: Progress,
    },
    /// Read the culprit and its neighbour afresh.
    ConfirmCulprit {
        /// What to read.
        wanted: Vec<Measure>,
        /// What is to be confirmed.
        claim: Claim,
    },
    /// Nothing is left to do.
    Done(Outcome),
}

/// The next step, from what is known: equal evidence, equal step.
pub fn next(evidence: &Evidence, terms: &Terms) -> Step {
    Policy { evidence, terms }.next()
}

struct Policy<'a> {
    evidence: &'a Evidence,
    terms: &'a Terms,
}

impl Policy<'_> {
    fn next(&self) -> Step {
        let ends = self.question(0, self.terms.last(), Purpose::Ends);
        let ends = Question { margin: self.terms.margin, ..ends };
        if let Some(outcome) = self.end_is_missing() {
            return Step::Done(outcome);
        }
        match ends.answer(self.evidence) {
            Answer::Wanted(wanted) if wanted.len() <= self.left() => Step::ConfirmEnds { wanted },
            Answer::Wanted(_) => Step::Done(self.spent(&self.searched())),
            Answer::Better(levels) => Step::Done(Outcome::Swapped(levels)),
            Answer::NotShown { levels, good } => Step::Done(self.no_step(levels, good)),
            Answer::Worse => self.search(),
        }
    }

    fn end_is_missing(&self) -> Option<Outcome> {
        let skipped = |end, commit| {
            let reason = self.evidence.skipped(commit)?;
            Some(Outcome::EndSkipped { end, reason })
        };
        let of_good = |measure: &Measure| measure.commit == 0 && measure.purpose == Purpose::Ends;
        let good = || self.evidence.readings().filter(|(measure, _)| of_good(measure));
        let finite = good().filter(|(_, value)| value.is_finite()).count();
        let diverges = good().count() >= self.terms.ends_look && 2 * finite <= good().count();
        skipped(End::Good, 0)
            .or_else(|| skipped(End::Bad, self.terms.last()))
            .or_else(|| diverges.then_some(Outcome::GoodDiverges))
    }

    /// The ends do not differ: has good moved?
    fn no_step(&self, levels: Levels, fresh: Sample) -> Outcome {
        let Some(recorded) = self.terms.recorded_good else {
            return Outcome::NotReproduced(levels);
        };
        let moved = if recorded.count > 1.0 {
            Difference::welch(&fresh, &recorded)
        } else {
            Difference {
                estimate: fresh.mean - recorded.mean,
                standard_error: (fresh.variance * (1.0 + fresh.count.recip())).sqrt(),
                freedom: fresh.count - 1.0,
            }
        };
        if moved.lower(DRIFT_ERROR) > self.terms.margin {
            Outcome::EnvironmentDrift { recorded: recorded.mean, fresh: fresh.mean }
        } else {
            Outcome::NotReproduced(levels)
        }
    }

    /// The readings that name a culprit: not those that confirm it.
    fn searched(&self) -> Fit {
        Fit::of(self.evidence, self.terms, |purpose| purpose != Purpose::Culprit)
    }

    fn search(&self) -> Step {
        let fit = self.searched();
        let posterior = probabilities(&fit, self.terms);
        let testable = self.evidence.testable(self.terms.prior.len());
        let Some(claim) = claim(&fit, &posterior, &testable) else {
            return Step::Done(self.spent(&fit));
        };
        if claim.commits == (Span { from: 1, to: self.terms.last() }) {
            return Step::Done(if self.terms.last() == 1 {
                Outcome::Culprit(claim)
            } else {
                Outcome::AllSkipped(claim)
            });
        }
        if claim.probability >= self.terms.confidence {
            return self.confirm(&fit, claim);
        }
        let commits = batch(&posterior, self.terms.batch.max(1).min(self.left()), &testable);
        if commits.is_empty() {
            return Step::Done(self.spent(&fit));
        }
        let expected = expected(self.terms, claim.levels);
        let progress = Progress { claim, expected, posterior };
        Step::Search { wanted: self.numbered(&commits), progress }
    }

    fn confirm(&self, fit: &Fit, claim: Claim) -> Step {
        if let Some(outcome) = several(fit, claim) {
            return Step::Done(outcome);
        }
        let Span { from, to } = claim.commits;
        let question = self.question(from - 1, to, Purpose::Culprit);
        let look = look(claim.levels.separation(), CULPRIT_ERROR);
        let question = Question { look, error: CULPRIT_ERROR, ..question };
        match question.answer(self.evidence) {
            Answer::Wanted(wanted) if wanted.len() <= self.left() => {
                Step::ConfirmCulprit { wanted, claim }
            }
            Answer::Wanted(_) => Step::Done(self.spent(fit)),
            Answer::Better(fresh) | Answer::NotShown { levels: fresh, .. } => {
                Step::Done(Outcome::ClaimNotConfirmed { claim, fresh })
            }
            Answer::Worse => Step::Done(self.confirmed(claim)),
        }
    }

    /// The claim with all readings, its own confirmation included.
    fn confirmed(&self, claim: Claim) -> Outcome {
        let Span { from, to } = claim.commits;
        let fit = Fit::of(self.evidence, self.terms, |_| true);
        let posterior = probabilities(&fit, self.terms);
        let claim = Claim {
            probability: posterior.iter().skip(from).take(to - from + 1).sum(),
            levels: fit.levels(fit.split(to)).unwrap_or(claim.levels),
            ..claim
        };
        if from == to { Outcome::Culprit(claim) } else { Outcome::OneOf(claim) }
    }

    /// No reading is left: what is known.
    fn spent(&self, fit: &Fit) -> Outcome {
        let posterior = probabilities(fit, self.terms);
        let testable = self.evidence.testable(self.terms.prior.len());
        claim(fit, &posterior, &testable).and_then(|claim| several(fit, claim)).unwrap_or_else(
            || {
                let credible = credible(&posterior, self.terms.confidence);
                let Span { from, to } = credible;
                let probability = posterior.iter().skip(from).take(to - from + 1).sum();
                Outcome::BudgetSpent { credible, probability }
            },
        )
    }

    fn question(&self, good: usize, bad: usize, purpose: Purpose) -> Question {
        Question {
            good,
            bad,
            purpose,
            look: self.terms.ends_look.max(2),
            error: self.terms.error,
            margin: 0.0,
            diverged: stand_in(self.evidence, self.terms),
            least_variance: self.terms.least_variance(),
        }
    }

    /// Readings that the budget still has.
    fn left(&self) -> usize {
        self.terms.budget.saturating_sub(self.evidence.spent())
    }

    /// The next free repeats of those commits.
    fn numbered(&self, commits: &[usize]) -> Vec<Measure> {
        let mut wanted = Vec::with_capacity(commits.len());
        for &commit in commits {
            let measure = |repeat| Measure { commit, purpose: Purpose::Search, repeat };
            let free = |measure: &Measure| {
                self.evidence.value(measure).is_none() && !wanted.contains(measure)
            };
            wanted.extend((0..).map(measure).find(free));
        }
        wanted
    }
}

/// The likeliest commit, with the skipped ones before it.  None before both ends were read.
fn claim(fit: &Fit, posterior: &[f64], testable: &[bool]) -> Option<Claim> {
    let mut best: Option<(Span, f64)> = None;
    let (mut from, mut probability) = (1, 0.0);
    for (commit, (mass, testable)) in posterior.iter().zip(testable).enumerate().skip(1) {
        probability += mass;
        if *testable {
            if best.is_none_or(|(_, most)| probability > most) {
                best = Some((Span { from, to: commit }, probability));
            }
            (from, probability) = (commit + 1, 0.0);
        }
    }
    let (commits, probability) = best?;
    Some(Claim { commits, probability, levels: fit.levels(fit.split(commits.to))? })
}

/// More than one change, if one step does not explain the readings.
fn several(fit: &Fit, claim: Claim) -> Option<Outcome> {
    let p_value = residual::p_value(fit, fit.split(claim.commits.to))?;
    let steps = || residual::two_steps(fit);
    (p_value < ONE_STEP).then(|| Outcome::MoreThanOneChange { claim, p_value, steps: steps() })
}

/// The smallest run of commits with that probability.
fn credible(posterior: &[f64], confidence: f64) -> Span {
    let mut best = Span { from: 1, to: posterior.len().saturating_sub(1).max(1) };
    let (mut from, mut sum) = (1, 0.0);
    for (to, probability) in posterior.iter().enumerate().skip(1) {
        sum += probability;
        while let Some(first) = posterior.get(from).filter(|first| sum - **first >= confidence) {
            sum -= first;
            from += 1;
        }
        if sum >= confidence && to - from < best.to - best.from {
            best = Span { from, to };
        }
    }
    best
}

/// Readings of a whole search, about: a fit to the simulation in `benches/bisect.rs`.
fn expected(terms: &Terms, levels: Levels) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "thousands of commits at most")]
    let (commits, batch) = (terms.last().max(2) as f64, terms.batch as f64);
    let noise = levels.separation().powi(-2);
    let bits = commits.log2();
    bits * (1.0 + 5.5 * noise) + 56.0 * noise + 0.27 * bits * (batch - 1.0).max(0.0)
}
