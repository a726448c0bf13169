//! Parses the command line, runs it, and turns the outcome into an exit code.

use std::{env, ffi::OsString, io::Write, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use regression_action::cli::Cli;
use tokio::runtime::Runtime;

/// The exit code of an error; verdicts have 0, 1 and 3.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        // Standard error may be closed; the exit code tells all the same.
        drop(writeln!(std::io::stderr(), "error: {error:#}"));
        ExitCode::from(ERROR)
    })
}

fn run() -> Result<ExitCode> {
    let runtime = Runtime::new().context("cannot start")?;
    let code = runtime.block_on(regression_action::run(Cli::parse_from(arguments())));
    // What blocks, such as a name server that does not answer, must not keep a cancelled run alive.
    runtime.shutdown_background();
    code
}

/// The arguments; under the name `regression-action-NAME` those of the command NAME.  An action's
/// entrypoints are single words, so its image has such names.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = env::args_os().collect();
    let program = arguments.first().map(Path::new).and_then(Path::file_stem);
    let command = program.and_then(|name| name.to_str()?.strip_prefix("regression-action-"));
    if let Some(command @ ("run" | "post")) = command {
        arguments.insert(1, command.into());
    }
    arguments
}
