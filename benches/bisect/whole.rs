//! Whole bisects by [`next`], with both confirmations: what is promised beside what is measured, and beside
//! `git bisect run`.

use regression_action::bisect::policy::{BisectOutcome, Evidence, Step, Terms, next};

use crate::noise::{Kind, World};

/// Readings at a time, and in all unless a row says otherwise: the product's own.
const BATCH: usize = 8;
const BUDGET: usize = 200;

/// Of those that are named at least this part is right.
const RIGHT: f64 = 0.95;

/// Of searches without a culprit at most this part names one: where ends do not differ, and in a drift.
const NAMED: f64 = 0.01;
const NAMED_OF_DRIFT: f64 = 0.05;

/// The culprit is found in this part of the searches at a step of one deviation or more, among so many commits.
const FOUND: f64 = 0.75;
const AMONG: usize = 256;

/// One row: worlds that are alike.
#[derive(Debug, Clone, Copy)]
struct Row {
    kind: Kind,
    last: usize,
    separation: f64,
    budget: usize,
    /// Whether claims are promised to be right; offsets may be too large for that.
    promised: bool,
}

impl Row {
    fn world(&self, seed: u64) -> World {
        World { kind: self.kind, ..World::new(seed, self.last, self.separation) }
    }

    fn name(&self) -> String {
        match self.kind {
            Kind::Plain if self.separation > 0.0 => "a step".to_owned(),
            Kind::Plain => "no step".to_owned(),
            Kind::Offsets(of) if self.promised => format!("offsets of {of}"),
            Kind::Offsets(of) => format!("offsets of {of}, not promised"),
            Kind::Diverges(share) => format!("{:.0} % diverge", 100.0 * share),
            Kind::AllDiverge(share) => format!("{:.0} % diverge everywhere", 100.0 * share),
            Kind::Drift => "a drift".to_owned(),
        }
    }
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |kind, last, separation, budget, promised| {
        rows.push(Row { kind, last, separation, budget, promised });
    };
    for last in [16, 64, 256, 1024] {
        for separation in [1.0, 1.5, 2.0, 4.0] {
            add(Kind::Plain, last, separation, BUDGET, true);
        }
        for share in [0.1, 0.3, 1.0] {
            add(Kind::Diverges(share), last, 0.0, BUDGET, true);
        }
        add(Kind::Diverges(0.1), last, 0.0, 5 * BUDGET, true);
        for (separation, offset) in [(1.0, 0.125), (1.5, 0.28), (2.0, 0.5), (4.0, 0.5)] {
            add(Kind::Offsets(offset), last, separation, BUDGET, true);
        }
        add(Kind::Offsets(0.5), last, 1.0, BUDGET, false);
        for separation in [1.0, 2.0, 4.0, 8.0] {
            add(Kind::Drift, last, separation, BUDGET, true);
        }
        add(Kind::Plain, last, 0.0, BUDGET, true);
        for share in [0.1, 0.3] {
            add(Kind::AllDiverge(share), last, 0.0, BUDGET, true);
        }
    }
    rows
}

/// What became of many bisects.
#[derive(Debug, Default)]
struct Tally {
    count: usize,
    readings: usize,
    right: usize,
    wrong: usize,
    ends: usize,
    several: usize,
    spent: usize,
    /// Of `git bisect run`.
    halved: usize,
    halved_readings: usize,
}

impl Tally {
    fn of(row: &Row, repetitions: u64) -> Self {
        let mut tally = Self::default();
        for seed in 0..repetitions {
            tally.take(row, &row.world(seed));
        }
        tally
    }

    fn take(&mut self, row: &Row, world: &World) {
        let terms = Terms { batch: BATCH, budget: row.budget, ..Terms::new(world.last + 1) };
        let (evidence, outcome) = bisect(world, &terms);
        self.count += 1;
        self.readings += evidence.spent();
        let is_right = |commit| world.has_culprit() && commit == world.culprit;
        match outcome {
            BisectOutcome::Culprit(claim) if is_right(claim.commits.to) => self.right += 1,
            BisectOutcome::Culprit(_) | BisectOutcome::OneOf(_) | BisectOutcome::AllSkipped(_) => {
                self.wrong += 1;
            }
            BisectOutcome::MoreThanOneChange { .. } => self.several += 1,
            BisectOutcome::BudgetSpent { .. } => self.spent += 1,
            BisectOutcome::NotReproduced(_)
            | BisectOutcome::EnvironmentDrift { .. }
            | BisectOutcome::Swapped(_)
            | BisectOutcome::EndSkipped { .. }
            | BisectOutcome::GoodDiverges => self.ends += 1,
        }
        let (named, readings) = world.halved();
        self.halved += usize::from(is_right(named));
        self.halved_readings += readings;
    }

