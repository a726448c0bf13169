//! Whose config counts, as the command line says it; on GitHub nobody chooses.

use std::path::Path;

use anyhow::{Context, Result};

use super::{config_path, config_text, read_config};
use crate::{
    cli::ConfigFrom,
    config::Config,
    git::{Commit, Repository},
};

/// A config, and where it was found.
pub(super) struct FoundConfig {
    pub(super) config: Config,
    /// In words.
    pub(super) told: String,
    /// Whether head's template and files that measure count too.
    pub(super) of_head: bool,
}

/// Finds the config; without a word of whose it is to be, base's, so that head does not choose what judges it.
/// `name` is what base is called.
pub(super) fn found_config(
    repository: &Repository,
    (from, named): (Option<ConfigFrom>, Option<&Path>),
    (name, base, head): (&str, &Commit, &Commit),
) -> Result<FoundConfig> {
    let path = config_path(named).display().to_string();
    let lying = |told: String| {
        let config = read_config(repository.root(), named)?;
        Ok(FoundConfig { config, told, of_head: false })
    };
    let of = |side: &str, commit: &Commit, of_head: bool| {
        let Some(bytes) = repository.read(commit, &path)? else { return Ok(None) };
        let (short, place) = (commit.sha.short(), format!("{path} of {side}"));
        let text =
            String::from_utf8(bytes).with_context(|| format!("{place} is not UTF-8 text"))?;
        let config = Config::parse(&text, &place)?;
        let told = match config_text(repository.root(), named) {
            Ok(lies) if from.is_none() && lies != text => format!(
                "{place} ({short}); the work tree's differs, and counts with --config-from worktree"
            ),
            _ => format!("{place} ({short})"),
        };
        anyhow::Ok(Some(FoundConfig { config, told, of_head }))
    };
    let missing = |side: &str, commit: &Commit| {
        format!(
            "{side} {} has no {path}; commit it there, or choose another --config-from",
            commit.sha.short()
        )
    };
    match from {
        None if named.is_some() => lying(path.clone()),
        None => match of(name, base, false)? {
            Some(found) => Ok(found),
            None => lying(format!("{path} of the work tree, since {name} has none")),
        },
        Some(ConfigFrom::Worktree) => lying(format!("{path} of the work tree")),
        Some(ConfigFrom::Base) => of(name, base, false)?.with_context(|| missing(name, base)),
        Some(ConfigFrom::Head) => of("head", head, true)?.with_context(|| missing("head", head)),
    }
}
