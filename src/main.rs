//! Parses the command line, runs it, and turns the outcome into an exit code.

use std::{env, ffi::OsString, io::Write, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::Parser;
use regression_action::cli::{Cli, wants_json};
use tokio::runtime::Runtime;

/// The exit code of an error; verdicts have 0, 1 and 3.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    let arguments = arguments();
    let json = wants_json(&arguments);
    match Cli::try_parse_from(arguments) {
        Ok(cli) => run(cli).unwrap_or_else(|error| {
            // Standard error may be closed; the exit code tells all the same.
            drop(writeln!(std::io::stderr(), "error: {error:#}"));
            failed(json, &format!("{error:#}"))
        }),
        // Help and version, which were asked for.
        Err(told) if !told.use_stderr() => told.exit(),
        Err(error) => {
            drop(error.print());
            failed(json, &error.render().to_string())
        }
    }
}

/// Tells an error to programs, which read standard output.
fn failed(json: bool, error: &str) -> ExitCode {
    if json {
        let error = serde_json::json!({ "error": error.trim_end() });
        drop(writeln!(std::io::stdout(), "{error:#}"));
    }
    ExitCode::from(ERROR)
}

fn run(cli: Cli) -> Result<ExitCode> {
    let runtime = Runtime::new().context("cannot start")?;
    let code = runtime.block_on(regression_action::run(cli));
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
