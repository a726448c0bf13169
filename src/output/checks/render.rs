//! An examination as text, Markdown and JSON.  Pure.

use std::fmt::{Result as Written, Write};

use super::{Check, Examination, State};
use crate::output::{literal, plain};

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }

    fn symbol(self) -> &'static str {
        match self {
            Self::Ok => "✅",
            Self::Warning => "⚠️",
            Self::Problem => "❌",
        }
    }
}

impl Examination {
    /// How many problems and warnings there are, in words.
    pub(crate) fn summary(&self) -> String {
        let counted = |state: State| match self.count(state) {
            0 => format!("no {}", state.word()),
            1 => format!("1 {}", state.word()),
            count => format!("{count} {}s", state.word()),
        };
        format!("{}, {}", counted(State::Problem), counted(State::Warning))
    }
}

/// For a terminal: a line for each check, with what to do below it.
pub(super) fn text(examination: &Examination) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_text(examination, &mut out);
    out
}

fn write_text(examination: &Examination, out: &mut String) -> Written {
    let width = examination.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for Check { name, state, found, remedy } in &examination.checks {
        let indent = " ".repeat(width + 11);
        // Behind a bar, no line is a command to the Actions runner.
        let found = plain(found).trim_end().replace('\n', &format!("\n{indent}| "));
        writeln!(out, "{:<7}  {name:<width$}  {found}", state.word())?;
        for (index, line) in remedy.iter().flat_map(|remedy| remedy.lines()).enumerate() {
            let lead = if index == 0 { "to fix: " } else { "  " };
            writeln!(out, "{indent}{lead}{}", plain(line))?;
        }
    }
    if !examination.unchecked.is_empty() {
        writeln!(out, "not looked at until that is fixed: {}", examination.unchecked.join(", "))?;
    }
    writeln!(out, "{}", examination.summary())
}

/// For a page on GitHub: a table, and below it what to do.
pub(super) fn markdown(examination: &Examination) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_markdown(examination, &mut out);
    out
}

fn write_markdown(examination: &Examination, out: &mut String) -> Written {
    writeln!(out, "| | check | found |\n|---|---|---|")?;
    for Check { name, state, found, .. } in &examination.checks {
        let found = literal(plain(found).trim_end()).replace('\n', "<br>");
        writeln!(out, "| {} | {name} | {found} |", state.symbol())?;
    }
    for Check { name, remedy, .. } in &examination.checks {
        let Some(remedy) = remedy else { continue };
        let (advice, copied) = remedy.split_once('\n').unwrap_or((remedy, ""));
        writeln!(out, "\n**{name}**: {}", literal(advice))?;
        if !copied.is_empty() {
            writeln!(out, "\n```\n{}\n```", plain(copied).trim_end())?;
        }
    }
    if !examination.unchecked.is_empty() {
        writeln!(
            out,
            "\nNot looked at until that is fixed: {}.",
            examination.unchecked.join(", ")
        )?;
    }
    writeln!(out, "\n{}", examination.summary())
}

#[cfg(test)]
mod tests;
