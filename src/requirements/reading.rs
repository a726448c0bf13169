//! The work of reading: what is asked for, the commit's files, and what was gathered so far.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

use super::{Entry, Files, Gathered, Kind, LocalPackage, Recipe, RequirementsFile, path, pip};
use crate::hex::hex;

/// Reads the files of one commit for one recipe.
pub(super) struct Reading<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) files: &'a dyn Files,
    pub(super) into: Gathered,
    /// Local packages with their paths from the root of the tree.
    pub(super) packages: BTreeSet<(String, LocalPackage)>,
}

impl Reading<'_> {
    /// The bytes of a file, which from now on belongs to the environment; `None` if there is none.
    pub(super) fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        if let Some(file) = self.into.files.iter().find(|file| file.path == path) {
            return Ok(Some(file.bytes.clone()));
        }
        let bytes = self.files.read(path)?;
        let file = bytes.clone().map(|bytes| RequirementsFile { path: path.to_owned(), bytes });
        self.into.files.extend(file);
        Ok(bytes)
    }

    /// The bytes of a file that has to be there; `key` of the config names it.
    pub(super) fn need(&mut self, path: &str, key: &str) -> Result<Vec<u8>> {
        match self.read(path)? {
            Some(bytes) => Ok(bytes),
            None => bail!("{path} is not in the commit; check `{key}` in the config"),
        }
    }

    pub(super) fn fact(&mut self, kind: Kind, name: impl Into<String>, value: impl Into<String>) {
        self.into.entries.insert(Entry { kind, name: name.into(), value: value.into() });
    }

    /// A file that counts by its bytes.
    pub(super) fn bytes(&mut self, path: &str, bytes: &[u8]) {
        self.fact(Kind::File, path, hex(Sha256::digest(bytes)));
    }

    pub(super) fn warn(&mut self, text: String) {
        if !self.into.warnings.contains(&text) {
            self.into.warnings.push(text);
        }
    }

    /// A package at `target`, seen from the directory of the file `named_in`.
    pub(super) fn local(&mut self, named_in: &str, target: &str, editable: bool) -> Result<()> {
        let directory = path::parent(named_in);
        let (path, named_in) = (target.to_owned(), named_in.to_owned());
        self.package(directory, LocalPackage { path, editable, named_in })
    }

    /// A package in the directory `path`, from the root of the tree.
    pub(super) fn local_at(&mut self, path: &str, named_in: &str) -> Result<()> {
        let path = if path.is_empty() { "." } else { path }.to_owned();
        self.package("", LocalPackage { path, editable: true, named_in: named_in.to_owned() })
    }

    fn package(&mut self, directory: &str, local: LocalPackage) -> Result<()> {
        let Some(path) = path::join(directory, &local.path) else {
            bail!(
                "{} installs {}, which is outside of the repository; no commit decides what is \
                 there: move it inside, or publish the package",
                local.named_in,
                local.path
            )
        };
        self.packages.insert((path, local));
        Ok(())
    }

    /// Reads a file of pip's format; its local paths are relative to the recipe's directory.
    pub(super) fn pip_file(&mut self, path: &str) -> Result<()> {
        let directory = self.recipe.directory.clone();
        pip::gather(path, &directory, self.files, &mut self.into)?;
        self.take_locals(&directory)
    }

    /// Reads lines of pip's format that stand in the file `named_in`; their local paths are relative
    /// to its directory.
    pub(super) fn pip_lines(&mut self, lines: &[String], named_in: &str) -> Result<()> {
        let directory = path::parent(named_in);
        pip::gather_lines(lines, named_in, directory, self.files, &mut self.into)?;
        self.take_locals(directory)
    }

    fn take_locals(&mut self, directory: &str) -> Result<()> {
        for local in std::mem::take(&mut self.into.locals) {
            self.package(directory, local)?;
        }
        Ok(())
    }
}
