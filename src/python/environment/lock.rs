//! One maker per environment: an advisory lock that the system frees when its holder dies.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::Duration,
};

use crate::{cache, progress::Progress};

const POLL: Duration = Duration::from_millis(200);

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct HeldLock(#[expect(dead_code, reason = "an open file is the lock")] File);

/// Waits for the lock of the environment at `home`.  Dropping the future stops waiting.
pub(super) async fn hold(home: &Path, progress: &Progress) -> anyhow::Result<HeldLock> {
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
    held(home, "lock", File::try_lock)
}

/// Shared by all who use the environment at `home`; `None` while somebody removes it.
pub(super) fn share(home: &Path) -> io::Result<Option<HeldLock>> {
    held(home, "use", File::try_lock_shared)
}

/// Both locks: nobody makes or uses the environment at `home` as long as they are held.
pub(crate) fn try_own(home: &Path) -> io::Result<Option<[HeldLock; 2]>> {
    let Some(maker) = try_hold(home)? else { return Ok(None) };
    Ok(held(home, "use", File::try_lock)?.map(|users| [maker, users]))
}

fn held(
    home: &Path,
    extension: &str,
    lock: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> io::Result<Option<HeldLock>> {
    let path = home.with_extension(extension);
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    match lock(&file) {
        Ok(()) => Ok(Some(HeldLock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_removes_what_is_used_or_made() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path().join("0123");
        let (one, other) = (share(&home).unwrap(), share(&home).unwrap());
        assert!(one.is_some() && other.is_some());
        drop(one);
        assert!(try_own(&home).unwrap().is_none(), "it is still used");
        // Whoever makes it meanwhile does not wait for those who use it.
        drop(try_hold(&home).unwrap().unwrap());
        drop(other);
        let owned = try_own(&home).unwrap();
        assert!(owned.is_some() && share(&home).unwrap().is_none());
        assert!(try_hold(&home).unwrap().is_none());
    }
}
