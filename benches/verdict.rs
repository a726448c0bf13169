//! How often the verdict is wrong, and how often that of others: a simulation of the real `judge_all`
//! on draws of known truth, beside the specification's figures.
//!
//! `cargo bench --bench verdict -- --repetitions 20000`; with `--promises` only the table of what docs/decision.md
//! promises, with a quarter of the repetitions, and with `--only TEXT` of it the cells whose name holds that.
//!
//! Exits with 1 if a figure is off by more than 4 standard errors and half a point, or if a false
//! alarm or what is promised not to happen is more frequent than the declared rate and 3 standard errors.

#![expect(clippy::print_stdout, reason = "the table is what the benchmark is for")]

use std::{env, process::ExitCode};

use anyhow::{Context, Result};
use regression_action::config::{ErrorRates, Pairing};

#[path = "verdict/cells.rs"]
mod cells;
#[path = "verdict/draws.rs"]
mod draws;
#[path = "verdict/promises.rs"]
mod promises;
#[path = "verdict/published.rs"]
mod published;
#[path = "verdict/reuse.rs"]
mod reuse;
#[path = "verdict/rules.rs"]
mod rules;

use draws::{Random, Shape};
use published::{BLOCKS, LOOKS_POCOCK, MISSES, Row, TRAININGS};
use rules::{BASE, Draws, MOST, Rule};

/// True worsenings in standard deviations; the margin is at 1.
const WORSENINGS: [f64; 6] = [0.0, 1.0, 1.5, 2.0, 3.0, 4.0];

/// What a rule said over all repetitions, by worsening.
#[derive(Default)]
struct Tally {
    blocks: [u32; 6],
    passes: [u32; 6],
    trainings: [u32; 6],
}

/// A line of the table.
struct Line {
    shape: Shape,
    name: String,
    ours: bool,
    tally: Tally,
}

