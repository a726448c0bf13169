//! The files of a work tree that tell how its models are trained.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Result;

use crate::{git::Repository, python::requirements::parent};

/// Longer files are data, in bytes.
const LONGEST: u64 = 1 << 19;
/// More are not read.
const MOST: usize = 20_000;

/// Paths of a work tree, `/` between names, with the texts of those that say something of trainings.
#[derive(Debug, Default)]
pub(super) struct Texts(BTreeMap<String, Option<String>>);

impl Texts {
    /// What git knows of the work tree, and what it does not ignore.
    pub(super) fn read(repository: &Repository) -> Result<Self> {
        let root = repository.root();
        let read = |path: String| {
            let text = tells(&path).then(|| text(&root.join(&path))).flatten();
            (path, text)
        };
        Ok(Self(repository.work_tree_files()?.into_iter().take(MOST).map(read).collect()))
    }

    /// All paths, in order.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Whether something lies in that directory.
    pub(super) fn has_directory(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.0.range(below.clone()..).next().is_some_and(|(path, _)| path.starts_with(&below))
    }

    /// The text of a file, if it was read.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.as_deref()
    }

    /// The texts of files whose names end so.
    pub(super) fn texts(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        let texts =
            self.0.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)));
        texts.filter(move |(path, _)| path.ends_with(ending))
    }
}

#[cfg(test)]
impl Texts {
    /// A tree of these files.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| ((*path).to_owned(), Some((*text).to_owned()));
        Self(files.iter().map(file).collect())
    }
}

/// Whether a file is read: sources, settings, requirements.
fn tells(path: &str) -> bool {
    let endings = [".py", ".yml", ".yaml", ".toml", ".txt", ".lock", ".sh", ".cfg"];
    endings.iter().any(|ending| path.ends_with(ending)) || path.ends_with("Makefile")
}

/// Neither what is long, nor what is a link or no text.
fn text(path: &Path) -> Option<String> {
    let found = fs::symlink_metadata(path).ok()?;
    let is_read = found.is_file() && found.len() <= LONGEST;
    is_read.then(|| fs::read_to_string(path).ok()).flatten()
}

/// A directory and all above it, up to the root, which is empty.
pub(super) fn upwards<'a>(directory: &'a str) -> impl Iterator<Item = &'a str> {
    let up = |&at: &&'a str| (!at.is_empty()).then(|| parent(at));
    std::iter::successors(Some(directory), up)
}
