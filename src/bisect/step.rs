//! What to do next.

use super::{
    Claim, Evidence, Measure, Outcome, Purpose, Span, Terms, batch,
    claim::{claim, credible},
    confirm::{Answer, FEWEST, Question, look},
    diverged::stand_in,
    ends,
    fit::Fit,
    posterior::probabilities,
    residual::{apart, p_value, two_steps},
};

/// More readings of an end from one look to the next are a mistake.
const MOST_LOOK: usize = 1_000;

/// Probability of confirming a commit that changed nothing.  The search has named it with 95 % before.
const CULPRIT_ERROR: f64 = 0.05;

/// One step does not explain readings that are less likely than this.
const ONE_STEP: f64 = 0.01;

/// More readings will hardly change that: a search ends here that would use up its budget.
const HOPELESS: f64 = 1e-6;

/// How far the search is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// The likeliest commit, or run of commits that cannot be told apart.
    pub claim: Claim,
    /// Readings that a whole search takes for a step this large, about; without confirmations.
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
    /// Read two commits afresh that differ if there is more than one change.
    ConfirmSeveral {
        /// What to read.
        wanted: Vec<Measure>,
        /// The change that explains most.
        claim: Claim,
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
        if let Some(outcome) = ends::without_level(self.evidence, self.terms) {
            return Step::Done(outcome);
        }
        let differ = self.question(0, self.terms.last(), Purpose::Ends);
        let differ = Question { margin: self.terms.margin, ..differ };
        match differ.answer(self.evidence) {
            Answer::Wanted(wanted) if wanted.len() <= self.left() => Step::ConfirmEnds { wanted },
            Answer::Wanted(_) => Step::Done(self.spent(&self.searched(), false)),
            Answer::Better(levels) => Step::Done(Outcome::Swapped(levels)),
            Answer::NotShown { levels, good } => {
                Step::Done(ends::without_step(self.terms, levels, good))
            }
            Answer::Worse => self.search(),
        }
    }

    /// The readings that name a culprit: not those that confirm it.
    fn searched(&self) -> Fit {
        let fresh = |purpose| matches!(purpose, Purpose::Culprit | Purpose::Several);
        Fit::of(self.evidence, self.terms, |purpose| !fresh(purpose))
    }

    fn search(&self) -> Step {
        let fit = self.searched();
        let posterior = probabilities(&fit, self.terms);
        let testable = self.evidence.testable(self.terms.prior.len());
        let Some(claim) = claim(&fit, &posterior, &testable) else {
            return Step::Done(self.spent(&fit, true));
        };
        if claim.commits == (Span { from: 1, to: self.terms.last() }) {
            return Step::Done(if self.terms.last() == 1 {
                Outcome::Culprit(claim)
            } else {
                Outcome::AllSkipped(claim)
            });
        }
        let sure = claim.probability >= self.terms.confidence;
        let most = if sure { 0 } else { self.terms.batch.max(1).min(self.left()) };
        let commits = batch(&posterior, most, &testable);
        let bound = if commits.is_empty() { ONE_STEP } else { HOPELESS };
        if let Some(several) = self.several(&fit, claim, bound) {
            return several;
        }
        if sure {
            return self.confirm(&fit, claim);
        }
        if commits.is_empty() {
            return Step::Done(self.spent(&fit, true));
        }
        let expected = expected(self.terms, claim.levels.separation());
        let progress = Progress { claim, expected, posterior };
        Step::Search { wanted: self.numbered(&commits), progress }
    }

    fn confirm(&self, fit: &Fit, claim: Claim) -> Step {
        let Span { from, to } = claim.commits;
        let question = self.question(from - 1, to, Purpose::Culprit);
        let look = look(claim.levels.separation(), CULPRIT_ERROR);
        let question = Question { look, error: CULPRIT_ERROR, ..question };
        match question.answer(self.evidence) {
            Answer::Wanted(wanted) if wanted.len() <= self.left() => {
                Step::ConfirmCulprit { wanted, claim }
            }
            Answer::Wanted(_) => Step::Done(self.spent(fit, true)),
            Answer::Better(fresh) | Answer::NotShown { levels: fresh, .. } => {
                Step::Done(Outcome::ClaimNotConfirmed { claim, fresh })
            }
            Answer::Worse => Step::Done(self.confirmed(claim)),
        }
    }

    /// What to do if readings as likely as `bound` are not explained by one change; none if they are,
    /// or once fresh ones explain them.
    fn several(&self, fit: &Fit, claim: Claim, bound: f64) -> Option<Step> {
        let split = fit.split(claim.commits);
        let p_value = p_value(fit, split).filter(|p_value| *p_value < bound)?;
        let (from, to) = apart(fit, split, |commit| self.evidence.skipped(commit).is_none())?;
        let question = Question { look: FEWEST, ..self.question(from, to, Purpose::Several) };
        match question.answer(self.evidence) {
            Answer::Wanted(_) if self.explained(claim) => None,
            Answer::Wanted(wanted) if wanted.len() <= self.left() => {
                Some(Step::ConfirmSeveral { wanted, claim })
            }
            Answer::Wanted(_) => Some(Step::Done(self.spent(fit, true))),
            Answer::NotShown { .. } => None,
            Answer::Worse | Answer::Better(_) => {
                let steps = two_steps(fit);
                Some(Step::Done(Outcome::MoreThanOneChange { claim, p_value, steps }))
            }
        }
    }

    /// Whether one step explains the readings, with those that were to show that it does not.
    fn explained(&self, claim: Claim) -> bool {
        let fit = Fit::of(self.evidence, self.terms, |purpose| purpose != Purpose::Culprit);
        p_value(&fit, fit.split(claim.commits)).is_none_or(|p_value| p_value >= ONE_STEP)
    }

    /// The claim with all readings, its own confirmation included.
    fn confirmed(&self, claim: Claim) -> Outcome {
        let Span { from, to } = claim.commits;
        let fit = Fit::of(self.evidence, self.terms, |_| true);
        let posterior = probabilities(&fit, self.terms);
        let claim = Claim {
            probability: posterior.iter().skip(from).take(to - from + 1).sum(),
            levels: fit.levels(fit.split(claim.commits)).unwrap_or(claim.levels),
            ..claim
        };
        if from == to { Outcome::Culprit(claim) } else { Outcome::OneOf(claim) }
    }

    /// No reading is left: what is known.
    fn spent(&self, fit: &Fit, shown: bool) -> Outcome {
        let posterior = probabilities(fit, self.terms);
        let credible = credible(&posterior, self.terms.confidence);
        let Span { from, to } = credible;
        let probability = posterior.iter().skip(from).take(to - from + 1).sum();
        Outcome::BudgetSpent { credible, probability, shown }
    }

    fn question(&self, good: usize, bad: usize, purpose: Purpose) -> Question {
        Question {
            good,
            bad,
            purpose,
            look: self.terms.ends_look.clamp(2, MOST_LOOK),
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
            let most = self.evidence.readings().count() + wanted.len();
            wanted.extend((0..=most).map(measure).find(free));
        }
        wanted
    }
}

/// Readings of a whole search, about: a fit to the simulation in `benches/bisect.rs`.
pub(super) fn expected(terms: &Terms, separation: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "thousands of commits at most")]
    let (commits, batch) = (terms.last().max(2) as f64, terms.batch as f64);
    let noise = separation.powi(-2);
    let bits = commits.log2();
    bits * (1.0 + 5.5 * noise) + 56.0 * noise + 0.27 * bits * (batch - 1.0).max(0.0)
}
