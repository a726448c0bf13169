//! What lies under each path, as a training finds it: links lead where they lead.

use std::collections::BTreeMap;

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{Code, Repository, links::Links, members::members};
use crate::hex::hex;

/// Paths with what lies there.
#[derive(Debug, PartialEq, Eq)]
pub struct Content(BTreeMap<Vec<u8>, String>);

impl Content {
    /// Of a training.
    pub(super) fn of(repository: &Repository, code: &Code) -> Result<Self> {
        let entries = code.entries(repository)?;
        let links = Links::read(repository, &entries, &std::env::temp_dir())?;
        // What no training finds as a file: submodules, and links to directories or out of the tree.
        let listed = entries.iter().map(|entry| (entry.path.clone(), entry.object.clone()));
        let mut content: BTreeMap<_, _> = listed.collect();
        let files = members(&entries, &links)?.all.into_iter().filter_map(|member| {
            let found = format!("{:o} {}", member.mode(), member.object.as_ref()?);
            Some((member.name.into_bytes(), found))
        });
        content.extend(files);
        Ok(Self(content))
    }

    /// Whether something lies under a path.
    pub fn has(&self, path: &str) -> bool {
        self.0.contains_key(path.as_bytes())
    }

    /// All paths, made printable.
    pub fn paths(&self) -> impl Iterator<Item = String> {
        self.0.keys().map(|path| String::from_utf8_lossy(path).into_owned())
    }

    /// The paths that are not the same in both, in their order; made printable.
    pub fn changed(&self, other: &Self) -> Vec<String> {
        let mut paths: Vec<&Vec<u8>> = self.0.keys().chain(other.0.keys()).collect();
        paths.sort_unstable();
        paths.dedup();
        let differs = |path: &&&Vec<u8>| self.0.get(**path) != other.0.get(**path);
        let shown = |path: &Vec<u8>| String::from_utf8_lossy(path).into_owned();
        paths.iter().filter(differs).map(|path| shown(path)).collect()
    }

    /// The name of what lies under the paths that `is_wanted`.
    pub fn digest(&self, is_wanted: impl Fn(&str) -> bool) -> String {
        let mut hasher = Sha256::new();
        for (path, found) in &self.0 {
            if is_wanted(&String::from_utf8_lossy(path)) {
                for part in [path.as_slice(), found.as_bytes()] {
                    hasher.update(part.len().to_le_bytes());
                    hasher.update(part);
                }
            }
        }
        hex(hasher.finalize())
    }
}
