//! Whole bisects with both confirmations, by [`next`].

use regression_action::bisect::{Evidence, Outcome, Step, Terms, look, next};

use crate::{noise::World, search::plan};

/// Of the table's four.
const BATCHES: [usize; 2] = [1, 8];

/// What became of many bisects.
#[derive(Debug, Default)]
struct Tally {
    rounds: usize,
    readings: usize,
    right: usize,
    wrong: usize,
    ends: usize,
    claim: usize,
    several: usize,
    spent: usize,
}

impl Tally {
    fn take(&mut self, world: &World, k: usize) {
        let (_, budget) = plan(world.separation);
        let terms = Terms { batch: k, budget, ..Terms::new(world.last + 1) };
        let terms = Terms { ends_look: look(world.separation, terms.error), ..terms };
        let (evidence, rounds, outcome) = bisect(world, &terms);
        self.rounds += rounds;
        self.readings += evidence.spent();
        match outcome {
            Outcome::Culprit(claim) if claim.commits.to == world.culprit => self.right += 1,
            Outcome::Culprit(_) | Outcome::OneOf(_) | Outcome::AllSkipped(_) => self.wrong += 1,
            Outcome::ClaimNotConfirmed { .. } => self.claim += 1,
            Outcome::MoreThanOneChange { .. } => self.several += 1,
            Outcome::BudgetSpent { .. } => self.spent += 1,
            Outcome::NotReproduced(_)
            | Outcome::EnvironmentDrift { .. }
            | Outcome::Swapped(_)
            | Outcome::EndSkipped { .. }
            | Outcome::GoodDiverges => self.ends += 1,
        }
    }

    fn add(&mut self, other: &Self) {
        self.right += other.right;
        self.wrong += other.wrong;
    }
}

/// Reads what is wanted until it is done.  Confirmations read afresh: each purpose its own seeds.
/// A round is as many readings as run at once, so a request may take several.
pub(crate) fn bisect(world: &World, terms: &Terms) -> (Evidence, usize, Outcome) {
    let (mut evidence, mut rounds) = (Evidence::default(), 0);
    loop {
        let wanted = match next(&evidence, terms) {
            Step::ConfirmEnds { wanted }
            | Step::Search { wanted, .. }
            | Step::ConfirmSeveral { wanted, .. }
            | Step::ConfirmCulprit { wanted, .. } => wanted,
            Step::Done(outcome) => return (evidence, rounds, outcome),
        };
        let round = evidence.round();
        rounds += wanted.len().div_ceil(terms.batch);
        for measure in wanted {
            let count = measure.repeat + 1_000 * measure.purpose as usize;
            evidence.read(measure, round, world.reading(measure.commit, count));
        }
    }
}

pub(crate) fn print(repetitions: u64) {
    println!("## Whole bisects, both confirmations included\n");
    println!("{repetitions} repetitions; shares in %.\n");
    print!("| N | d' | k | rounds | readings | right | wrong | ends not shown |");
    println!(" claim not confirmed | \"more than one\" | budget spent |");
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let mut all = Tally::default();
    for last in [16, 64, 256, 1024] {
        for separation in [1.0, 2.0, 4.0] {
            for k in BATCHES {
                let mut tally = Tally::default();
                for seed in 0..repetitions {
                    tally.take(&World::new(seed, last, separation), k);
                }
                all.add(&tally);
                row(last, separation, k, &tally, repetitions);
            }
        }
    }
    let percent = 100.0 * all.right as f64 / (all.right + all.wrong) as f64;
    println!("\n- Named culprits: {}, right in {percent:.2} %.", all.right + all.wrong);
    let mut none = Tally::default();
    for seed in 0..10 * repetitions {
        none.take(&World::new(seed, 64, 0.0), 8);
    }
    let named = none.right + none.wrong;
    println!(
        "- No step at all, N=64: a culprit named in {named} of {} bisects.\n",
        10 * repetitions
    );
}

fn row(last: usize, separation: f64, k: usize, tally: &Tally, repetitions: u64) {
    let mean = |count: usize| count as f64 / repetitions as f64;
    print!("| {last} | {separation} | {k} |");
    print!(" {:.1} | {:.0} |", mean(tally.rounds), mean(tally.readings));
    let shares = [tally.right, tally.wrong, tally.ends, tally.claim, tally.several, tally.spent];
    let shares = shares.map(|count| format!(" {:.1} |", 100.0 * mean(count)));
    println!("{}", shares.concat());
}
