//! The protocol of GitHub's runner: what it tells us, and the files and commands by which we answer.
//! Takes environment variables; the only place that prints commands.
//!
//! Commands go to standard error, as progress and logs do.  The runner obeys both streams, but only
//! within one of them the order is certain, and the [guard](Runner::guard) lives by the order: words of
//! others, if they go to standard output at all, must be quoted there.

mod command;
mod console;
mod context;
mod file;
mod output;
mod summary;

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result};
use secrecy::{ExposeSecret, SecretString};

pub use command::Level;
use console::Console;
pub use context::Context;
use file::CommandFile;
pub use output::Output;

use crate::{output::excerpt, token};

/// What the runner puts before the names that [`Runner::state`] saved.
const STATE: &str = "STATE_";
/// A shorter mask would blank ordinary words out of all logs and outputs of the job.
const SHORTEST_MASK: usize = 6;
/// Characters of an annotation that is one of too many.
const SHOWN: usize = 1000;

/// The runner that started us.
///
/// What it is told by files (outputs, state, summary) no log can forge; what it is told by commands
/// it reads out of everything that this process prints.
#[derive(Debug)]
pub struct Runner {
    outputs: CommandFile,
    state: CommandFile,
    summary: CommandFile,
    console: Mutex<Console>,
}

impl Runner {
    /// Finds the runner's files by its variables.  One that is missing is an error once it is needed.
    pub fn from_pairs(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        let file = |variable: &'static str| {
            let path = variables.get(variable).filter(|path| !path.trim().is_empty());
            CommandFile { variable, path: path.map(PathBuf::from) }
        };
        Self {
            outputs: file("GITHUB_OUTPUT"),
            state: file("GITHUB_STATE"),
            summary: file("GITHUB_STEP_SUMMARY"),
            console: Mutex::default(),
        }
    }

    /// Sets an output of the step.
    pub fn output(&self, output: Output, value: &str) -> Result<()> {
        self.outputs.set(&output.to_string(), value)
    }

    /// Keeps a value for the post step, which finds it by [`saved_state`].
    pub fn state(&self, name: &str, value: &str) -> Result<()> {
        self.state.set(name, value)
    }

    /// Adds to the summary of the step, as much as GitHub takes.
    pub fn summary(&self, markdown: &str) -> Result<()> {
        self.summary.append(&summary::fitted(markdown, self.summary.length()?))
    }

    /// Masks a secret in all that the job shows; see [`Self::mask_lines`].
    pub fn mask(&self, secret: &SecretString) -> Result<()> {
        self.mask_lines(secret.expose_secret())
    }

    /// Masks each line of `text`, because the runner looks for secrets line by line.  Lines under six
    /// characters stay unmasked: they would blank ordinary words wherever those appear.
    pub fn mask_lines(&self, text: &str) -> Result<()> {
        let lines = text.split(['\r', '\n']).map(str::trim);
        let secret = lines.filter(|line| line.chars().count() >= SHORTEST_MASK);
        self.send(&secret.map(command::mask).collect::<Vec<_>>())
    }

    /// Shows a message beside the step.  The runner takes ten of a level and a step; what comes after
    /// is a line of the log.
    pub fn annotate(&self, level: Level, title: &str, message: &str) -> Result<()> {
        let mut console = self.console();
        if console.admits(level) {
            return send(&mut console, &[command::annotation(level, title, message)]);
        }
        let line = excerpt(&format!("{level}: {title}: {message}"), SHOWN);
        print(&format!("{line}\n"))
    }

    /// From here on, the runner obeys nothing that this process prints but our own commands: neither
    /// the logs of trainings nor words of GitHub or Kubernetes.  Whatever prints must print whole
    /// lines, by [`std::io::stderr`].  The runner forgets the guard when the step ends.
    pub fn guard(&self) -> Result<()> {
        print(&self.console().guard(token::random()?))
    }

    fn send(&self, commands: &[String]) -> Result<()> {
        send(&mut self.console(), commands)
    }

    fn console(&self) -> std::sync::MutexGuard<'_, Console> {
        self.console.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the main step kept for this one.
pub fn saved_state(
    variables: impl IntoIterator<Item = (String, String)>,
) -> BTreeMap<String, String> {
    let saved =
        |(name, value): (String, String)| Some((name.strip_prefix(STATE)?.to_owned(), value));
    variables.into_iter().filter_map(saved).collect()
}

fn send(console: &mut Console, commands: &[String]) -> Result<()> {
    if commands.is_empty() {
        return Ok(());
    }
    print(&console.obeyed(commands, token::random()?))
}

/// One write under the lock that all printing in this process takes, so that nothing comes between.
fn print(text: &str) -> Result<()> {
    io::stderr().lock().write_all(text.as_bytes()).context("cannot write to standard error")
}

#[cfg(test)]
mod tests;
