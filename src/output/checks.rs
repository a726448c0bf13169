//! Things that were looked at, each with what to fix: how `doctor` and `init` tell what they see.

mod render;

use anyhow::{Error, Result};
use serde::Serialize;

use super::Format;

/// The exit code if there is a problem; the same as that of an error.
const PROBLEM: u8 = 2;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, but not as well as it could.
    Warning,
    /// A comparison would fail.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is, in a word or two.
    pub name: &'static str,
    /// How bad it is.
    pub state: State,
    /// What was found; of an error, also what to do.
    pub found: String,
    /// What to do, unless `found` says so: a line for people, then lines to copy.
    pub remedy: Option<String>,
}

/// All that was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Examination {
    /// In the order in which things are needed.
    pub checks: Vec<Check>,
    /// What could not be looked at because of the problems.
    pub unchecked: Vec<&'static str>,
}

impl Examination {
    pub(crate) fn push(&mut self, check: Check) {
        self.checks.push(check);
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.checks.iter().any(|check| check.name == name)
    }

    fn count(&self, state: State) -> usize {
        self.checks.iter().filter(|check| check.state == state).count()
    }

    /// 0 if there is no problem, 2 otherwise.
    pub fn exit_code(&self) -> u8 {
        if self.count(State::Problem) == 0 { 0 } else { PROBLEM }
    }

    /// The examination in one of its forms, ending with a line break.
    pub fn render(&self, format: Format) -> Result<String> {
        match format {
            Format::Text => Ok(render::text(self)),
            Format::Markdown => Ok(render::markdown(self)),
            Format::Json => super::json(self, "the examination"),
        }
    }
}

impl From<Vec<Check>> for Examination {
    fn from(checks: Vec<Check>) -> Self {
        Self { checks, unchecked: Vec::new() }
    }
}

impl Check {
    pub(crate) fn new(name: &'static str, state: State, found: impl Into<String>) -> Self {
        Self { name, state, found: found.into(), remedy: None }
    }

    pub(crate) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, State::Ok, found)
    }

    pub(crate) fn warning(name: &'static str, found: impl Into<String>) -> Self {
        Self::new(name, State::Warning, found)
    }

    pub(crate) fn problem(name: &'static str, error: &Error) -> Self {
        Self::new(name, State::Problem, format!("{error:#}"))
    }

    /// What was found, or why it was not.
    pub(crate) fn of(name: &'static str, outcome: Result<impl Into<String>>) -> Self {
        match outcome {
            Ok(found) => Self::ok(name, found),
            Err(error) => Self::problem(name, &error),
        }
    }

    /// What was found, with what a comparison would warn of; or why it was not.
    pub(crate) fn with_warnings(
        name: &'static str,
        outcome: Result<(String, Vec<String>)>,
    ) -> Self {
        match outcome {
            Ok((found, warnings)) if !warnings.is_empty() => {
                Self::new(name, State::Warning, format!("{found}; {}", warnings.join("; ")))
            }
            outcome => Self::of(name, outcome.map(|(found, _)| found)),
        }
    }

    pub(crate) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}
