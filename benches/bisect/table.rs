//! The table of stats.md section 3, ours beside its figures.

use crate::{
    noise::World,
    search::{Ended, search},
};

const BATCHES: [usize; 4] = [1, 4, 8, 16];

/// Repetitions behind the figures.
const REPETITIONS: f64 = 600.0;

/// Last commit, separation, and for each batch: rounds (k = 1: as readings), readings, % right.
type Row = (usize, f64, [(f64, u32, u32); 4]);

const FIGURES: [Row; 12] = [
    (16, 1.0, [(108.0, 108, 93), (28.0, 111, 99), (15.0, 114, 98), (8.3, 127, 98)]),
    (16, 2.0, [(31.0, 31, 96), (8.9, 34, 98), (5.3, 37, 100), (3.5, 51, 99)]),
    (16, 4.0, [(12.0, 12, 100), (4.4, 16, 100), (3.0, 22, 100), (2.3, 27, 100)]),
    (64, 1.0, [(124.0, 124, 93), (31.0, 122, 96), (17.0, 129, 97), (9.3, 143, 98)]),
    (64, 2.0, [(34.0, 34, 96), (9.9, 38, 99), (6.5, 46, 99), (4.1, 59, 100)]),
    (64, 4.0, [(14.0, 14, 100), (5.4, 20, 100), (3.4, 25, 100), (3.0, 39, 100)]),
    (256, 1.0, [(145.0, 145, 90), (36.0, 141, 96), (19.0, 150, 97), (11.0, 170, 99)]),
    (256, 2.0, [(40.0, 40, 97), (11.6, 44, 99), (7.2, 52, 99), (4.8, 71, 100)]),
    (256, 4.0, [(16.0, 16, 100), (6.3, 23, 100), (4.1, 31, 100), (3.3, 43, 99)]),
    (1024, 1.0, [(147.0, 147, 92), (40.0, 159, 96), (22.0, 169, 97), (12.5, 193, 98)]),
    (1024, 2.0, [(42.0, 42, 97), (13.4, 52, 99), (8.3, 60, 99), (5.4, 81, 99)]),
    (1024, 4.0, [(19.0, 19, 100), (7.2, 27, 100), (4.9, 37, 100), (4.1, 55, 100)]),
];

/// Prints the table; whether no cell is worse than its figure.
pub(crate) fn print(repetitions: u64) -> bool {
    println!(
        "## The search alone: rounds / readings / % right, in brackets the figures of stats.md\n"
    );
    println!("{repetitions} repetitions; **worse**: by more than three standard errors.\n");
    println!("| N | d' | k=1 | k=4 | k=8 | k=16 |\n|---|---|---|---|---|---|");
    let (mut worse, mut claims, mut right) = (0, 0, 0);
    for (last, separation, figures) in FIGURES {
        print!("| {last} | {separation} |");
        for (k, figure) in BATCHES.into_iter().zip(figures) {
            let all: Vec<Ended> = (0..repetitions)
                .map(|seed| search(&World::new(seed, last, separation), k))
                .collect();
            claims += all.iter().filter(|ended| ended.claimed).count();
            right += all.iter().filter(|ended| ended.claimed && ended.right).count();
            let cell = Cell::of(&all);
            let is_worse = cell.is_worse(figure.2, repetitions);
            worse += usize::from(is_worse);
            print!(" {} {}", cell.text(), text(figure));
            print!("{}", if is_worse { " **worse** |" } else { " |" });
        }
        println!();
    }
    println!("\n- Worse than the table: {worse} of {} cells.", 4 * FIGURES.len());
    let percent = 100.0 * right as f64 / claims as f64;
    println!("- Claims of 95 %: {claims}, right in {percent:.1} %.\n");
    worse == 0
}

struct Cell {
    rounds: f64,
    readings: f64,
    right: f64,
}

impl Cell {
    fn of(all: &[Ended]) -> Self {
        let mean = |of: fn(&Ended) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        Self {
            rounds: mean(|ended| ended.rounds as f64),
            readings: mean(|ended| ended.readings as f64),
            right: mean(|ended| f64::from(u8::from(ended.right))),
        }
    }

    fn text(&self) -> String {
        format!("{:.1} / {:.0} / {:.1}", self.rounds, self.readings, 100.0 * self.right)
    }

    /// The figure is a rounded estimate, too: Agresti and Coull's error of it, plus half a point.
    fn is_worse(&self, percent: u32, repetitions: u64) -> bool {
        let figure = f64::from(percent) / 100.0;
        let share = (figure * REPETITIONS + 2.0) / (REPETITIONS + 4.0);
        let variance = share * (1.0 - share);
        let error = (variance / REPETITIONS + variance / repetitions as f64).sqrt();
        self.right < figure - 0.005 - 3.0 * error
    }
}

fn text((rounds, readings, right): (f64, u32, u32)) -> String {
    format!("({rounds} / {readings} / {right})")
}
