//! Parses the command line, runs it, and turns the outcome into an exit code.

use std::{io::Write, process::ExitCode};

use clap::Parser;
use regression_action::cli::Cli;

/// The exit code of an error; verdicts have 0, 1 and 3.
const ERROR: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    match regression_action::run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            // Standard error may be closed; the exit code tells all the same.
            drop(writeln!(std::io::stderr(), "error: {error:#}"));
            ExitCode::from(ERROR)
        }
    }
}
