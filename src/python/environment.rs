//! Requirements -> a virtual environment in the cache, named by their hash, made once and shared
//! by all runs.  Yields only environments that are complete.

mod accelerated;
mod install;
mod installable;
mod lock;
mod python;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use anyhow::{Context, Result};
use tokio_util::sync::CancellationToken;

use crate::{
    cache::{self, Cache},
    cancel::Cancelled,
    config::Config,
    erase,
    git::Files,
    progress::Progress,
    python::requirements::{self, Document, Recipe},
};

use install::Installation;
use lock::HeldLock;
pub(crate) use lock::{try_hold, try_own};
pub use python::{Python, find as find_python};

/// Where environments live below the cache.
pub(crate) const DIRECTORY: &str = "environments";
/// Where tools that make environments live below the cache.
pub(crate) const TOOLS: &str = "tools";
/// Written last: a directory without it is half-made.
pub(crate) const MARKER: &str = "complete";

/// A virtual environment that is ready for use.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The virtual environment, with `bin/` in it.
    pub directory: PathBuf,
    /// Its interpreter.
    pub python: PathBuf,
    /// The interpreter's version, such as `3.11.7`.
    pub python_version: String,
    /// The hash of the requirements it was made from.
    pub hash: String,
    /// Whether it was there already.
    pub reused: bool,
    /// Held as long as somebody uses it, so that nobody removes it.
    pub(crate) _use: Option<Arc<HeldLock>>,
}

impl Environment {
    /// A virtual environment that somebody else made, and keeps.
    pub fn given(directory: PathBuf, python: PathBuf) -> Self {
        let (python_version, hash) = (String::new(), String::new());
        Self { directory, python, python_version, hash, reused: true, _use: None }
    }
}

/// What an environment is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentSpec {
    /// What gets installed.
    pub document: Document,
    /// The interpreter that it is made with.
    pub python: Python,
}

impl EnvironmentSpec {
    /// What the config asks for at a commit with these files; fails as [`document`] does.
    pub fn read(config: &Config, python: Python, files: &dyn Files) -> Result<Self> {
        let document = document(config, &python.version, files)?;
        Ok(Self { document, python })
    }

    /// Names the environment: 64 hex digits, the same for all commits that can share it.
    pub fn hash(&self) -> String {
        self.document.hash()
    }
}

/// What the config asks for on this machine at a commit with these files.
///
/// Fails as [`requirements::read`] does, and for what cannot be installed into an environment that
/// commits share.
pub fn document(config: &Config, python_version: &str, files: &dyn Files) -> Result<Document> {
    let document = requirements::read(&Recipe::machine(config, python_version), files)?;
    installable::check(&document)?;
    Ok(document)
}

/// Finds the environment in the cache or makes it.  Two runs that want the same one make it once.
///
/// Fails if no suitable Python is found, if the installer fails (with its reason) and, as
/// [`Cancelled`], when `cancel` fires.  In each case nothing half-made stays behind.
pub async fn prepare(
    spec: &EnvironmentSpec,
    cache: &Cache,
    progress: &Progress,
    cancel: &CancellationToken,
) -> Result<Environment> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Cancelled.into()),
        prepared = find_or_make(spec, cache, progress) => prepared,
    }
}

async fn find_or_make(
    spec: &EnvironmentSpec,
    cache: &Cache,
    progress: &Progress,
) -> Result<Environment> {
    let (python, hash) = (&spec.python, spec.hash());
    let home = cache.directory(DIRECTORY)?.join(&hash);
    let directory = home.join("venv");
    let environment = |reused, held| Environment {
        _use: held,
        python: directory.join("bin").join("python"),
        directory: directory.clone(),
        python_version: python.version.clone(),
        hash: hash.clone(),
        reused,
    };
    let _lock = lock::hold(&home, progress).await?;
    if is_complete(&home) {
        progress.say(format!("environment {}: already in the cache", &hash[..12]));
        return Ok(environment(true, taken(&home)?));
    }
    let unfinished = Unfinished::begin(&home)?;
    let tools = cache.directory(TOOLS)?;
    let brings_uv = cache.brings_uv();
    Installation { home: &home, venv: &directory, tools: &tools, brings_uv }
        .run(spec, progress)
        .await?;
    let marker = home.join(MARKER);
    std::fs::write(&marker, "").map_err(|error| cache::explain(error, &marker))?;
    unfinished.finished();
    Ok(environment(false, taken(&home)?))
}

/// Notes that the environment is used from now on.
fn taken(home: &Path) -> Result<Option<Arc<HeldLock>>> {
    let marker = home.join(MARKER);
    let now = File::options()
        .write(true)
        .open(&marker)
        .and_then(|file| file.set_modified(SystemTime::now()));
    // Then it looks older than it is, and is made again one day.
    drop(now);
    let held = lock::share(home).map_err(|error| cache::explain(error, home))?;
    Ok(held.map(Arc::new))
}

/// The marker alone is not enough: the Python it was made with may have been removed since.
fn is_complete(home: &Path) -> bool {
    home.join(MARKER).exists() && home.join("venv/bin/python").exists()
}

/// An environment in the making: removed when dropped, unless finished.
struct Unfinished<'a> {
    home: Option<&'a Path>,
}

impl<'a> Unfinished<'a> {
    /// Starts afresh in `home`, removing what a killed run left there.
    fn begin(home: &'a Path) -> Result<Self> {
        erase::erase(home).with_context(|| {
            format!("cannot remove a half-made environment; run {}", erase::command(home))
        })?;
        std::fs::create_dir_all(home).map_err(|error| cache::explain(error, home))?;
        Ok(Self { home: Some(home) })
    }

    fn finished(mut self) {
        self.home = None;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if let Some(home) = self.home
            && let Err(error) = erase::erase(home)
        {
            tracing::warn!(%error, "a half-made environment stays: run {}", erase::command(home));
        }
    }
}