    /// Whether it is as promised, within three standard errors.
    fn holds(&self, row: &Row) -> bool {
        let count = self.count as f64;
        let above = |part: usize, of: f64, promised: f64| {
            let error = (promised * (1.0 - promised) / of.max(1.0)).sqrt();
            part as f64 >= (promised - 3.0 * error) * of
        };
        let unnamed = |most: f64| above(self.count - self.wrong, count, 1.0 - most);
        if !row.world(0).has_culprit() {
            return unnamed(if row.kind == Kind::Drift { NAMED_OF_DRIFT } else { NAMED });
        }
        let is_sought = row.kind == Kind::Plain && row.last <= AMONG;
        !row.promised
            || above(self.right, (self.right + self.wrong) as f64, RIGHT)
                && (!is_sought || above(self.right, count, FOUND))
    }

    fn print(&self, row: &Row) {
        let percent = |part: usize, of: usize| 100.0 * part as f64 / of as f64;
        let mean = |sum: usize| sum as f64 / self.count as f64;
        let named = self.right + self.wrong;
        print!("| {} | {} | {} | {} |", row.name(), row.last, row.separation, row.budget);
        print!(" {:.0} |", mean(self.readings));
        if row.world(0).has_culprit() {
            print!(" {:.1} |", percent(self.right, self.count));
            match named {
                0 => print!(" - |"),
                named => print!(" {:.1} of {named} |", percent(self.right, named)),
            }
        } else {
            print!(" - | {:.1} named |", percent(named, self.count));
        }
        let rest = [self.ends, self.several, self.spent];
        print!("{}", rest.map(|count| format!(" {:.1} |", percent(count, self.count))).concat());
        if row.world(0).has_culprit() {
            print!(
                " {:.1} / {:.0} |",
                percent(self.halved, self.count),
                mean(self.halved_readings)
            );
        } else {
            print!(" 0 / {:.0} |", mean(self.halved_readings));
        }
        println!("{}", if self.holds(row) { "" } else { " **not as promised**" });
    }
}

/// Reads what is wanted until it is done.  Confirmations read afresh: each purpose its own seeds.
fn bisect(world: &World, terms: &Terms) -> (Evidence, BisectOutcome) {
    let mut evidence = Evidence::default();
    loop {
        let wanted = match next(&evidence, terms) {
            Step::ConfirmEnds { wanted }
            | Step::Search { wanted, .. }
            | Step::ConfirmSeveral { wanted, .. }
            | Step::ConfirmCulprit { wanted, .. } => wanted,
            Step::Done(outcome) => return (evidence, outcome),
        };
        let round = evidence.round();
        for measure in wanted {
            let count = measure.repeat + 10_000 * measure.purpose as usize;
            evidence.read(measure, round, world.reading(measure.commit, count));
        }
    }
}

/// Prints the table; whether all that is promised holds.
pub(crate) fn print(repetitions: u64) -> bool {
    println!("## Whole bisects: what is promised, and what is measured\n");
    println!(
        "{repetitions} repetitions, {BATCH} readings at a time; shares in %.  Promised, within"
    );
    println!(
        "three standard errors: of the named 95 % are right; of steps 75 % are found among 256 commits or fewer;"
    );
    println!(
        "where ends do not differ 1 % is named, of a drift 5 %.  `git bisect run`, here simulated, is"
    );
    println!("given the threshold, and reads each commit once.\n");
    println!(
        "| worlds | N | d' | budget | readings | right | right of the named | ends do not differ | \
         more than one | budget spent | git bisect run: right / readings |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let mut holds = true;
    for row in rows() {
        let tally = Tally::of(&row, repetitions);
        tally.print(&row);
        holds &= tally.holds(&row);
    }
    println!();
    holds
}
