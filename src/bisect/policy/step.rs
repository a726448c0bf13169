//! What to do next.

use super::{
    BisectOutcome, Claim, CommitSpan, Evidence, Measure, Purpose, Terms, batch,
    claim::{claim, credible},
    confirm::{Confirmation, ConfirmationTest, Pair},
    ends,
    fit::Fit,
    posterior::probabilities,
    residual::{apart, p_value, two_steps},
};

/// Probability that the ends are given up while their step is larger than what could still be found.
const GIVEN_UP: f64 = 0.02;

/// Part of the expected readings with which a search may have luck.
const LUCKY: f64 = 0.6;

/// Readings of either end for a step of one deviation, and at most; a larger step takes less, by its square.
/// Where the ends were shown to differ by fewer, the search reads them as well: it has to know the levels.
const LEVEL: (f64, f64) = (24.0, 16.0);

/// Probability that fresh readings confirm a commit that changed nothing.  All readings have to say so with
/// the search's confidence besides, and the ends have to differ.
const CULPRIT_ERROR: f64 = 0.2;

/// A claim this likely is confirmed by fresh readings of it and its neighbour: they tell as much as any.
const LIKELY: f64 = 0.6;

/// Another change counts from this part of the largest on: commits of one level may differ a little.
const OTHER: f64 = 0.25;

/// Readings of a commit by which another change is to show.
const OTHER_READINGS: u64 = 16;

/// One step does not explain readings that are less likely than this.
const ONE_STEP: f64 = 0.01;

/// More readings will hardly change that: a search ends here that would use up its budget.
const HOPELESS: f64 = 1e-6;

