//! What a reading costs besides its command, on a repository of 3,000 files, beside `git bisect run`.

use std::{process::Output, time::Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::git::Repository;

const LAST: usize = 64;
const FILES: usize = 3_000;

/// Tells the level of the commit, of which the fortieth is worse, in a millisecond or two.
const COMMAND: &str = "read -r at < index; [ \"$at\" -lt 40 ] && level=0.1 || level=0.9; \
    echo \"REGRESSION_METRICS {\\\"loss\\\": $level}\"";

/// The same for git, which is told what is good.
const SCRIPT: &str = "read -r at < index; [ \"$at\" -lt 40 ]";

pub(crate) fn print() -> Result<()> {
    println!("## A reading, {FILES} files, {LAST} commits, a command of some milliseconds\n");
    println!("| way | readings | seconds in all | milliseconds a reading |\n|---|---|---|---|");
    let repository = Repository::with_files(LAST, FILES)?;
    for k in ["1", "8"] {
        let (readings, seconds) = ours(&repository, k)?;
        row(&format!("regression-action bisect -k {k}"), readings, seconds);
    }
    let (readings, seconds) = gits(&repository)?;
    row("git bisect run", readings, seconds);
    println!();
    Ok(())
}

fn row(way: &str, readings: usize, seconds: f64) {
    let each = 1_000.0 * seconds / readings as f64;
    println!("| {way} | {readings} | {seconds:.2} | {each:.0} |");
}

fn ours(repository: &Repository, k: &str) -> Result<(usize, f64)> {
    let cache = TempDir::new()?;
    let mut command = repository.command(env!("CARGO_BIN_EXE_regression-action"));
    command.args(["bisect", "--good", &format!("main~{LAST}"), "--bad", "main", "-k", k]);
    command.args(["--metric", "loss", "--direction", "lower", "--command", COMMAND]);
    command.args(["--format", "json", "--cache-dir"]).arg(cache.path());
    let started = Instant::now();
    let output = command.output()?;
    let seconds = started.elapsed().as_secs_f64();
    let report: serde_json::Value = serde_json::from_str(&text(&output)?)?;
    let readings = report["readings"].as_u64().context("no readings")?;
    Ok((usize::try_from(readings)?, seconds))
}

fn gits(repository: &Repository) -> Result<(usize, f64)> {
    let mut command = repository.command("git");
    command.args(["bisect", "run", "sh", "-c", SCRIPT]);
    let started = Instant::now();
    repository.git(&["bisect", "start", "HEAD", &format!("HEAD~{LAST}")])?;
    let said = text(&command.output()?)?;
    let seconds = started.elapsed().as_secs_f64();
    repository.git(&["bisect", "reset"])?;
    Ok((said.matches("running ").count(), seconds))
}

fn text(output: &Output) -> Result<String> {
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout.clone())?)
}
