//! What git has put into a work tree, and the way back to it: whatever else is there is removed.

use std::{
    collections::HashMap,
    fs::{self, DirEntry, File, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::erase;

/// Git's link to the repository, at the root of a tree.
pub(super) const LINK: &str = ".git";

/// Paths below the root, but for git's link.
#[derive(Debug, Default)]
pub(super) struct CheckoutFiles(HashMap<PathBuf, PathKind>);

#[derive(Debug, Clone, Copy, PartialEq)]
enum PathKind {
    /// A file or a link.
    File(Stamp),
    /// By its mode.
    Directory(u32),
}

/// What differs as soon as a file was written to, replaced, or its mode changed, whatever it looks like now.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stamp {
    inode: u64,
    mode: u32,
    size: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl CheckoutFiles {
    /// All that is there.
    pub(super) fn of(root: &Path) -> Result<Self> {
        let mut files = Self::default();
        files.note(root, Path::new(""))?;
        Ok(files)
    }

    fn note(&mut self, root: &Path, below: &Path) -> Result<()> {
        for (entry, path) in entries(root, below)? {
            let kind = kind(&entry)?;
            self.0.insert(path.clone(), kind);
            if matches!(kind, PathKind::Directory(_)) {
                self.note(root, &path)?;
            }
        }
        Ok(())
    }

    /// Removes all that has another place.
    pub(super) fn remove_foreign(&self, root: &Path) -> Result<()> {
        for (entry, path) in entries(root, Path::new(""))? {
            match (self.0.get(&path), kind(&entry)?) {
                (Some(_), _) => {}
                (None, PathKind::Directory(_)) => erase::erase(&entry.path())?,
                (None, PathKind::File(_)) => fs::remove_file(entry.path())?,
            }
        }
        Ok(())
    }

    /// Removes all that was not there, or not so, through no link, and gives directories their modes back.
    pub(super) fn remove_others(&self, root: &Path) -> Result<()> {
        self.remove_below(root, Path::new(""))
    }

    /// Makes them elsewhere as they are here, each at once: others may read there.
    pub(super) fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        fs::create_dir_all(to)?;
        for (path, kind) in &self.0 {
            let (from, to) = (from.join(path), to.join(path));
            if matches!(kind, PathKind::Directory(_)) {
                fs::create_dir_all(to)?;
                continue;
            }
            to.parent().map_or(Ok(()), fs::create_dir_all)?;
            replace(&to, &fs::read(&from)?)?;
            // By the time of its index git knows which files changed while it was written.
            File::options()
                .write(true)
                .open(&to)?
                .set_modified(fs::metadata(&from)?.modified()?)?;
        }
        Ok(())
    }

    fn remove_below(&self, root: &Path, below: &Path) -> Result<()> {
        for (entry, path) in entries(root, below)? {
            match (self.0.get(&path), kind(&entry)?) {
                (Some(PathKind::File(then)), PathKind::File(now)) if *then == now => {}
                (Some(PathKind::Directory(mode)), PathKind::Directory(now)) => {
                    if *mode != now {
                        fs::set_permissions(entry.path(), Permissions::from_mode(*mode))?;
                    }
                    self.remove_below(root, &path)?;
                }
                (_, PathKind::Directory(_)) => erase::erase(&entry.path())?,
                (_, PathKind::File(_)) => fs::remove_file(entry.path())?,
            }
        }
        Ok(())
    }
}

/// Writes a file at once, if that is not what it says, and through no link.
pub(super) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    if is_file && fs::read(path)? == text {
        return Ok(());
    }
    let new = path.with_added_extension("new");
    fs::write(&new, text)?;
    fs::rename(new, path)
}

/// What is in a directory below the root, with its path below it.
fn entries(root: &Path, below: &Path) -> Result<Vec<(DirEntry, PathBuf)>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if path != Path::new(LINK) {
            entries.push((entry, path));
        }
    }
    Ok(entries)
}

fn kind(entry: &DirEntry) -> Result<PathKind> {
    let found = entry.metadata()?;
    if found.is_dir() {
        return Ok(PathKind::Directory(found.mode()));
    }
    Ok(PathKind::File(Stamp {
        inode: found.ino(),
        mode: found.mode(),
        size: found.size(),
        written: (found.mtime(), found.mtime_nsec()),
        changed: (found.ctime(), found.ctime_nsec()),
    }))
}
