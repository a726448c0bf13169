//! The files of one commit, for many questions: one git process answers them all, and the tree is
//! listed at most once.

use std::cell::{OnceCell, RefCell};

use anyhow::{Context, Result, bail};

use super::{
    Commit, Repository,
    links::Links,
    objects::Conversation,
    tree::{self, EntryKind, TreeEntry},
};
use super::{Files, Listed, ListedKind};

/// The files of one commit.
#[derive(Debug)]
pub struct CommitFiles<'a> {
    repository: &'a Repository,
    commit: &'a Commit,
    git: RefCell<Option<Conversation>>,
    tree: OnceCell<Vec<TreeEntry>>,
}

impl<'a> CommitFiles<'a> {
    pub(super) fn new(repository: &'a Repository, commit: &'a Commit) -> Self {
        Self { repository, commit, git: RefCell::new(None), tree: OnceCell::new() }
    }

    fn ask(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let mut git = self.git.borrow_mut();
        let git = match &mut *git {
            Some(git) => git,
            None => git.insert(Conversation::start(self.repository)?),
        };
        git.read(&self.commit.sha, path)
    }

    fn tree(&self) -> Result<&[TreeEntry]> {
        if let Some(tree) = self.tree.get() {
            return Ok(tree);
        }
        let tree = tree::list(self.repository, &self.commit.sha)?;
        Ok(self.tree.get_or_init(|| tree))
    }
}

impl Files for CommitFiles<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        self.ask(path)
            .with_context(|| format!("cannot read {path} at commit {}", self.commit.sha.short()))
    }

    fn list(&self, directory: &str) -> Result<Vec<Listed>> {
        let links = Links::read(self.repository, self.tree()?, &std::env::temp_dir())?;
        let within = links.directory(directory);
        // What is in a submodule, another repository knows; its commit says all of it.
        let holds = |entry: &&TreeEntry| {
            let rest = within.strip_prefix(entry.path.as_slice());
            entry.kind == EntryKind::Submodule
                && rest.is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
        };
        let submodule = self.tree()?.iter().find(holds);
        let entries = submodule.into_iter().chain(links.below(&within));
        entries.map(|entry| listed(entry, &links)).collect()
    }
}

fn listed(entry: &TreeEntry, links: &Links<'_>) -> Result<Listed> {
    let shown = String::from_utf8_lossy(&entry.path);
    let Ok(path) = String::from_utf8(entry.path.clone()) else {
        bail!("the path {} is not UTF-8", shown.escape_debug())
    };
    let text = |entry| String::from_utf8_lossy(links.text(entry).unwrap_or_default()).into_owned();
    let kind = match entry.kind {
        EntryKind::File { .. } => ListedKind::File,
        EntryKind::Link => ListedKind::Link(text(entry)),
        EntryKind::Submodule => ListedKind::Submodule,
    };
    let mode = match entry.kind {
        EntryKind::File { executable: false } => "100644",
        EntryKind::File { executable: true } => "100755",
        EntryKind::Link => "120000",
        EntryKind::Submodule => "160000",
    };
    let object = format!("{mode} {}", entry.object);
    Ok(Listed { path, kind, object })
}
