//! requirements.txt as pip 26.3 reads it -> facts in canonical form.  Pure but for `Files`; nothing
//! of the machine (variables, locale, other files) decides what it yields.

mod decode;
mod lines;
mod local;
mod options;
mod package;
mod pep508;
mod reader;
mod settings;
mod url;
mod variable;
mod words;

#[cfg(test)]
mod tests;

use anyhow::{Result, anyhow};

use super::{Files, Gathered, path};
pub(super) use pep508::normalised;
use reader::Reader;
pub(super) use url::without_credentials;

/// Adds what the requirements file at `path` says, and all files that it names.
///
/// `directory` is the one that pip runs in, which local packages are named from.  Both are from the
/// root of the tree.
pub(super) fn gather(
    path: &str,
    directory: &str,
    files: &dyn Files,
    into: &mut Gathered,
) -> Result<()> {
    let path = path::requirements_file("", path)?;
    let directory = path::requirements_file("", directory)?;
    Reader::new(&path, &directory, files, into).root()
}

/// Adds what these lines say, which stand in the file `named_in` of another format.
pub(super) fn gather_lines(
    lines: &[String],
    named_in: &str,
    directory: &str,
    files: &dyn Files,
    into: &mut Gathered,
) -> Result<()> {
    let directory = path::requirements_file("", directory)?;
    Reader::new(named_in, &directory, files, into).text(&lines.join("\n"))
}

/// One dependency specifier (PEP 508) -> the package's normalised name, and all else that it says.
pub(super) fn requirement(text: &str) -> Result<(String, String)> {
    let read = pep508::Requirement::parse(text.trim());
    let read = read.map_err(|reason| {
        anyhow!("\"{}\" is no requirement: {reason}", url::without_credentials(text))
    })?;
    let value = read.value();
    Ok((read.name, value))
}
