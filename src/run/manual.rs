//! What shells and `man` know of the command line, from the command line itself.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;

use super::write_out;
use crate::cli::{Cli, Completions, ManPage};

/// The program's name.
const NAME: &str = env!("CARGO_PKG_NAME");

/// Prints the completions of a shell.
pub(super) fn complete(options: &Completions) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), NAME, &mut script);
    // clap_complete 4.6.12 writes the name's dash in two ways for bash, which then finds no command's options.
    let (other, own) = (NAME.replace('-', "__subcmd__"), NAME.replace('-', "__"));
    write_out(&String::from_utf8(script)?.replace(&other, &own))?;
    Ok(ExitCode::SUCCESS)
}

/// Prints a man page.
pub(super) fn page(options: &ManPage) -> Result<ExitCode> {
    let mut program = Cli::command();
    program.build();
    let command = match &options.command {
        None => program,
        Some(name) => {
            let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
            let unknown = || format!("read \"{name}\"; allowed: {}", names.join(", "));
            program.find_subcommand(name).with_context(unknown)?.clone()
        }
    };
    let mut page = Vec::new();
    Man::new(command).render(&mut page).context("cannot make the man page")?;
    write_out(&String::from_utf8(page)?)?;
    Ok(ExitCode::SUCCESS)
}
