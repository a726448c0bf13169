//! Whose files a training has.

use std::collections::BTreeSet;

use anyhow::Result;

use super::{
    Commit, Repository,
    tree::{self, TreeEntry},
};
use crate::config::Patterns;

/// All files of a commit, but for those that measure it: they are another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The commit that is trained.
    pub commit: Commit,
    /// The commit that it is measured by, and the paths that do it.
    pub ruler: Option<(Commit, Patterns)>,
}

impl Code {
    /// The commit as it is.
    pub fn whole(commit: &Commit) -> Self {
        Self { commit: commit.clone(), ruler: None }
    }

    /// The commit, measured as the judge is: its files at the paths of `ruler` are the judge's.
    pub fn measured(commit: &Commit, judge: &Commit, ruler: &Patterns) -> Self {
        let others = !ruler.is_empty() && commit != judge;
        let ruler = others.then(|| (judge.clone(), ruler.clone()));
        Self { commit: commit.clone(), ruler }
    }

    /// Lists the files, in the order of their paths' bytes.
    pub(super) fn entries(&self, repository: &Repository) -> Result<Vec<TreeEntry>> {
        let own = tree::list(repository, &self.commit.sha)?;
        let Some((commit, paths)) = &self.ruler else { return Ok(own) };
        Ok(measured_by(own, tree::list(repository, &commit.sha)?, paths))
    }
}

/// Entries of one tree, but for the paths that measure, which are another's.
fn measured_by(
    mut own: Vec<TreeEntry>,
    mut theirs: Vec<TreeEntry>,
    paths: &Patterns,
) -> Vec<TreeEntry> {
    let measures = |entry: &TreeEntry| paths.take(&String::from_utf8_lossy(&entry.path));
    theirs.retain(measures);
    // A file or a link of the same name would hide theirs.
    let directories: BTreeSet<&[u8]> =
        theirs.iter().flat_map(|entry| parents(&entry.path)).collect();
    own.retain(|entry| !measures(entry) && !directories.contains(entry.path.as_slice()));
    own.extend(theirs);
    own.sort_by(|a, b| a.path.cmp(&b.path));
    own
}

/// The directories that a path is in.
fn parents(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(place, _)| &path[..place])
}

#[cfg(test)]
mod tests {
    use super::{super::tree::EntryKind, *};

    fn tree(side: &str, paths: &[&str]) -> Vec<TreeEntry> {
        let entry = |path: &&str| TreeEntry {
            path: path.as_bytes().to_vec(),
            kind: EntryKind::File { executable: false },
            object: side.to_owned(),
            size: 0,
        };
        paths.iter().map(entry).collect()
    }

    #[test]
    fn what_measures_is_the_bases_and_nothing_of_head_hides_it() {
        let paths: Patterns =
            serde_yaml::from_str("[evaluate.py, 'splits/**', '**/*.csv']").unwrap();
        let base = tree("base", &["evaluate.py", "a/b.csv", "splits/one", "train.py"]);
        // Changed, in its place, added, and a file where a directory was.
        let head = tree("head", &["a", "evaluate.py", "splits/two", "train.py", "x.csv/y"]);
        let all = measured_by(head, base, &paths);
        let told: Vec<String> = all
            .iter()
            .map(|one| format!("{} {}", one.object, String::from_utf8_lossy(&one.path)))
            .collect();
        assert_eq!(told, ["base a/b.csv", "base evaluate.py", "base splits/one", "head train.py"]);
    }
}
