//! Files in memory, for tests.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::requirements::{Files, Gathered, Listed, ListedKind, pip::gather};

/// Paths with their bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree(pub(super) BTreeMap<String, Vec<u8>>);

impl Tree {
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).into())).collect())
    }

    /// What requirements.txt says.
    pub(super) fn gather(&self) -> Result<Gathered> {
        self.gather_from("requirements.txt", ".")
    }

    pub(super) fn gather_from(&self, path: &str, directory: &str) -> Result<Gathered> {
        let mut into = Gathered::default();
        gather(path, directory, self, &mut into)?;
        Ok(into)
    }
}

impl Files for Tree {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).cloned())
    }

    fn list(&self, directory: &str) -> Result<Vec<Listed>> {
        let below = |path: &&String| {
            directory.is_empty()
                || path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
        };
        let listed = |path: &String| Listed { path: path.clone(), kind: ListedKind::File };
        Ok(self.0.keys().filter(below).map(listed).collect())
    }
}