/// How far the search is.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchProgress {
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
        progress: SearchProgress,
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
    Done(BisectOutcome),
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
        let differ = ConfirmationTest { margin: self.terms.margin, ..differ };
        match differ.answer(self.evidence) {
            Confirmation::Worse => self.search(),
            Confirmation::Better(levels) => Step::Done(BisectOutcome::Swapped(levels)),
            Confirmation::Open { wanted, .. } if wanted.len() > self.left() => {
                Step::Done(self.spent(false))
            }
            Confirmation::Open { wanted, seen: Some(seen) }
                if self.is_hopeless(&seen, wanted.len()) =>
            {
                Step::Done(ends::without_step(self.terms, &seen))
            }
            Confirmation::Open { wanted, .. } => Step::ConfirmEnds { wanted },
        }
    }

    /// Whether a step as large as it may still be could not be found with what is left after `wanted`
    /// readings of the ends.  Ends that look swapped are read on until that is shown.
    fn is_hopeless(&self, seen: &Pair, wanted: usize) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "thousands of readings at most")]
        let left = self.left().saturating_sub(wanted) as f64;
        let most = seen.most(GIVEN_UP, self.terms.margin);
        let swapped = seen.is_swapped(GIVEN_UP, self.terms.margin);
        wanted == 0 || !swapped && (most == 0.0 || LUCKY * expected(self.terms, most) > left)
    }

    /// All readings.  Those that were to confirm a claim, and did not, count as any others.
    fn all(&self) -> Fit {
        Fit::of(self.evidence, self.terms, |_| true)
    }

    /// The readings that were not made to test what the others say.
    fn searched(&self) -> Fit {
        let fresh = |purpose| matches!(purpose, Purpose::Culprit | Purpose::Several);
        Fit::of(self.evidence, self.terms, |purpose| !fresh(purpose))
    }

    fn search(&self) -> Step {
        let fit = self.all();
        let posterior = probabilities(&fit, self.terms);
        let testable = self.evidence.testable(self.terms.prior.len());
        let Some(claim) = claim(&fit, &posterior, &testable) else {
            return Step::Done(self.spent(true));
        };
        if claim.commits == (CommitSpan { from: 1, to: self.terms.last() }) {
            return Step::Done(if self.terms.last() == 1 {
                BisectOutcome::Culprit(claim)
            } else {
                BisectOutcome::AllSkipped(claim)
            });
        }
        let sure = claim.probability >= self.terms.confidence;
        let separation = claim.levels.separation();
        let commits = self.commits(&posterior, &testable, separation);
        let bound = if sure || commits.is_empty() { ONE_STEP } else { HOPELESS };
        if let Some(several) = self.several(&self.searched(), claim, bound) {
            return several;
        }
        match self.confirmation(claim) {
            Confirmation::Worse if sure => return Step::Done(named(claim)),
            Confirmation::Open { wanted, .. }
                if claim.probability >= LIKELY && !wanted.is_empty() =>
            {
                if wanted.len() <= self.left() {
                    return Step::ConfirmCulprit { wanted, claim };
                }
                if sure {
                    return Step::Done(self.spent(true));
                }
            }
            Confirmation::Worse | Confirmation::Better(_) | Confirmation::Open { .. } => {}
        }
        if commits.is_empty() {
            return Step::Done(self.spent(true));
        }
        let expected = expected(self.terms, separation);
        let progress = SearchProgress { claim, expected, posterior };
        Step::Search { wanted: self.numbered(&commits), progress }
    }

    /// What tells most with a step of that many deviations, and both ends where their levels are not known
    /// well enough for it.
    fn commits(&self, posterior: &[f64], testable: &[bool], separation: f64) -> Vec<usize> {
        let most = self.terms.batch.max(1).min(self.left());
        let readings = self.evidence.readings().filter(|(measure, _)| measure.commit == 0).count();
        let (level, at_most) = LEVEL;
        #[expect(clippy::cast_precision_loss, reason = "thousands of readings at most")]
        let is_vague = (readings as f64) < (level / separation.powi(2)).min(at_most);
        let ends: &[usize] = if is_vague && most > 2 { &[0, self.terms.last()] } else { &[] };
        let mut commits = batch(posterior, most.saturating_sub(ends.len()), testable, separation);
        if !commits.is_empty() {
            commits.extend(ends);
        }
        commits
    }

    /// What fresh readings say of the claim.
    fn confirmation(&self, claim: Claim) -> Confirmation {
        let CommitSpan { from, to } = claim.commits;
        let question = self.question(from - 1, to, Purpose::Culprit);
        ConfirmationTest { error: CULPRIT_ERROR, ..question }.answer(self.evidence)
    }

    /// What to do if readings as likely as `bound` are not explained by one change; none if they are,
    /// or once fresh ones explain them.
    fn several(&self, fit: &Fit, claim: Claim, bound: f64) -> Option<Step> {
        let split = fit.split(claim.commits);
        let p_value = p_value(fit, split).filter(|p_value| *p_value < bound)?;
        let (from, to) = apart(fit, split, |commit| self.evidence.skipped(commit).is_none())?;
        let margin = OTHER * (claim.levels.high - claim.levels.low).abs();
        let margin = if margin.is_finite() { margin } else { 0.0 };
        let question = ConfirmationTest { margin, ..self.question(from, to, Purpose::Several) };
        match question.answer(self.evidence) {
            Confirmation::Worse | Confirmation::Better(_) => {
                let steps = two_steps(fit);
                Some(Step::Done(BisectOutcome::MoreThanOneChange { claim, p_value, steps }))
            }
            Confirmation::Open { .. } if self.explained(claim) => None,
            Confirmation::Open { seen: Some(seen), .. }
                if seen.good.diverged.of >= OTHER_READINGS =>
            {
                None
            }
            Confirmation::Open { wanted, .. } if wanted.len() <= self.left() => {
                Some(Step::ConfirmSeveral { wanted, claim })
            }
            Confirmation::Open { .. } => Some(Step::Done(self.spent(true))),
        }
    }

    /// Whether one step explains the readings, with those that were to show that it does not.
    fn explained(&self, claim: Claim) -> bool {
        let fit = Fit::of(self.evidence, self.terms, |purpose| purpose != Purpose::Culprit);
        p_value(&fit, fit.split(claim.commits)).is_none_or(|p_value| p_value >= ONE_STEP)
    }

    /// No reading is left: what is known.
    fn spent(&self, shown: bool) -> BisectOutcome {
        let posterior = probabilities(&self.all(), self.terms);
        let credible = credible(&posterior, self.terms.confidence);
        let CommitSpan { from, to } = credible;
        let probability = posterior.iter().skip(from).take(to - from + 1).sum();
        BisectOutcome::BudgetSpent { credible, probability, shown }
    }

    fn question(&self, good: usize, bad: usize, purpose: Purpose) -> ConfirmationTest {
        ConfirmationTest {
            good,
            bad,
            purpose,
            error: self.terms.error,
            budget: self.terms.budget,
            margin: 0.0,
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

fn named(claim: Claim) -> BisectOutcome {
    if claim.commits.from == claim.commits.to {
        BisectOutcome::Culprit(claim)
    } else {
        BisectOutcome::OneOf(claim)
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
