//! Removes the work trees that dead searches left in the cache.  Their journals and logs stay, for whoever
//! goes on.

use std::{fs, path::Path};

use anyhow::{Context, Result};

pub(crate) use super::state::DIRECTORY;
use super::{checkout, journal::try_hold};
use crate::{cache::Cache, cluster::Swept, erase};

/// Removes them; leaves alone what a living search reads in.
pub(crate) fn remove_dead(cache: &Cache) -> Result<Vec<Swept>> {
    let directory = cache.directory(DIRECTORY)?;
    let mut swept = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| directory.display().to_string())? {
        let home = entry?.path();
        let trees = home.join("trees");
        if fs::symlink_metadata(&trees).is_ok_and(|found| found.is_dir()) {
            let what = format!("work trees of a bisect {}", trees.display());
            let (detail, removed) = remove(&home.with_extension("jsonl"), &trees)?;
            swept.push(Swept { what, detail, removed });
        }
    }
    Ok(swept)
}

/// The lock of the search that is kept at `home`; none if it runs.
pub(crate) fn held(home: &Path) -> Result<Option<fs::File>> {
    try_hold(&home.with_extension("jsonl"))
}

fn remove(journal: &Path, trees: &Path) -> Result<(String, bool)> {
    let Some(_lock) = try_hold(journal)? else {
        return Ok(("left alone: a living bisect reads in them".to_owned(), false));
    };
    Ok(match checkout::remove_dead(trees) {
        Ok(()) => ("their bisect is dead: removed".to_owned(), true),
        Err(error) => (format!("{error}: run {}", erase::command(trees)), false),
    })
}
