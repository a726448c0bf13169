//! The one directory that outlives a run: virtual environments, packages and reports.

use std::{
    env,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, bail};
use serde::Serialize;

/// The cache directory, known to exist.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    brings_uv: bool,
}

impl Cache {
    /// Opens `directory`, or the user's cache directory (`$XDG_CACHE_HOME/regression-action`, else
    /// `~/.cache/regression-action`).
    pub fn open(directory: Option<&Path>) -> Result<Self> {
        let root = match directory {
            Some(directory) => std::path::absolute(directory)?,
            None => user_cache()?.join("regression-action"),
        };
        create(&root)?;
        Ok(Self { root, brings_uv: true })
    }

    /// Into which uv is brought only where pip cannot install.
    #[must_use]
    pub fn without_uv(self) -> Self {
        Self { brings_uv: false, ..self }
    }

    /// Whether uv may be brought although pip would do.
    pub(crate) fn brings_uv(&self) -> bool {
        self.brings_uv
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A subdirectory, made if it is not there.
    pub fn directory(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join(name);
        create(&path)?;
        Ok(path)
    }
}

fn create(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| explain(error, path))
}

/// Writes a value as the file's next JSON line, which is on the disk after this: a journal survives
/// whatever ends us.
pub(crate) fn append_line(file: &mut File, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    file.write_all(&line)?;
    file.sync_data()
}

/// An error of the file system in the cache, with the remedy.
pub fn explain(error: io::Error, path: &Path) -> anyhow::Error {
    let full = error.kind() == io::ErrorKind::StorageFull;
    let remedy =
        if full { "the disk is full: free space, or" } else { "check its permissions, or" };
    anyhow::Error::new(error).context(format!(
        "cannot write to the cache at {}; {remedy} choose another place with --cache-dir",
        path.display()
    ))
}

/// Bytes of all files at a path, and the time of the newest change; what vanishes meanwhile is left out, and links
/// are not followed.
pub(crate) fn measure(path: &Path) -> (u64, SystemTime) {
    let (mut bytes, mut newest) = (0, SystemTime::UNIX_EPOCH);
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        newest = newest.max(found.modified().unwrap_or(newest));
        if found.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            open.extend(entries.map(|entry| entry.path()));
        } else {
            bytes += found.len();
        }
    }
    (bytes, newest)
}

fn user_cache() -> Result<PathBuf> {
    if let Some(cache) = env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        return Ok(cache.into());
    }
    let home = env::home_dir().context("cannot find the home directory; set --cache-dir")?;
    if home.as_os_str().is_empty() {
        bail!("the home directory is unknown; set --cache-dir");
    }
    Ok(home.join(".cache"))
}
