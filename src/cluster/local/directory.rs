//! The directory of one local Ray, and with it the life of that Ray: when it is dropped, every
//! process of it is ended and the directory removed.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use super::processes;
use crate::erase;

/// Not the user's temporary directory: a socket's path has at most 104 bytes on macOS and 108 on
/// Linux, and Ray needs 70 of them.
pub(super) const PARENT: &str = "/tmp";
pub(super) const PREFIX: &str = "regression-";
const LOCK: &str = "owner.lock";
const ATTEMPTS: usize = 10;

/// A directory `/tmp/regression-XXXXXXXX` that only this user can read, locked for as long as its
/// owner lives; the system frees the lock even after SIGKILL.
#[derive(Debug)]
pub(super) struct RayDirectory {
    path: PathBuf,
    id: String,
    cleared: bool,
    _lock: File,
}

impl RayDirectory {
    /// Makes a new one.
    pub(super) fn create() -> Result<Self> {
        for _ in 0..ATTEMPTS {
            let new = tempfile::Builder::new().prefix(PREFIX).rand_bytes(8).tempdir_in(PARENT);
            let path = new.with_context(|| format!("cannot make a directory in {PARENT}"))?.keep();
            // A sweep that saw the directory before its lock may have removed or locked it.
            if let Some(lock) = try_lock(&path, true)? {
                return Self::locked(path, lock);
            }
        }
        bail!("cannot make a directory in {PARENT}: each was removed by another program at once")
    }

    /// Takes over the one at `path` if its owner is dead; `None` if it lives.
    pub(super) fn take_over(path: &Path) -> Result<Option<Self>> {
        let lock = try_lock(path, false)?;
        lock.map(|lock| Self::locked(path.to_owned(), lock)).transpose()
    }

    fn locked(path: PathBuf, lock: File) -> Result<Self> {
        let name = path.file_name().context("a directory without a name")?;
        let id = name.to_string_lossy().into_owned();
        Ok(Self { path, id, cleared: false, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The value of the mark that all processes carry.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What Ray prints.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join("head.log")
    }

    /// Where Ray keeps its sessions.
    pub(super) fn temporary(&self) -> PathBuf {
        self.path.join("ray")
    }

    /// Ends every process of this Ray; yields how many there were and how many are left.
    pub(super) fn end_processes(&self) -> Result<processes::StopOutcome> {
        processes::end(&self.id)
    }

    /// Ends every process and removes the directory; yields how many processes are left, and a
    /// warning with the command to run if anything is.
    pub(super) fn clear(mut self) -> (usize, Option<String>) {
        self.clear_once()
    }

    fn clear_once(&mut self) -> (usize, Option<String>) {
        self.cleared = true;
        let ended = match self.end_processes() {
            Ok(ended) => ended,
            // Unknown, so at least one: a proof must not claim what was not seen.
            Err(error) => return (1, Some(format!("{error:#}: look for {}", self.id))),
        };
        if !ended.left.is_empty() {
            let ids: Vec<_> = ended.left.iter().map(ToString::to_string).collect();
            let warning = format!("could not end them: run kill -9 {}", ids.join(" "));
            return (ended.left.len(), Some(warning));
        }
        let removed = erase::erase(&self.path);
        let warning = |error| format!("{error}: run {}", erase::command(&self.path));
        (0, removed.err().map(warning))
    }
}

impl Drop for RayDirectory {
    fn drop(&mut self) {
        if !self.cleared
            && let (_, Some(warning)) = self.clear_once()
        {
            tracing::warn!("local Ray: {warning}");
        }
    }
}

/// The lock of the directory, or `None` if another has it or the directory is gone.
fn try_lock(path: &Path, create: bool) -> Result<Option<File>> {
    let path = path.join(LOCK);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(create).mode(0o600);
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    let file = match options.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot open {}", path.display())),
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error).context("cannot lock a file"),
    }
    // Whoever removed the file between our opening and our locking holds the lock of nothing.
    let same = |found: fs::Metadata| file.metadata().is_ok_and(|ours| ours.ino() == found.ino());
    Ok(fs::symlink_metadata(&path).is_ok_and(same).then_some(file))
}
