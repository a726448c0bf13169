//! The runner's command files: values by name, each between random delimiters, so that no value can
//! end itself and begin another.

use std::{fs::OpenOptions, io::Write, path::PathBuf};

use anyhow::{Context, Result, ensure};

use crate::token;

/// A file that the runner reads when the step has ended.
#[derive(Debug)]
pub(super) struct CommandFile {
    /// The variable that holds its path.
    pub(super) variable: &'static str,
    /// Its path, if the variable is set.
    pub(super) path: Option<PathBuf>,
}

impl CommandFile {
    /// Gives `name` the value.
    pub(super) fn set(&self, name: &str, value: &str) -> Result<()> {
        let delimiter = format!("ghadelimiter_{}", token::random()?);
        self.append(&entry(name, value, &delimiter)?)
    }

    /// Adds `text` in one write, so that nothing of another process comes between.
    pub(super) fn append(&self, text: &str) -> Result<()> {
        let path = self.path()?;
        let file = OpenOptions::new().append(true).create(true).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write to {} ({})", path.display(), self.variable))
    }

    /// Bytes that are in it.
    pub(super) fn length(&self) -> Result<usize> {
        let length = self.path()?.metadata().map_or(0, |metadata| metadata.len());
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn path(&self) -> Result<&PathBuf> {
        self.path.as_ref().with_context(|| {
            format!(
                "{} is not set; the runner sets it since version 2.297, so this runner is older, \
                 or there is none",
                self.variable
            )
        })
    }
}

/// The lines that give `name` its value.
fn entry(name: &str, value: &str, delimiter: &str) -> Result<String> {
    let plain = !name.is_empty() && !name.contains(['=', '\n', '\r']) && !name.contains("<<");
    ensure!(plain, "`{}` cannot be the name of a value", name.escape_debug());
    ensure!(
        !name.contains(delimiter) && !value.contains(delimiter),
        "the value of {name} contains the delimiter that should end it"
    );
    Ok(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_what_the_runner_reads() {
        assert_eq!(entry("reason", "a\nb=c", "D").unwrap(), "reason<<D\na\nb=c\nD\n");
        assert_eq!(entry("reason", "", "D").unwrap(), "reason<<D\n\nD\n");
    }

    #[test]
    fn a_value_that_holds_its_delimiter_is_refused() {
        for (name, value) in [("a", "x\nD\nverdict=pass"), ("a", "D"), ("D", "x")] {
            assert!(entry(name, value, "D").unwrap_err().to_string().contains("delimiter"));
        }
    }

    #[test]
    fn a_name_that_reads_as_something_else_is_refused() {
        for name in ["", "a=b", "a<<b", "a\nb", "a\r"] {
            assert!(entry(name, "x", "D").is_err(), "{name:?}");
        }
    }
}
