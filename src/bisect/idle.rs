//! Which commits may be read from here on: clusters that serve none of them go, because they cost money.
//! Pure.  One that is needed again after all, for the inside of a merge or for the crossing of code and
//! environment, is started anew.

use std::collections::BTreeSet;

use crate::bisect::policy::{Claim, Evidence, Measure, Step, no_longer_matters};

/// Places that the step reads, and those that later ones may, as far as it tells.
pub(super) fn may_be_read(step: &Step, evidence: &Evidence, commits: usize) -> BTreeSet<usize> {
    let readable = |place: &usize| evidence.skipped(*place).is_none();
    match step {
        Step::ConfirmEnds { .. } => (0..commits).filter(readable).collect(),
        Step::Search { wanted, progress } => {
            let matters = |place: &usize| !no_longer_matters(&progress.posterior, *place);
            let undecided = (0..commits).filter(readable).filter(matters);
            undecided.chain(neighbours(&progress.claim)).chain(places(wanted)).collect()
        }
        Step::ConfirmSeveral { claim, wanted } => {
            neighbours(claim).into_iter().chain(places(wanted)).collect()
        }
        Step::ConfirmCulprit { claim, .. } => neighbours(claim).into(),
        Step::Done(_) => BTreeSet::new(),
    }
}

/// What the claim is confirmed by.
fn neighbours(claim: &Claim) -> [usize; 2] {
    [claim.commits.from.saturating_sub(1), claim.commits.to]
}

fn places(wanted: &[Measure]) -> impl Iterator<Item = usize> {
    wanted.iter().map(|measure| measure.commit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bisect::policy::{BisectOutcome, CommitSpan, Levels, Purpose, SearchProgress, SkipReason},
        statistics::Share,
    };

    fn claim(from: usize, to: usize) -> Claim {
        let diverged = [Share::default(); 2];
        let levels = Levels { low: 0.0, high: 1.0, deviation: 0.1, diverged };
        Claim { commits: CommitSpan { from, to }, probability: 0.6, levels }
    }

    fn search(posterior: &[f64], claim: Claim, wanted: &[usize]) -> Step {
        let measure =
            |commit: &usize| Measure { commit: *commit, purpose: Purpose::Search, repeat: 0 };
        let wanted = wanted.iter().map(measure).collect();
        let progress = SearchProgress { claim, expected: 10.0, posterior: posterior.to_vec() };
        Step::Search { wanted, progress }
    }

    fn read(step: &Step, evidence: &Evidence) -> Vec<usize> {
        may_be_read(step, evidence, 8).into_iter().collect()
    }

    #[test]
    fn until_the_ends_are_confirmed_all_may_be_read() {
        let mut evidence = Evidence::default();
        evidence.skip(3, SkipReason::Image);
        let step = Step::ConfirmEnds { wanted: Vec::new() };
        assert_eq!(read(&step, &evidence), [0, 1, 2, 4, 5, 6, 7]);
    }

    #[test]
    fn a_search_reads_where_it_is_undecided() {
        // The culprit is 4 or 5, nearly surely: 3 is before it, and from 5 on all are after it.
        let posterior = [0.0, 0.001, 0.001, 0.002, 0.6, 0.394, 0.001, 0.001];
        let mut evidence = Evidence::default();
        assert_eq!(read(&search(&posterior, claim(4, 4), &[4]), &evidence), [3, 4]);
        // What the batch takes is kept, whatever the posterior says of it.
        assert_eq!(read(&search(&posterior, claim(4, 4), &[4, 6]), &evidence), [3, 4, 6]);
        let even = [0.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.0, 0.0];
        evidence.skip(3, SkipReason::Run);
        evidence.skip(4, SkipReason::Run);
        assert_eq!(read(&search(&even, claim(3, 5), &[1]), &evidence), [1, 2, 5]);
    }

    #[test]
    fn a_culprit_is_confirmed_beside_the_last_commit_before_it() {
        let step = Step::ConfirmCulprit { wanted: Vec::new(), claim: claim(3, 5) };
        assert_eq!(read(&step, &Evidence::default()), [2, 5]);
        assert!(read(&Step::Done(BisectOutcome::GoodDiverges), &Evidence::default()).is_empty());
    }
}
