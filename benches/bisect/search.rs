//! The search alone, as the table of stats.md counts it: ends read a fixed number of times, no
//! confirmations.

use std::collections::BTreeMap;

use regression_action::bisect::policy::{Evidence, Measure, Purpose, Terms, batch, posterior};

use crate::noise::World;

/// How a search ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ended {
    pub(crate) rounds: usize,
    pub(crate) readings: usize,
    /// One commit reached the confidence.
    pub(crate) claimed: bool,
    /// The likeliest commit is the culprit.
    pub(crate) right: bool,
}

/// Readings of either end and the budget of stats.md for that separation.
pub(crate) fn plan(separation: f64) -> (usize, usize) {
    match separation {
        d if d < 1.5 => (13, 400),
        d if d < 3.0 => (5, 200),
        _ => (3, 200),
    }
}

pub(crate) fn search(world: &World, k: usize) -> Ended {
    let (ends, budget) = plan(world.separation);
    let terms = Terms { batch: k, budget, ..Terms::new(world.last + 1) };
    let (mut evidence, mut counts) = (Evidence::default(), BTreeMap::<usize, usize>::new());
    let mut read = |evidence: &mut Evidence, commit: usize, purpose: Purpose, round: usize| {
        let count = counts.entry(commit).or_default();
        let measure = Measure { commit, purpose, repeat: *count };
        evidence.read(measure, round, world.reading(commit, *count));
        *count += 1;
    };
    for _ in 0..ends {
        read(&mut evidence, 0, Purpose::Ends, 0);
        read(&mut evidence, world.last, Purpose::Ends, 0);
    }
    let testable = evidence.testable(world.last + 1);
    let mut rounds = (2 * ends).div_ceil(k);
    loop {
        let posterior = posterior(&evidence, &terms);
        let most = posterior.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        let (commit, probability) = most.unwrap_or_default();
        let (claimed, left) = (probability >= terms.confidence, budget - evidence.spent());
        if claimed || left == 0 {
            let right = commit == world.culprit;
            return Ended { rounds, readings: evidence.spent(), claimed, right };
        }
        for commit in batch(&posterior, k.min(left), &testable, world.separation) {
            read(&mut evidence, commit, Purpose::Search, rounds);
        }
        rounds += 1;
    }
}
