//! What a reading by a command costs besides the command, beside `git bisect run` of the same command.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tempfile::TempDir;

use crate::git::Repository;

/// Files of the repository, of which each commit changes some.
const FILES: usize = 3_000;
const COMMITS: usize = 256;
/// Commits from here on are worse.
const CULPRIT: usize = 100;
const REPETITIONS: usize = 5;

/// Milliseconds that a reading may take beside `git bisect run`.
const GOAL: f64 = 100.0;

/// Notes that it was run, and tells whether the commit is worse.
const IS_WORSE: &str = "echo read >> \"$READINGS\"; [ \"$(cat index)\" -ge ";

/// A way to run the command on commits.
struct Way {
    name: &'static str,
    /// Readings at a time; none: git's own.
    parallel: Option<usize>,
}

const WAYS: [Way; 3] = [
    Way { name: "git bisect run", parallel: None },
    Way { name: "bisect --command -k 1", parallel: Some(1) },
    Way { name: "bisect --command -k 8", parallel: Some(8) },
];

/// Prints the table.
pub(crate) fn print() -> Result<()> {
    println!("## A reading by a command, {FILES} files\n");
    println!(
        "{COMMITS} commits; whole commands from start to end, divided by their readings; median of {REPETITIONS},"
    );
    println!("by turns.  Goal: ours at most {GOAL:.0} ms.\n");
    let (repository, place) = (Repository::of_files(COMMITS, FILES)?, TempDir::new()?);
    let mut taken: [Vec<(f64, usize)>; WAYS.len()] = Default::default();
    for _ in 0..REPETITIONS {
        for (way, taken) in WAYS.iter().zip(&mut taken) {
            taken.push(way.take(&repository, place.path())?);
        }
    }
    println!("| way | readings | ms a reading | of git's |\n|---|---|---|---|");
    let mut git = None;
    for (Way { name, .. }, mut taken) in WAYS.iter().zip(taken) {
        taken.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (each, readings) = taken[taken.len() / 2];
        let of = each / *git.get_or_insert(each);
        println!("| {name} | {readings} | {each:.0} | {of:.2} |");
    }
    println!();
    Ok(())
}

impl Way {
    /// Milliseconds of a reading, and how many there were.
    fn take(&self, repository: &Repository, place: &Path) -> Result<(f64, usize)> {
        let log = place.join("readings");
        fs::write(&log, "")?;
        let elapsed = match self.parallel {
            None => git(repository, &log)?,
            Some(parallel) => ours(repository, &log, parallel)?,
        };
        let readings = fs::read_to_string(&log)?.lines().count();
        Ok((elapsed.as_secs_f64() * 1_000.0 / readings as f64, readings))
    }
}

fn git(repository: &Repository, log: &Path) -> Result<Duration> {
    repository.git(&["bisect", "start", "HEAD", &format!("HEAD~{COMMITS}")])?;
    let script = format!("{IS_WORSE}{CULPRIT} ] && exit 1; exit 0");
    let mut run = repository.command("git");
    run.args(["bisect", "run", "sh", "-c", &script]).env("READINGS", log);
    let elapsed = timed(run)?;
    let named = repository.git(&["show", "refs/bisect/bad:index"])?;
    ensure!(named.trim() == CULPRIT.to_string(), "git bisect run names {named}");
    repository.git(&["bisect", "reset"])?;
    Ok(elapsed)
}

/// With a cache of its own: nothing is known from before.
fn ours(repository: &Repository, log: &Path, parallel: usize) -> Result<Duration> {
    let cache = TempDir::new()?;
    let script = format!(
        "{IS_WORSE}{CULPRIT} ] && loss=0.8 || loss=0.7; echo \"REGRESSION_METRICS {{\\\"loss\\\": $loss}}\""
    );
    let mut run = repository.command(env!("CARGO_BIN_EXE_regression-action"));
    run.args(["bisect", "--good", &format!("HEAD~{COMMITS}"), "--metric", "loss"]);
    run.args(["--direction", "lower", "--command", &script, "-k", &parallel.to_string()]);
    run.arg("--cache-dir").arg(cache.path()).env("READINGS", log);
    timed(run)
}

fn timed(mut command: Command) -> Result<Duration> {
    let started = Instant::now();
    let output = command.output()?;
    let elapsed = started.elapsed();
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(elapsed)
}
