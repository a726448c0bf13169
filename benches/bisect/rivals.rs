//! Others on real repositories, and ours on the same readings.

use anyhow::Result;

use crate::{bayesect, git::Repository, noise::World, search::search};

/// Each bisect of `git_bayesect` takes seconds: fewer of them.
const BAYESECT_PART: u64 = 4;

/// Prints the table.
pub(crate) fn print(repetitions: u64) -> Result<()> {
    let python = bayesect::python();
    println!("## Others on real repositories: readings / % right\n");
    println!("{repetitions} repetitions.  `git bisect run` is given the threshold.  Ours: no");
    println!(
        "confirmations, in brackets the rounds.  The first readings of a commit are the same.\n"
    );
    println!(
        "| N | d' | git bisect run | best of 3 | best of 5 | git_bayesect | ours k=1 | ours k=8 |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for last in [16, 64] {
        let repository = Repository::new(last)?;
        for separation in [2.0, 4.0] {
            let worlds =
                |repetitions| (0..repetitions).map(|seed| World::new(seed, last, separation));
            print!("| {last} | {separation} |");
            for votes in [1, 3, 5] {
                let mut tally = Tally::default();
                for world in worlds(repetitions) {
                    let (named, readings) = repository.bisect(&world, votes)?;
                    tally.add(named == world.culprit, readings, 0);
                }
                print!(" {} |", tally.text());
            }
            let mut tally = Tally::default();
            for world in worlds(repetitions / BAYESECT_PART) {
                let Some(python) = &python else { break };
                let (named, readings) = bayesect::bisect(python, &repository, &world)?;
                tally.add(named == world.culprit, readings, 0);
            }
            print!(" {} |", tally.text());
            for k in [1, 8] {
                let mut tally = Tally::default();
                for world in worlds(repetitions) {
                    let ended = search(&world, k);
                    tally.add(ended.right, ended.readings, ended.rounds);
                }
                print!(" {} ({:.1}) |", tally.text(), tally.mean(tally.rounds));
            }
            println!();
        }
    }
    match python {
        Some(_) => println!("\n- git_bayesect: {} repetitions.", repetitions / BAYESECT_PART),
        None => println!("\n- git_bayesect: not installed."),
    }
    Ok(())
}

#[derive(Debug, Default)]
struct Tally {
    count: usize,
    right: usize,
    readings: usize,
    rounds: usize,
}

impl Tally {
    fn add(&mut self, right: bool, readings: usize, rounds: usize) {
        self.count += 1;
        self.right += usize::from(right);
        self.readings += readings;
        self.rounds += rounds;
    }

    fn mean(&self, sum: usize) -> f64 {
        sum as f64 / self.count as f64
    }

    fn text(&self) -> String {
        if self.count == 0 {
            return "-".to_owned();
        }
        format!("{:.1} / {:.0}", self.mean(self.readings), 100.0 * self.mean(self.right))
    }
}
