//! The cells of the table of promises.

use regression_action::verdict::Verdict;

use crate::{
    draws::{Random, Shape},
    promises::{CALM, Outcome, World},
    reuse::Reuse,
    shown, standard_error,
};

/// What may not happen more often than in so many percent of comparisons.
struct Cell {
    what: String,
    world: World,
    wrong: fn(&Outcome) -> bool,
    /// In percent; none where docs/decision.md excludes the case in words.
    promise: Option<f64>,
}

/// What came of a cell, in percent, and trainings of both sides on average.
struct Measured {
    wrong: f64,
    passes: f64,
    trainings: f64,
}

/// Prints each promise beside what is measured, of the cells whose name holds `only`; whether none is broken by
/// more than 3 standard errors.
pub(crate) fn kept(repetitions: u32, only: &str) -> bool {
    println!("{repetitions} repetitions; looks after 3, 5, 7 and 9 seeds; percent\n");
    println!("| wrong | promised | here | | passes | trainings |\n|---|---|---|---|---|---|");
    let mut good = true;
    for cell in all().into_iter().filter(|cell| cell.what.contains(only)) {
        let measured = cell.measure(repetitions);
        let most = cell.promise.map(|rate| rate + 3.0 * standard_error(rate, repetitions));
        let kept = most.is_none_or(|most| measured.wrong <= most);
        let promise = cell.promise.map_or("none".to_owned(), |rate| rate.to_string());
        println!(
            "| {} | {promise} | {} | {} | {} | {:.1} |",
            cell.what,
            shown(measured.wrong),
            if kept { "ok" } else { "**above**" },
            shown(measured.passes),
            measured.trainings
        );
        good &= kept;
    }
    println!();
    good
}

fn blocks(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::Regressed
}

fn passes(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::Pass
}

fn not_blocked_at_once(outcome: &Outcome) -> bool {
    !blocks(outcome) || outcome.looks > 1
}

impl Cell {
    fn blocked(what: &str, world: World) -> Self {
        Self { what: format!("blocked: {what}"), world, wrong: blocks, promise: Some(5.0) }
    }

    fn passed(what: &str, world: World) -> Self {
        Self { what: format!("passed: {what}"), world, wrong: passes, promise: Some(5.0) }
    }

    fn without_promise(self) -> Self {
        Self { promise: None, ..self }
    }

    /// docs/decision.md promises less there, in percent.
    fn promising(self, rate: f64) -> Self {
        Self { promise: Some(rate), ..self }
    }

    fn measure(&self, repetitions: u32) -> Measured {
        let mut random = Random::new(20_261_129);
        let (mut wrong, mut right, mut trainings) = (0_u32, 0_u32, 0_usize);
        for _ in 0..repetitions {
            let outcome = self.world.compare(&mut random);
            wrong += u32::from((self.wrong)(&outcome));
            right += u32::from(passes(&outcome));
            trainings += outcome.trainings;
        }
        let of_all = |count: f64| count / f64::from(repetitions);
        #[expect(clippy::cast_precision_loss, reason = "some millions")]
        let trainings = of_all(trainings as f64);
        let (wrong, passes) = (100.0 * of_all(wrong.into()), 100.0 * of_all(right.into()));
        Measured { wrong, passes, trainings }
    }
}

fn all() -> Vec<Cell> {
    let mut cells = Vec::new();
    margins(&mut cells);
    noise(&mut cells);
    losses(&mut cells);
    reused(&mut cells);
    cells
}

/// Margins and numbers of metrics.
fn margins(cells: &mut Vec<Cell>) {
    for metrics in [1, 5, 20] {
        for margin in [0.5, 1.0, 2.0] {
            let world = World { metrics, margin, ..CALM };
            let what = format!("margin {margin} SD, {metrics} metrics");
            cells.push(Cell::blocked(&format!("no change, {what}"), world));
            let all = World { worsening: [margin; 2], ..world };
            cells.push(Cell::blocked(&format!("all at the margin, {what}"), all));
            let one = World { worsening: [margin, 0.0], ..world };
            cells.push(Cell::passed(&format!("one at the margin, {what}"), one));
        }
    }
    let known = World { known: true, ..CALM };
    cells.push(Cell::blocked("no change, base known", known));
    let at = World { worsening: [2.0; 2], ..known };
    cells.push(Cell::blocked("at the margin, base known", at));
    cells.push(Cell::passed("at the margin, base known", at));
}

