//! The bisect's policy on simulated readings, beside the table of stats.md and `git bisect run`.
//!
//! `cargo bench --bench bisect -- [--policy] [--repetitions 250] [--git-repetitions 100]`
//!
//! Prints Markdown; exit code 1 if something is not as promised, by more than three standard errors.  With
//! `--policy`, whole bisects alone.  Takes `REGRESSION_BENCH_BAYESECT`, a Python that has `git_bayesect`.

#![expect(clippy::print_stdout, reason = "the tables are what the benchmark is for")]
#![expect(clippy::cast_precision_loss, reason = "counts and random bits are below 2^53")]

#[path = "bisect/bayesect.rs"]
mod bayesect;
#[path = "bisect/git.rs"]
mod git;
#[path = "bisect/noise.rs"]
mod noise;
#[path = "bisect/planning.rs"]
mod planning;
#[path = "bisect/reading.rs"]
mod reading;
#[path = "bisect/rivals.rs"]
mod rivals;
#[path = "bisect/search.rs"]
mod search;
#[path = "bisect/table.rs"]
mod table;
#[path = "bisect/whole.rs"]
mod whole;

use std::{env, process::ExitCode};

use anyhow::{Context, Result};

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(git::READ) => return git::read(),
        Some(planning::PLAN) => return planning::plan(),
        Some(_) | None => {}
    }
    let repetitions = number(&arguments, "--repetitions", 250)?;
    let mut as_promised = whole::print(repetitions);
    if !arguments.iter().any(|argument| argument == "--policy") {
        as_promised &= table::print(repetitions);
        planning::print()?;
        reading::print()?;
        rivals::print(number(&arguments, "--git-repetitions", 100)?)?;
    }
    Ok(if as_promised { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn number(arguments: &[String], name: &str, default: u64) -> Result<u64> {
    let Some(at) = arguments.iter().position(|argument| argument == name) else {
        return Ok(default);
    };
    let value = arguments.get(at + 1).with_context(|| format!("{name} needs a number"))?;
    value.parse().with_context(|| format!("{name} {value}: not a number"))
}
