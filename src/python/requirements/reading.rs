//! The work of reading: what is asked for, the commit's files, and the facts gathered so far.

use std::{cell::OnceCell, collections::BTreeSet};

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

use super::{Document, Fact, FactKind, Files, Listed, ListedKind, Recipe, RequirementsFile, path};
use crate::hex::hex;

/// Reads the files of one commit for one recipe.
pub(super) struct RequirementsReader<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) files: &'a dyn Files,
    /// What is gathered.
    pub(super) document: Document,
    /// Options of installers so far: their order counts.
    pub(super) options: usize,
    /// Files of pip's format, and packages, that are being read, outermost first.
    pub(super) open: Vec<String>,
    /// How often a file of pip's format was opened.
    pub(super) opened: usize,
    /// Files of which every line is a fact.
    pub(super) lines: BTreeSet<String>,
    /// Packages whose version a commit decides, and those whose version none does.
    pub(super) pinned: BTreeSet<String>,
    pub(super) loose: BTreeSet<String>,
    tree: OnceCell<Vec<Listed>>,
}

impl<'a> RequirementsReader<'a> {
    pub(super) fn new(recipe: &'a Recipe, files: &'a dyn Files) -> Self {
        Self {
            recipe,
            files,
            document: Document {
                recipe: recipe.clone(),
                head: Vec::new(),
                roots: Vec::new(),
                entries: BTreeSet::new(),
                files: Vec::new(),
                locals: BTreeSet::new(),
                whole: BTreeSet::new(),
                warnings: Vec::new(),
            },
            options: 0,
            open: Vec::new(),
            opened: 0,
            lines: BTreeSet::new(),
            pinned: BTreeSet::new(),
            loose: BTreeSet::new(),
            tree: OnceCell::new(),
        }
    }

    /// The bytes of a file, which from now on belongs to the environment; `None` if there is none.
    pub(super) fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        if let Some(file) = self.document.files.iter().find(|file| file.path == path) {
            return Ok(Some(file.bytes.clone()));
        }
        let bytes = self.files.read(path)?;
        let file = bytes.clone().map(|bytes| RequirementsFile { path: path.to_owned(), bytes });
        self.document.files.extend(file);
        Ok(bytes)
    }

    /// The bytes of a file that has to be there; `key` of the config names it.
    pub(super) fn need(&mut self, path: &str, key: &str) -> Result<Vec<u8>> {
        match self.read(path)? {
            Some(bytes) => Ok(bytes),
            None => bail!("{path} is not in the commit; check `{key}` in the config"),
        }
    }

    pub(super) fn fact(
        &mut self,
        kind: FactKind,
        name: impl Into<String>,
        value: impl Into<String>,
    ) {
        self.document.entries.insert(Fact { kind, name: name.into(), value: value.into() });
    }

    /// A file that counts by its bytes.
    pub(super) fn bytes(&mut self, path: &str, bytes: &[u8]) {
        self.fact(FactKind::File, path, hex(Sha256::digest(bytes)));
    }

    /// A file that counts by its bytes because it is not understood.
    pub(super) fn not_understood(&mut self, path: &str, bytes: &[u8], reason: &str) {
        self.warn(format!("{path} counts by its bytes, every comment included: {reason}"));
        self.bytes(path, bytes);
    }

    pub(super) fn warn(&mut self, text: String) {
        if !self.document.warnings.contains(&text) {
            self.document.warnings.push(text);
        }
    }

    /// All that the commit has, in the order of its paths.
    pub(super) fn tree(&self) -> Result<&[Listed]> {
        if let Some(tree) = self.tree.get() {
            return Ok(tree);
        }
        let mut tree = self.files.list("")?;
        tree.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(self.tree.get_or_init(|| tree))
    }

    /// Whether the commit has a file, or a link, at a path from the root.
    pub(super) fn is_file(&self, path: &str) -> Result<bool> {
        Ok(at(self.tree()?, path).is_some())
    }

    /// Whether there is a file or a directory at a path from the root.
    pub(super) fn exists(&self, path: &str) -> Result<bool> {
        let (tree, below) = (self.tree()?, path::below(path, ""));
        let first = tree.partition_point(|listed| listed.path < below);
        if self.is_file(path)? || tree.get(first).is_some_and(|one| one.path.starts_with(&below)) {
            return Ok(true);
        }
        let ancestors = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
        let mut through = ancestors.filter_map(|path| at(tree, path));
        let through = through.any(|listed| listed.kind != ListedKind::File);
        Ok(self.files.read(path)?.is_some() || (through && !self.files.list(path)?.is_empty()))
    }

    /// Names every package once whose version no commit decides.
    pub(super) fn tell_unpinned(&mut self) {
        let loose: Vec<&str> = self.loose.difference(&self.pinned).map(String::as_str).collect();
        if !loose.is_empty() {
            let names = loose.join(", ");
            self.warn(format!(
                "no version is pinned, so that what is installed can change without a commit: {names}"
            ));
        }
    }
}

fn at<'a>(tree: &'a [Listed], path: &str) -> Option<&'a Listed> {
    let found = tree.binary_search_by(|listed| (*listed.path).cmp(path));
    found.ok().and_then(|at| tree.get(at))
}
