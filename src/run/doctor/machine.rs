//! Checks of this machine: repository, config, cache, and what a local Ray needs.

use std::{fs, io::ErrorKind, path::Path};

use anyhow::{Context, Result, anyhow};

use super::{Check, Examination, State, Subject, room};
use crate::{
    cache::Cache,
    config::Config,
    git::{Files, Listed, Repository, program},
    python::{environment, requirements::NO_FILES},
};

/// Less, and packages and logs find no room, in bytes.
const LEAST_FREE: u64 = 200_000_000;
/// Less, and an environment may find none: Ray alone takes 0.7 GB (2.60.0), bytes.
const ENOUGH_FREE: u64 = 3_000_000_000;

pub(super) fn repository(repository: &Result<Repository>) -> Check {
    let found = match repository {
        Ok(repository) => {
            let mut command = repository.git();
            program::stdout(command.arg("--version")).map(|version| {
                let version = String::from_utf8_lossy(&version).into_owned();
                format!("{} ({version})", repository.root().display())
            })
        }
        Err(error) => Err(anyhow!("{error:#}")),
    };
    Check::of("repository", found)
}

pub(super) fn config(config: &Result<Config>) -> Check {
    match config {
        Ok(config) => {
            let metrics: Vec<&str> = config.metrics.keys().map(String::as_str).collect();
            let looks = config.seeds.looks();
            let (least, most) = (looks.first().unwrap_or(&0), looks.last().unwrap_or(&0));
            let metrics = metrics.join(", ");
            Check::ok("config", format!("judges {metrics} by {least} to {most} trainings a side"))
        }
        Err(error) => Check::problem("config", error),
    }
}

pub(super) fn cache(cache: &Result<Cache>) -> Check {
    match cache {
        Ok(cache) => match rustix::fs::statvfs(cache.root()) {
            Ok(disk) => space(cache.root(), disk.f_bavail.saturating_mul(disk.f_frsize)),
            Err(error) => {
                Check::problem("cache", &anyhow!(error).context(cache.root().display().to_string()))
            }
        },
        Err(error) => Check::problem("cache", error),
    }
}

/// Judges the room that is left for the cache, in bytes.
fn space(root: &Path, free: u64) -> Check {
    let state = match free {
        ..LEAST_FREE => State::Problem,
        LEAST_FREE..ENOUGH_FREE => State::Warning,
        ENOUGH_FREE.. => State::Ok,
    };
    let free = format!("{}.{} GB", free / 1_000_000_000, free / 100_000_000 % 10);
    let check = Check::new("cache", state, format!("{}: {free} free", root.display()));
    if state == State::Ok {
        return check;
    }
    check.remedy(
        "free space, or choose another place with --cache-dir: an environment with Ray takes about \
         1 GB, and one with a GPU library several",
    )
}

/// What a Ray of our own on this machine needs besides.
pub(super) async fn local(subject: &Subject<'_>, seen: &mut Examination) {
    let config = subject.config.as_ref().ok();
    let python = environment::find_python(config.and_then(|config| config.python.as_deref())).await;
    let version = python.as_ref().map_or_else(|_| String::new(), |python| python.version.clone());
    let shown =
        |python: environment::Python| format!("{} {}", python.path.display(), python.version);
    seen.push(Check::of("python", python.map(shown)));
    if let Some(config) = config {
        room::here(config, seen).await;
    }
    let (Some(config), Ok(repository)) = (config, &subject.repository) else {
        return seen.unchecked.push("requirements");
    };
    let document = environment::document(config, &version, &WorkTree(repository));
    let shown = document.map(|document| {
        let paths: Vec<_> = document.files.iter().map(|file| file.path.clone()).collect();
        let named = if paths.is_empty() { NO_FILES.to_owned() } else { paths.join(", ") };
        (named, document.warnings.clone())
    });
    seen.push(Check::with_warnings("requirements", shown));
}

/// The file at `path` as it is in the work tree, else in HEAD; `None` if it is in neither.
pub(super) fn read(repository: &Repository, path: &str) -> Result<Option<Vec<u8>>> {
    match fs::read(repository.root().join(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // A repository without a commit has no other place to look.
            let Ok(head) = repository.resolve("HEAD") else { return Ok(None) };
            repository.read(&head, path)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {path}")),
    }
}

/// The work tree, with HEAD behind it.
struct WorkTree<'a>(&'a Repository);

impl Files for WorkTree<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        if self.0.root().join(path).is_dir() { Ok(None) } else { read(self.0, path) }
    }

    /// What HEAD has: it is asked only whether there is a directory.
    fn list(&self, directory: &str) -> Result<Vec<Listed>> {
        let Ok(head) = self.0.resolve("HEAD") else { return Ok(Vec::new()) };
        self.0.files(&head).list(directory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fills_up_is_told_before_it_is_full() {
        let state = |free| space(Path::new("/cache"), free).state;
        assert_eq!(state(0), State::Problem);
        assert_eq!(state(ENOUGH_FREE - 1), State::Warning);
        assert_eq!(state(ENOUGH_FREE), State::Ok);
        assert_eq!(space(Path::new("/cache"), 12_345_000_000).found, "/cache: 12.3 GB free");
    }
}