fn main() -> Result<ExitCode> {
    let repetitions = repetitions()?;
    let only = after("--only");
    let promised = cells::kept(repetitions.div_ceil(4), only.as_deref().unwrap_or_default());
    if only.is_some() || env::args().any(|argument| argument == "--promises") {
        return Ok(if promised { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    println!("{repetitions} repetitions, margin 1 SD, SD 5 % of the base's mean; percent\n");
    let mut lines: Vec<Line> = Shape::ALL
        .into_iter()
        .flat_map(|shape| simulate(shape, 0.0, rules(), repetitions))
        .collect();
    lines.extend(simulate(Shape::Normal, 0.7, paired(), repetitions));
    table(&lines, repetitions);
    let compared = compare(&lines, repetitions);
    let alarms = false_alarms(&lines, repetitions);
    Ok(if promised && compared && alarms { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The argument behind that one; other arguments are cargo's.
fn after(name: &str) -> Option<String> {
    env::args().skip_while(|argument| argument != name).nth(1)
}

fn repetitions() -> Result<u32> {
    let Some(count) = after("--repetitions") else { return Ok(20_000) };
    let parsed = count.parse::<u32>().ok().filter(|count| *count > 0);
    parsed.with_context(|| format!("--repetitions: read {count}; allowed: a number from 1"))
}

fn rules() -> Vec<Rule> {
    let mut rules: Vec<Rule> = (3..=9).map(|seeds| Rule::Fixed(seeds, Pairing::None)).collect();
    rules.extend([Rule::Looks(&[3, 6, 9], false), Rule::Looks(&[3, 6, 9], true)]);
    rules.extend([Rule::Looks(&[3, 5, 7, 9], false), Rule::Looks(&[3, 5, 7, 9], true)]);
    rules.extend(paired());
    rules.extend([
        Rule::History,
        Rule::Ratio,
        Rule::AnyWorsening,
        Rule::BeyondMargin,
        Rule::Perfherder,
        Rule::Bencher,
    ]);
    rules
}

fn paired() -> Vec<Rule> {
    vec![Rule::Fixed(3, Pairing::Seed), Rule::Fixed(5, Pairing::Seed)]
}

/// All rules on the same draws; `correlation` between the two sides of a seed.
fn simulate(shape: Shape, correlation: f64, rules: Vec<Rule>, repetitions: u32) -> Vec<Line> {
    let mut tallies: Vec<Tally> = rules.iter().map(|_| Tally::default()).collect();
    let mut random = Random::new(20_261_127);
    for _ in 0..repetitions {
        let base: [f64; MOST] = shape.draws(&mut random);
        let own: [f64; MOST] = shape.draws(&mut random);
        let past: [f64; 10] = shape.draws(&mut random);
        let rest = (1.0 - correlation * correlation).sqrt();
        for (index, worsening) in WORSENINGS.into_iter().enumerate() {
            let head = |seed: usize| BASE + worsening + correlation * base[seed] + rest * own[seed];
            let draws = Draws {
                base: base.map(|noise| BASE + noise),
                head: std::array::from_fn(head),
                past: past.map(|noise| BASE + noise),
            };
            for (rule, tally) in rules.iter().zip(&mut tallies) {
                let answer = rule.answer(&draws);
                tally.blocks[index] += u32::from(answer.blocks);
                tally.passes[index] += u32::from(answer.passes);
                tally.trainings[index] += answer.trainings;
            }
        }
    }
    let suffix = if correlation > 0.0 { format!(", rho {correlation}") } else { String::new() };
    let line = |(rule, tally): (Rule, Tally)| Line {
        shape,
        name: rule.name() + &suffix.replace("0.", "."),
        ours: rule.is_ours(),
        tally,
    };
    rules.into_iter().zip(tallies).map(line).collect()
}

fn table(lines: &[Line], repetitions: u32) {
    println!("Blocked, by true worsening w: a false alarm up to w = margin, right above it.");
    println!("Missed: passed, though w is the margin and more.  Trainings of both sides.\n");
    println!(
        "| noise | rule | w = 0 | margin | +.5 SD | +1 SD | +2 SD | +3 SD | missed at margin | +1 SD | +2 SD | passed at w = 0 | trainings at w = 0 | margin | +2 SD |"
    );
    println!("|{}", "---|".repeat(15));
    for Line { shape, name, tally, .. } in lines {
        let blocks = tally.blocks.map(|count| shown(percent(count, repetitions)));
        let passes = tally.passes.map(|count| shown(percent(count, repetitions)));
        let trainings = tally.trainings.map(|sum| format!("{:.1}", mean(sum, repetitions)));
        println!(
            "| {} | {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
            shape.name(),
            blocks.join(" | "),
            passes[1],
            passes[3],
            passes[4],
            passes[0],
            trainings[0],
            trainings[1],
            trainings[4]
        );
    }
}

/// Compares with the specification; whether all is near enough.
fn compare(lines: &[Line], repetitions: u32) -> bool {
    println!(
        "\n| rule, normal noise | at | specified | here | allowed off | |\n|---|---|---|---|---|---|"
    );
    let names = ["w = 0", "margin", "+.5 SD", "+1 SD", "+2 SD", "+3 SD"];
    let find =
        |name: &str| lines.iter().find(|line| line.shape == Shape::Normal && line.name == name);
    let mut good = true;
    for (name, row) in BLOCKS {
        let Some(Line { tally, .. }) = find(name) else {
            println!("| {name} | | | not simulated | | **missing** |");
            good = false;
            continue;
        };
        for (index, at) in names.into_iter().enumerate() {
            let here = percent(tally.blocks[index], repetitions);
            if let Some(range) = specified(&(name, row), index) {
                good &= line(name, &format!("blocked at {at}"), range, here, repetitions);
            }
        }
    }
    for (name, [one, two]) in MISSES {
        let Some(Line { tally, .. }) = find(name) else { continue };
        for (index, value) in [(3, one), (4, two)] {
            let here = percent(tally.passes[index], repetitions);
            let at = format!("missed at {}", names[index]);
            good &= line(name, &at, (value, value), here, repetitions);
        }
    }
    if let Some(Line { name, tally, .. }) = find("ours, looks 3/6/9") {
        for (index, [high, low]) in TRAININGS {
            let here = mean(tally.trainings[index], repetitions);
            let near = (low - 0.15..=high + 0.15).contains(&here);
            let mark = if near { "ok" } else { "**off**" };
            let at = names[index];
            println!("| {name} | trainings at {at} | {low} to {high} | {here:.2} | .15 | {mark} |");
            good &= near;
        }
    }
    good
}

/// What is specified; for looks, the two levels that ours is between.
fn specified((name, row): &Row, index: usize) -> Option<(f64, f64)> {
    let value = row[index]?;
    let other = if *name == "ours, looks 3/6/9" { LOOKS_POCOCK[index]? } else { value };
    Some((value.min(other), value.max(other)))
}

fn line(name: &str, at: &str, (low, high): (f64, f64), here: f64, repetitions: u32) -> bool {
    // Both are simulated.
    let error = standard_error(here.max(high), repetitions).hypot(standard_error(high, 20_000));
    let allowed = 4.0 * error + 0.5;
    let near = (low - allowed..=high + allowed).contains(&here);
    let mark = if near { "ok" } else { "**off**" };
    let specified = if high > low { format!("{low} to {high}") } else { low.to_string() };
    println!("| {name} | {at} | {specified} | {here:.2} | {allowed:.2} | {mark} |");
    near
}

/// A way to be wrong, its declared rate, and where it is counted.
type Kind = (&'static str, f64, fn(&Tally) -> u32);

/// Whether no rule of ours is wrong more often than declared, for any noise.
fn false_alarms(lines: &[Line], repetitions: u32) -> bool {
    let declared = ErrorRates::default();
    let mut good = true;
    println!(
        "\n| ours, highest of all noise and seeds | declared | here | with |  |\n|---|---|---|---|---|"
    );
    let most = |of: fn(&Tally) -> u32| {
        lines.iter().filter(|line| line.ours).max_by_key(|line| of(&line.tally))
    };
    let kinds: [Kind; 3] = [
        ("blocked at the margin", declared.block, |tally| tally.blocks[1]),
        ("blocked at w = 0", declared.block, |tally| tally.blocks[0]),
        ("passed at the margin", declared.pass, |tally| tally.passes[1]),
    ];
    for (what, rate, of) in kinds {
        let Some(worst) = most(of) else { continue };
        let (rate, here) = (100.0 * rate, percent(of(&worst.tally), repetitions));
        let kept = here <= rate + 3.0 * standard_error(rate, repetitions);
        let mark = if kept { "ok" } else { "**above**" };
        println!(
            "| {what} | {rate} | {here:.2} | {}, {} | {mark} |",
            worst.name,
            worst.shape.name()
        );
        good &= kept;
    }
    good
}

fn percent(count: u32, repetitions: u32) -> f64 {
    100.0 * mean(count, repetitions)
}

fn mean(sum: u32, repetitions: u32) -> f64 {
    f64::from(sum) / f64::from(repetitions)
}

/// Of a percentage.
fn standard_error(percent: f64, repetitions: u32) -> f64 {
    (percent * (100.0 - percent).max(0.0) / f64::from(repetitions)).sqrt()
}

fn shown(percent: f64) -> String {
    if percent == 0.0 {
        "0".into()
    } else if percent < 1.0 {
        format!("{percent:.2}")
    } else {
        format!("{percent:.1}")
    }
}
