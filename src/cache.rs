//! The one directory that outlives a run: virtual environments, packages and reports.

use std::{
    env,
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::geteuid;
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

    /// Opens that of the action, which may have no home: among temporary files, where other users may write.
    pub(crate) fn of_the_action() -> Result<Self> {
        let name = format!("regression-action-{}", geteuid().as_raw());
        Self::private(&std::path::absolute(env::temp_dir())?.join(name))
    }

    /// Opens a directory that no other user could have prepared, such as with an environment to train in.
    fn private(root: &Path) -> Result<Self> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(root);
        let found = made.and_then(|()| fs::symlink_metadata(root));
        let found = found.map_err(|error| explain(error, root))?;
        let ours = found.uid() == geteuid().as_raw() && found.mode() & 0o022 == 0;
        ensure!(
            found.is_dir() && ours,
            "{} could have been prepared by another user; remove it, or set TMPDIR to a directory of your own",
            root.display()
        );
        Ok(Self { root: root.to_owned(), brings_uv: true })
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;

    /// Whoever may write beside it could have made it first.
    #[test]
    fn what_another_user_could_have_prepared_is_no_cache_of_the_action() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let opened = |name: &str| Cache::private(&at(name)).map(|cache| cache.root);
        for _ in ["made", "found"] {
            assert_eq!(opened("ours").unwrap(), at("ours"));
            assert_eq!(fs::metadata(at("ours")).unwrap().mode() & 0o777, 0o700);
        }
        fs::create_dir(at("open")).unwrap();
        fs::set_permissions(at("open"), fs::Permissions::from_mode(0o777)).unwrap();
        symlink(at("ours"), at("link")).unwrap();
        let mut theirs = vec!["open", "link"];
        if geteuid().is_root() {
            fs::create_dir(at("nobodys")).unwrap();
            chown(at("nobodys"), Some(65534), None).unwrap();
            theirs.push("nobodys");
        }
        for name in theirs {
            let told = opened(name).unwrap_err().to_string();
            assert!(told.contains(&format!("{name} could have been prepared")), "{told}");
        }
    }
}
