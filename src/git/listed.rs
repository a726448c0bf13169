//! The tree of a commit, as far as requirements ask for it.

use anyhow::Result;

/// The files of one commit; paths are from the root, `/` between names, without `.` and `..`.
pub trait Files {
    /// The bytes of a file, through symbolic links; `None` if there is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>>;
    /// Everything below a directory (the root: an empty path), sorted by path; empty if there is no
    /// such directory.
    fn list(&self, directory: &str) -> Result<Vec<Listed>>;
}

/// A file that is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// From the root of the tree.
    pub path: String,
    /// What it is.
    pub kind: ListedKind,
    /// Git's mode and object, such as `100755 0123abcd...`: other content has another.
    pub object: String,
}

/// What a listed path is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListedKind {
    /// A file.
    File,
    /// A symbolic link, with its target's text.
    Link(String),
    /// A submodule.
    Submodule,
}
