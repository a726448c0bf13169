//! Packages of the repository itself -> facts about their content, by what git has there.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use super::{
    FactKind, Listed, ListedKind, LocalPackage, parse, path,
    pip::{MOST_NESTED, refuse_variable},
    reading::RequirementsReader,
};
use crate::config::LocalPaths;

impl RequirementsReader<'_> {
    /// A package at `target`, seen from `directory`: the project itself by its dependencies, unless the
    /// config says otherwise, all else by its content.
    pub(super) fn package(&mut self, directory: &str, target: &str, named_in: &str) -> Result<()> {
        refuse_variable(target, named_in)?;
        let path = inside(directory, target, named_in)?;
        let build = &self.recipe.build;
        if path != build.directory || build.local_paths == Some(LocalPaths::Content) {
            return self.local(directory, target, named_in);
        }
        self.name(path, target, named_in);
        self.project(&build.directory, named_in)
    }

    /// Everything at `target`, seen from `directory`.
    pub(super) fn local(&mut self, directory: &str, target: &str, named_in: &str) -> Result<()> {
        let path = inside(directory, target, named_in)?;
        if !self.whole(&path)? {
            return self.missing(&path, target, named_in);
        }
        if path == self.recipe.build.directory {
            self.warn(format!(
                "{named_in} installs the project itself ({target}) with its content: every commit that \
                 changes it asks for another image"
            ));
        }
        self.name(path, target, named_in);
        Ok(())
    }

    fn name(&mut self, directory: String, path: &str, named_in: &str) {
        let (path, named_in) = (path.to_owned(), named_in.to_owned());
        self.document.locals.insert(LocalPackage { directory, path, named_in });
    }

    fn missing(&mut self, path: &str, target: &str, named_in: &str) -> Result<()> {
        let beside = path::join(path::parent(named_in), target).filter(|beside| beside != path);
        if beside.map_or(Ok(false), |beside| self.exists(&beside))? {
            bail!(
                "{named_in} names the local package {target}, which is beside the file, but pip looks \
                 for it in the directory that it runs in; set `build: directory` in the config, or write \
                 the path from there"
            );
        }
        self.warn(format!(
            "{target}, which {named_in} installs, is not in the commit, so that its content does not count"
        ));
        Ok(())
    }

    /// Counts everything at a path from the root; yields whether there is anything.
    pub(super) fn whole(&mut self, path: &str) -> Result<bool> {
        if !self.document.whole.insert(path.to_owned()) {
            return Ok(true);
        }
        if !self.content(path)? {
            self.document.whole.remove(path);
            return Ok(false);
        }
        // Backends leave out of a package what git ignores, by the files above it too.
        let above = path.match_indices('/').map(|(at, _)| &path[..at]).chain([""]);
        for ignore in above.map(|directory| path::below(directory, ".gitignore")) {
            if let Some(bytes) = self.files.read(&ignore)? {
                self.bytes(&ignore, &bytes);
            }
        }
        ensure!(
            self.open.len() < MOST_NESTED,
            "packages of the repository name one another too often, at {path}; merge some"
        );
        self.open.push(path.to_owned());
        self.neighbours(path)?;
        self.open.pop();
        Ok(true)
    }

    /// Counts a file, or all that is below a directory; yields whether there is anything.
    pub(super) fn content(&mut self, path: &str) -> Result<bool> {
        let listed = self.files.list(path)?;
        if listed.is_empty() {
            let Some(bytes) = self.files.read(path)? else { return Ok(false) };
            self.bytes(path, &bytes);
            return Ok(true);
        }
        self.count(listed)?;
        Ok(true)
    }

    /// Counts what is listed, by what git has there, and what links lead to.
    pub(super) fn count(&mut self, mut ahead: Vec<Listed>) -> Result<()> {
        let mut seen = BTreeSet::new();
        while let Some(Listed { path, kind, object }) = ahead.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let ListedKind::Link(target) = kind else {
                self.fact(FactKind::File, path, object);
                continue;
            };
            match path::join(path::parent(&path), &target) {
                None => self.warn(format!(
                    "{path} is a symbolic link out of the repository ({target}): no commit decides what \
                     is there"
                )),
                Some(to) => match self.files.list(&to)? {
                    below if !below.is_empty() => ahead.extend(below),
                    // What leads out of the repository from there, the next link tells.
                    _ => {
                        if let Ok(Some(bytes)) = self.files.read(&to) {
                            self.bytes(&to, &bytes);
                        }
                    }
                },
            }
            self.fact(FactKind::File, path, format!("{object} -> {target}"));
        }
        Ok(())
    }

    /// A package may name others by their paths, which are then installed with it.
    fn neighbours(&mut self, directory: &str) -> Result<()> {
        let file = path::below(directory, "pyproject.toml");
        let Some(bytes) = self.files.read(&file)? else { return Ok(()) };
        match parse::toml(&bytes) {
            Ok(table) => self.places_of_tools(&file, &Value::Object(table)),
            Err(_) => Ok(()),
        }
    }
}

fn inside(directory: &str, target: &str, named_in: &str) -> Result<String> {
    let Some(path) = path::join(directory, target) else {
        bail!(
            "{named_in} installs {target}, which is outside of the repository, so that no commit decides \
             what is there: move it inside, or publish the package"
        )
    };
    Ok(path)
}
