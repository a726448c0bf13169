//! Finds local Rays whose owner is dead and removes them.  Never touches what another user owns,
//! what is no directory, or what a living run holds.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rustix::process::getuid;

use super::directory::{PARENT, PREFIX, RayDirectory};
use crate::cluster::Swept;

/// Ends and removes every dead local Ray of this user; tells what it saw.
pub(crate) fn remove_dead() -> Result<Vec<Swept>> {
    let mut swept = Vec::new();
    for path in candidates()? {
        let what = format!("local Ray {}", path.display());
        let (detail, removed) = match RayDirectory::take_over(&path) {
            Ok(Some(dead)) => remove(dead),
            Ok(None) => unlocked(&path),
            Err(error) => (format!("left alone: {error:#}"), false),
        };
        swept.push(Swept { what, detail, removed });
    }
    Ok(swept)
}

fn remove(dead: RayDirectory) -> (String, bool) {
    let found = dead.end_processes().map_or(0, |ended| ended.found);
    match dead.clear() {
        (_, Some(warning)) => (format!("its owner is dead, but {warning}"), false),
        (_, None) => (format!("its owner is dead: ended {found} processes, removed"), true),
    }
}

/// Without a lock to take: alive, or killed before it made its lock, when it is empty.
fn unlocked(path: &Path) -> (String, bool) {
    match fs::remove_dir(path) {
        Ok(()) => ("empty: removed".to_owned(), true),
        Err(_) => ("left alone: in use by a living run".to_owned(), false),
    }
}

fn candidates() -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(PARENT).with_context(|| format!("cannot list {PARENT}"))?;
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_ours(&entry.path())? {
            paths.push(entry.path());
        }
    }
    Ok(paths)
}

/// Whether this user owns it and it is a directory, not a link to one.
fn is_ours(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(found.is_dir() && found.uid() == getuid().as_raw()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot look at {}", path.display())),
    }
}
