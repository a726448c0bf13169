//! `cache`: what the cache holds, with sizes and ages, and what of it goes.  What a living run holds stays.

mod render;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};
use serde::Serialize;

use super::write_out;
use crate::{
    bisect::sweep as searches,
    cache::{Cache, measure},
    cli::{CacheAction, CacheOptions, Shared},
    compare::{RUNS, UNFINISHED},
    erase,
    experiment::{PACKAGES, measure::UnfinishedTrainings},
    progress::Progress,
    python::environment,
};

/// Runs write down what they do at least as often; what has no lock stays as long.
const DAY: Duration = Duration::from_hours(24);
/// Older things go, unless somebody says how old.
const OLD: Duration = Duration::from_hours(30 * 24);

/// One thing of the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct CacheItem {
    /// What it is, in a word.
    kind: &'static str,
    path: PathBuf,
    bytes: u64,
    /// Since it was last used or written.
    idle_seconds: u64,
    /// What became of it, if something was to.
    outcome: Option<String>,
}

/// What was found, and where.
#[derive(Debug, Serialize)]
struct Contents {
    root: PathBuf,
    /// The largest first.
    items: Vec<CacheItem>,
}

/// Lists, or removes what is old.
pub(super) fn run(
    options: &CacheOptions,
    shared: &Shared,
    cache: &Cache,
    progress: &Progress,
) -> Result<ExitCode> {
    let task = progress.task("looking through the cache");
    let mut contents = Contents { root: cache.root().to_owned(), items: items(cache.root())? };
    let least = match options.action {
        CacheAction::List => options.older.unwrap_or_default(),
        CacheAction::Clean => options.older.unwrap_or(OLD),
    };
    contents.items.retain(|item| item.idle_seconds >= least.as_secs());
    if options.action == CacheAction::Clean {
        for item in &mut contents.items {
            item.outcome = Some(remove(item));
        }
    }
    task.done(contents.summary());
    write_out(&contents.render(shared.format.unwrap_or_default())?)?;
    Ok(ExitCode::SUCCESS)
}

/// Everything that the cache holds, the largest first.
fn items(root: &Path) -> Result<Vec<CacheItem>> {
    let mut items = Vec::new();
    for entry in entries(root)? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if DIRECTORIES.contains(&name.as_str()) {
            let inside = entries(&entry)?.into_iter().filter(|path| !is_beside(&name, path));
            items.extend(inside.map(|path| item(kind(&name, &path), path)));
        } else {
            items.push(item(kind("", &entry), entry));
        }
    }
    items.sort_by(|one, other| other.bytes.cmp(&one.bytes).then(one.path.cmp(&other.path)));
    Ok(items)
}

const DIRECTORIES: [&str; 5] =
    [environment::DIRECTORY, environment::TOOLS, RUNS, searches::DIRECTORY, UNFINISHED];

/// How the files end that hold readings.
const JOURNAL: &str = "jsonl";

/// What a thing in that directory is.  By more than its place, because a cache may be put into a directory that
/// holds other things, and `TensorBoard`, too, writes to `runs`.
fn kind(directory: &str, path: &Path) -> &'static str {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = |ending| path.with_extension(ending).exists();
    let is_made = path.join(environment::MARKER).exists() || beside("lock");
    match directory {
        environment::DIRECTORY if is_made => "environment",
        environment::TOOLS if name.starts_with("uv-") => "tool",
        RUNS if path.join("logs").is_dir() => "run",
        searches::DIRECTORY if beside(JOURNAL) => "bisect",
        UNFINISHED if is_journal(path) => "unfinished",
        "" if name.starts_with(PACKAGES) => "packages",
        _ => OTHER,
    }
}

/// What is not ours, or not to be removed.
const OTHER: &str = "other";

/// Whether a file belongs to what has the same name without the ending: locks, and journals of searches.
fn is_beside(directory: &str, path: &Path) -> bool {
    let is_lock = path.extension().is_some_and(|ending| ending == "lock" || ending == "use");
    is_lock || is_journal(path) && directory != UNFINISHED
}

fn is_journal(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == JOURNAL)
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read the cache at {}", directory.display());
    let entries = fs::read_dir(directory).with_context(cannot)?;
    let mut paths: Vec<_> =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>().with_context(cannot)?;
    paths.sort();
    Ok(paths)
}

fn item(kind: &'static str, path: PathBuf) -> CacheItem {
    let journal = path.with_extension(JOURNAL);
    let (beside, written) =
        if journal == path { (0, SystemTime::UNIX_EPOCH) } else { measure(&journal) };
    let (bytes, newest) = measure(&path);
    let idle = SystemTime::now().duration_since(newest.max(written)).unwrap_or_default();
    CacheItem { kind, path, bytes: bytes + beside, idle_seconds: idle.as_secs(), outcome: None }
}

/// Removes a thing, unless a run holds it; yields what became of it.
fn remove(CacheItem { kind, path, idle_seconds, .. }: &CacheItem) -> String {
    if *kind == OTHER {
        return "kept: remove it yourself, if it is not needed".to_owned();
    }
    match try_remove(kind, path, *idle_seconds) {
        Ok(None) => "kept: a run uses it".to_owned(),
        Ok(Some(())) => "removed".to_owned(),
        Err(error) => format!("kept: {error:#}; run {}", erase::command(path)),
    }
}

fn try_remove(kind: &str, path: &Path, idle_seconds: u64) -> Result<Option<()>> {
    match kind {
        "environment" => {
            let Some(_locks) = environment::try_own(path)? else { return Ok(None) };
            erase::erase(path)?;
        }
        "bisect" => {
            let Some(journal) = searches::held(path)? else { return Ok(None) };
            erase::erase(path)?;
            // The file stays, because whoever begins the same search may be waiting for its lock.
            journal.set_len(0)?;
        }
        "unfinished" => return Ok(UnfinishedTrainings::remove(path)?.then_some(())),
        _ if idle_seconds < DAY.as_secs() => return Ok(None),
        _ if path.is_symlink() || path.is_file() => fs::remove_file(path)?,
        _ => erase::erase(path)?,
    }
    Ok(Some(()))
}