/// Unlike noise of the sides, and margins that are shares of a noisy mean.
fn noise(cells: &mut Vec<Cell>) {
    let at = World { worsening: [2.0; 2], ..CALM };
    for head in [0.33, 3.0] {
        let what = format!("at the margin, SD of head {head} of base's");
        cells.push(Cell::blocked(&what, World { head, ..at }).promising(6.0));
        cells.push(Cell::passed(&what, World { head, ..at }).promising(6.0));
    }
    for shape in Shape::ALL {
        for other in Shape::ALL.into_iter().filter(|other| *other != shape) {
            let what = format!("at the margin, base {}, head {}", shape.name(), other.name());
            let world = World { shapes: [shape, other], ..at };
            cells.push(Cell::blocked(&what, world).without_promise());
            cells.push(Cell::passed(&what, world).without_promise());
        }
    }
    for variation in [0.05, 0.2, 0.4] {
        let what = format!("at the margin, relative, CV {:.0} %", 100.0 * variation);
        let world = World { relative: Some(variation), margin: 1.0, worsening: [1.0; 2], ..CALM };
        cells.push(Cell::blocked(&what, world));
        cells.push(Cell::passed(&what, world));
    }
}

/// Trainings that diverge by their seed, and those that crash where they are worst.
fn losses(cells: &mut Vec<Cell>) {
    for percent in [0_u32, 1, 2, 5, 10] {
        for metrics in [1, 5] {
            let diverge = [f64::from(percent) / 100.0; 2];
            let what = format!("no change, {percent} % of seeds diverge, {metrics} metrics");
            cells.push(Cell::blocked(&what, World { metrics, diverge, ..CALM }));
        }
    }
    for metrics in [1, 5] {
        cells.push(Cell {
            what: format!("not blocked at the first look: every head diverges, {metrics} metrics"),
            world: World { diverge: [0.0, 1.0], metrics, ..CALM },
            wrong: not_blocked_at_once,
            promise: Some(0.0),
        });
    }
    for percent in [10_u32, 20, 30] {
        let what = format!("at the margin, head crashes in its worst {percent} % of seeds");
        let world = World { worsening: [2.0; 2], crash: f64::from(percent) / 100.0, ..CALM };
        let cell = Cell::passed(&what, world);
        cells.push(if percent > 10 { cell.without_promise() } else { cell.promising(6.0) });
    }
}

/// A base whose nine seeds are known from the history, while all trainings may have become worse or better since.
fn reused(cells: &mut Vec<Cell>) {
    let fixed = Reuse { drift: 0.0, loose: 0.0, times: 2 };
    let histories = [
        ("seeds fix trainings, second reuse", fixed),
        ("seeds fix trainings, first reuse", Reuse { times: 1, ..fixed }),
        ("seeds fix nine tenths, sixth reuse", Reuse { loose: 0.1_f64.sqrt(), times: 6, ..fixed }),
        ("seeds fix nothing, second reuse", Reuse { loose: 1.0, ..fixed }),
    ];
    for (told, history) in histories {
        // What no seed fixes is found where it is large; what is within the margin is tolerated as any change is.
        let promised =
            |drift: f64, most: f64| history.loose == 0.0 && history.times > 1 || drift <= most;
        let world = |drift| World { reuse: Some(Reuse { drift, ..history }), ..CALM };
        for drift in [0.0, 1.0, 2.0, 4.0] {
            let what = format!("no change, base reused and {drift} SD worse since, {told}");
            let cell = Cell::blocked(&what, world(drift));
            let holds = promised(drift, CALM.margin);
            cells.push(if holds { cell } else { cell.without_promise() });
        }
        for drift in [0.0, 2.0, 4.0] {
            let what = format!("at the margin, base reused and {drift} SD better since, {told}");
            let cell = Cell::passed(&what, World { worsening: [2.0; 2], ..world(-drift) });
            cells.push(if promised(drift, 0.0) { cell } else { cell.without_promise() });
        }
    }
}
