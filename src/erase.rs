//! Removes a directory tree that processes just killed may have been writing to.

use std::{
    fs, io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// How long the last writes of dying processes may keep a directory from being removed.
const LIMIT: Duration = Duration::from_secs(5);

/// Removes `directory` with all in it; it is fine if it is not there.
pub(crate) fn erase(directory: &Path) -> io::Result<()> {
    let started = Instant::now();
    loop {
        match fs::remove_dir_all(directory) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !directory.exists() => {
                return Ok(());
            }
            Err(error) if started.elapsed() > LIMIT => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// The command a person can run instead.
pub(crate) fn command(directory: &Path) -> String {
    format!("rm -rf '{}'", directory.display())
}
