//! What a reading by a command costs besides the command, beside `git bisect run` of the same command.

use std::{fs, path::Path, process::Command, time::Instant};

use anyhow::{Result, ensure};
use tempfile::TempDir;

use crate::git::Repository;

/// Files of the repository, of which each commit changes some.
const FILES: usize = 3_000;
const COMMITS: usize = 256;
/// Commits from here on are worse (also in [`READ`]), by one deviation of a reading: ours reads until its budget is spent.
const CULPRIT: usize = 100;
/// Readings: trees are made by the first, and what comes between the two only switches them.
const BUDGETS: [usize; 2] = [40, 160];
const REPETITIONS: usize = 3;

/// Milliseconds that a further reading may take.
const GOAL: usize = 100;

/// Notes that it was run, and reads the commit: its level, with noise that follows from the seed.
const READ: &str = "echo read >> \"$READINGS\"; awk -v seed=\"$REGRESSION_SEED\" '{ \
    srand(seed); noise = -6; for (i = 0; i < 12; i++) noise += rand(); \
    loss = ($1 >= 100) + noise; print \"REGRESSION_METRICS {\\\"loss\\\": \" loss \"}\"; exit bad && $1 >= 100 }'";

/// What one way took: milliseconds and readings.
type Taken = (f64, usize);

/// Prints the table.
pub(crate) fn print() -> Result<()> {
    println!("## A reading by a command, {FILES} files\n");
    println!(
        "{COMMITS} commits; median of {REPETITIONS}.  Whole: the command from start to end, divided by its"
    );
    println!(
        "readings.  Further: what readings {} to {} took each.  Goal: ours {GOAL} ms.\n",
        BUDGETS[0], BUDGETS[1]
    );
    println!("| way | readings | ms a reading, whole | ms a further reading |\n|---|---|---|---|");
    let repository = Repository::of_files(COMMITS, FILES)?;
    let git = median(|| git(&repository), |(time, readings)| time / *readings as f64)?;
    println!("| git bisect run | {} | {:.0} | - |", git.1, git.0 / git.1 as f64);
    for parallel in [1, 8] {
        let both = || {
            Ok([ours(&repository, parallel, BUDGETS[0])?, ours(&repository, parallel, BUDGETS[1])?])
        };
        let further = |[few, many]: &[Taken; 2]| (many.0 - few.0) / (many.1 - few.1) as f64;
        let taken = median(both, further)?;
        let [_, (time, readings)] = taken;
        let (whole, further) = (time / readings as f64, further(&taken));
        println!("| bisect --command -k {parallel} | {readings} | {whole:.0} | {further:.0} |");
    }
    println!();
    Ok(())
}

fn median<T>(take: impl Fn() -> Result<T>, by: impl Fn(&T) -> f64) -> Result<T> {
    let mut taken = (0..REPETITIONS).map(|_| take()).collect::<Result<Vec<T>>>()?;
    taken.sort_by(|a, b| by(a).total_cmp(&by(b)));
    Ok(taken.swap_remove(REPETITIONS / 2))
}

fn git(repository: &Repository) -> Result<Taken> {
    let place = TempDir::new()?;
    repository.git(&["bisect", "start", "HEAD", &format!("HEAD~{COMMITS}")])?;
    let mut run = repository.command("git");
    let script = format!("{READ} bad=1 index");
    run.args(["bisect", "run", "sh", "-c", &script]).env("REGRESSION_SEED", "1");
    let taken = timed(run, place.path())?;
    let named = repository.git(&["show", "refs/bisect/bad:index"])?;
    ensure!(named.trim() == CULPRIT.to_string(), "git bisect run names {named}");
    repository.git(&["bisect", "reset"])?;
    Ok(taken)
}

/// With a cache of its own: nothing is known from before.
fn ours(repository: &Repository, parallel: usize, budget: usize) -> Result<Taken> {
    let place = TempDir::new()?;
    let mut run = repository.command(env!("CARGO_BIN_EXE_regression-action"));
    run.args(["bisect", "--good", &format!("HEAD~{COMMITS}"), "--metric", "loss"]);
    run.args(["--direction", "lower", "--command", &format!("{READ} index")]);
    run.args(["-k", &parallel.to_string(), "--budget", &budget.to_string()]);
    run.arg("--cache-dir").arg(place.path().join("cache"));
    timed(run, place.path())
}

/// Ours ends with 3 where the budget is spent.
fn timed(mut command: Command, place: &Path) -> Result<Taken> {
    let log = place.join("readings");
    let started = Instant::now();
    let output = command.env("READINGS", &log).output()?;
    let elapsed = started.elapsed();
    let ended = matches!(output.status.code(), Some(0 | 3));
    ensure!(ended, "{}", String::from_utf8_lossy(&output.stderr));
    Ok((1_000.0 * elapsed.as_secs_f64(), fs::read_to_string(log)?.lines().count()))
}
