//! Removes what dead runs left on this machine: local Rays, half-made environments, trainings that nobody
//! went on from, and work trees of bisects.  Tells what it saw, and leaves alone what a living run holds.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result};

pub use crate::cluster::Swept;
use crate::{
    bisect,
    cache::Cache,
    cluster::{self, kubeconfig::Access},
    compare::UNFINISHED,
    erase,
    experiment::{PACKAGES, measure::UnfinishedTrainings},
    output::{Format, json, literal, plain},
    progress::Progress,
    python::environment::{self, DIRECTORY, MARKER},
};

/// A day.
const PACKAGES_AGE: Duration = Duration::from_hours(24);

/// Removes all that dead runs of this user left in `/tmp` and in the cache.
pub fn sweep(cache: &Cache, progress: &Progress) -> Result<Vec<Swept>> {
    let task = progress.task("looking for what dead runs left");
    let mut swept = cluster::sweep::remove_dead()?;
    swept.extend(half_made_environments(cache)?);
    swept.extend(old_packages(cache)?);
    swept.extend(old_trainings(cache)?);
    swept.extend(bisect::sweep::remove_dead(cache)?);
    let removed = swept.iter().filter(|one| one.removed).count();
    task.done(format!("{removed} removed, {} left alone", swept.len() - removed));
    Ok(swept)
}

/// Removes all that dead runs left in a namespace on Kubernetes.
pub async fn sweep_kubernetes(access: &Access, progress: &Progress) -> Result<Vec<Swept>> {
    cluster::kuberay_sweep::remove_dead(access, progress).await
}

/// What was found, in one of its forms, ending with a line break.
pub(super) fn render(swept: &[Swept], format: Format) -> Result<String> {
    let lines = |line: fn(&Swept) -> String| swept.iter().map(line).collect::<String>();
    let nothing = "nothing to sweep\n".to_owned();
    match format {
        Format::Json => json(&serde_json::json!({ "swept": swept }), "what was swept"),
        Format::Text | Format::Markdown if swept.is_empty() => Ok(nothing),
        Format::Text => Ok(lines(|one| format!("{}: {}\n", plain(&one.what), plain(&one.detail)))),
        Format::Markdown => Ok(lines(|one| {
            format!("- {}: {}\n", literal(&plain(&one.what)), literal(&plain(&one.detail)))
        })),
    }
}

/// Packages live from packing to upload; after a day, whoever packed them is dead.
fn old_packages(cache: &Cache) -> Result<Vec<Swept>> {
    let mut swept = Vec::new();
    for entry in fs::read_dir(cache.root()).with_context(|| cache.root().display().to_string())? {
        let entry = entry?;
        let named = entry.file_name().to_string_lossy().starts_with(PACKAGES);
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        if named && age > PACKAGES_AGE {
            erase::erase(&entry.path())?;
            let what = format!("packages {}", entry.path().display());
            swept.push(Swept { what, detail: "a day old: removed".to_owned(), removed: true });
        }
    }
    Ok(swept)
}

/// Of interrupted runs; those of today count for whoever asks the same.
fn old_trainings(cache: &Cache) -> Result<Vec<Swept>> {
    let directory = cache.directory(UNFINISHED)?;
    let mut swept = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        let path = entry?.path();
        let is_journal = path.extension().is_some_and(|ending| ending == "jsonl");
        let age = fs::metadata(&path).and_then(|found| found.modified());
        let age = age.ok().and_then(|written| written.elapsed().ok()).unwrap_or_default();
        if is_journal && age > UnfinishedTrainings::LASTS {
            let removed = UnfinishedTrainings::remove(&path)
                .with_context(|| format!("cannot remove {}", path.display()))?;
            let detail = if removed {
                "a day old, and count no more: removed"
            } else {
                "left alone: a living run may write there"
            };
            let what = format!("trainings of an interrupted run {}", path.display());
            swept.push(Swept { what, detail: detail.to_owned(), removed });
        }
    }
    Ok(swept)
}

fn half_made_environments(cache: &Cache) -> Result<Vec<Swept>> {
    let directory = cache.directory(DIRECTORY)?;
    let mut swept = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        let home = entry?.path();
        let is_directory = fs::symlink_metadata(&home).is_ok_and(|found| found.is_dir());
        if is_directory && !home.join(MARKER).exists() {
            let (detail, removed) = remove(&home)?;
            let what = format!("half-made environment {}", home.display());
            swept.push(Swept { what, detail, removed });
        }
    }
    Ok(swept)
}

fn remove(home: &Path) -> Result<(String, bool)> {
    let Some(_lock) = environment::try_hold(home)? else {
        return Ok(("left alone: a living run installs it".to_owned(), false));
    };
    // Another run may have finished it since we looked.
    if home.join(MARKER).exists() {
        return Ok(("left alone: finished meanwhile".to_owned(), false));
    }
    Ok(match erase::erase(home) {
        Ok(()) => ("its maker is dead: removed".to_owned(), true),
        Err(error) => (format!("{error}: run {}", erase::command(home)), false),
    })
}
