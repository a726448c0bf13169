//! One maker per environment: an advisory lock that the system frees when its holder dies.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::Duration,
};

use anyhow::Result;

use crate::{cache, progress::Progress};

const POLL: Duration = Duration::from_millis(200);

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct HeldLock(#[expect(dead_code, reason = "an open file is the lock")] File);

/// Waits for the lock of the environment at `home`.  Dropping the future stops waiting.
pub(super) async fn hold(home: &Path, progress: &Progress) -> Result<HeldLock> {
    let mut waiting = None;
    loop {
        let held = try_hold(home).map_err(|error| cache::explain(error, home))?;
        if let Some(lock) = held {
            return Ok(lock);
        }
        waiting.get_or_insert_with(|| {
            progress.task("waiting for another run that installs this environment")
        });
        tokio::time::sleep(POLL).await;
    }
}

/// The lock of the environment at `home`, or `None` if another run has it.
///
/// The file lies beside the directory and is never removed, so all runs lock the same one.
pub(crate) fn try_hold(home: &Path) -> io::Result<Option<HeldLock>> {
    let path = home.with_extension("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(HeldLock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
