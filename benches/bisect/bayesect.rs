//! `git_bayesect` of `PyPI`: pass or fail, one reading at a time.

use std::{env, ffi::OsString, fs};

use anyhow::{Context, Result, ensure};

use crate::{
    git::{READ, Repository, WORLD, told},
    noise::World,
};

/// A Python that has it.
const PYTHON: &str = "REGRESSION_BENCH_BAYESECT";

/// Its module asks for no more than this.
const MAIN: &str = "import sys, git_bayesect; sys.exit(git_bayesect.main())";

/// The Python to run it by, if it is installed.
pub(crate) fn python() -> Option<OsString> {
    let python = env::var_os(PYTHON).unwrap_or_else(|| "python3".into());
    let output = std::process::Command::new(&python).args(["-c", "import git_bayesect"]).output();
    output.is_ok_and(|output| output.status.success()).then_some(python)
}

/// The commit that it names, and the readings it took.
pub(crate) fn bisect(
    python: &OsString,
    repository: &Repository,
    world: &World,
) -> Result<(usize, usize)> {
    let run = |arguments: &[&str]| -> Result<String> {
        let mut command = repository.command(python);
        command.args(["-c", MAIN]).args(arguments).env(WORLD, told(world, 1));
        let output = command.output()?;
        let text = String::from_utf8(output.stdout)?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "git bayesect {}: {text}{error}", arguments.join(" "));
        Ok(text)
    };
    fs::write(repository.log(), "")?;
    let good = format!("main~{}", world.last);
    run(&["start", "--old", &good, "--new", "main"])?;
    let program = env::current_exe()?;
    let text = run(&["run", &program.to_string_lossy(), READ])?;
    let (_, after) = text.split_once("converged to ").context("it names no commit")?;
    let named = after.split_whitespace().next().context("it names no commit")?;
    let named = repository.git(&["show", &format!("{named}:index")])?.trim().parse()?;
    run(&["reset"])?;
    repository.git(&["checkout", "--quiet", "main"])?;
    Ok((named, fs::read_to_string(repository.log())?.lines().count()))
}
