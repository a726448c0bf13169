//! The formats of requirement files, told apart by their content; by their names where that says
//! nothing.

use anyhow::Result;
use serde::Serialize;

use super::{
    Kind,
    parse::{self, Table},
    reading::Reading,
};

/// A requirement file that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Root {
    /// Path from the root of the tree.
    pub path: String,
    /// How it is read and installed.
    pub format: Format,
}

/// How a requirement file is read and installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// pip's `requirements.txt`.
    Requirements,
    /// `pyproject.toml`.
    Pyproject,
    /// `uv.lock`.
    UvLock,
    /// `pylock.toml` or `pylock.<name>.toml` (PEP 751).
    Pylock,
    /// `poetry.lock`.
    PoetryLock,
    /// `pdm.lock`.
    PdmLock,
    /// `Pipfile.lock`.
    PipfileLock,
    /// conda's `environment.yml`.
    CondaEnvironment,
    /// `conda-lock.yml`.
    CondaLock,
    /// What counts by its bytes: `pixi.lock`, `setup.py`, `setup.cfg`, what is not known.
    Bytes,
}

/// Why the bytes of a file count that is none of these.
const STRANGE: &str = "its format is not read";

/// What a file is, with its table if it has one.
struct Told {
    format: Format,
    table: Table,
    /// Why there is no table where there should be one.
    reason: String,
}

impl Reading<'_> {
    /// Adds the facts of a file that was asked for.
    pub(super) fn root(&mut self, path: String) -> Result<Root> {
        let bytes = self.need(&path, "requirements")?;
        let Told { format, table, reason } = tell(&path, &bytes);
        if !reason.is_empty() {
            self.not_understood(&path, &bytes, &reason);
            return Ok(Root { path, format });
        }
        match format {
            Format::Requirements => self.pip_file(&path, &bytes, Kind::Requirement)?,
            Format::Pyproject => self.pyproject(&path, table)?,
            Format::UvLock
            | Format::Pylock
            | Format::PoetryLock
            | Format::PdmLock
            | Format::PipfileLock
            | Format::CondaEnvironment
            | Format::CondaLock
            | Format::Bytes => self.table((&path, format), &bytes, table)?,
        }
        Ok(Root { path, format })
    }
}

fn tell(path: &str, bytes: &[u8]) -> Told {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let text = String::from_utf8_lossy(bytes);
    let first = text.trim_start_matches('\u{feff}').trim_start();
    let parsed = match extension {
        "py" | "cfg" => Err(STRANGE.to_owned()),
        _ if first.starts_with('{') => parse::json(bytes),
        "yml" | "yaml" => parse::yaml(bytes),
        _ => parse::toml(bytes).or_else(|reason| {
            // A line of pip's format is seldom a key of YAML, and never two of these.
            let keys = ["dependencies:", "channels:", "package:", "metadata:", "version:"];
            let known = |line: &&str| keys.iter().any(|key| line.starts_with(key));
            if text.lines().filter(known).count() > 1 { parse::yaml(bytes) } else { Err(reason) }
        }),
    };
    let named = by_name(name, extension);
    match parsed {
        Ok(table) => {
            let format = by_keys(&table).unwrap_or(named);
            // A table that is no format's is read by nobody.
            let strange = format == Format::Requirements && !table.is_empty();
            let format = if strange { Format::Bytes } else { format };
            let reason = if format == Format::Bytes { STRANGE } else { "" };
            Told { format, table, reason: reason.to_owned() }
        }
        Err(reason) => {
            let strange = if named == Format::Bytes { STRANGE.to_owned() } else { reason };
            let reason = if named == Format::Requirements { String::new() } else { strange };
            Told { format: named, table: Table::new(), reason }
        }
    }
}

fn by_keys(table: &Table) -> Option<Format> {
    let has = |key: &str| table.contains_key(key);
    let version =
        |key: &str| table.get("metadata").and_then(|metadata| metadata.get(key)).is_some();
    let formats = [
        (has("lock-version") || has("packages") && has("created-by"), Format::Pylock),
        (has("_meta"), Format::PipfileLock),
        (has("package") && version("lock_version"), Format::PdmLock),
        (has("package") && version("lock-version"), Format::PoetryLock),
        (has("package") && has("metadata"), Format::CondaLock),
        (has("package") && has("version"), Format::UvLock),
        (has("project") || has("build-system") || has("tool"), Format::Pyproject),
        (has("dependency-groups"), Format::Pyproject),
        (has("dependencies"), Format::CondaEnvironment),
    ];
    formats.into_iter().find(|(is, _)| *is).map(|(_, format)| format)
}

fn by_name(name: &str, extension: &str) -> Format {
    match name {
        "pyproject.toml" => Format::Pyproject,
        "uv.lock" => Format::UvLock,
        "poetry.lock" => Format::PoetryLock,
        "pdm.lock" => Format::PdmLock,
        "Pipfile.lock" => Format::PipfileLock,
        "Pipfile" => Format::Bytes,
        _ if name.starts_with("pylock.") && extension == "toml" => Format::Pylock,
        _ if name.ends_with("conda-lock.yml") || name.ends_with("conda-lock.yaml") => {
            Format::CondaLock
        }
        _ => match extension {
            "yml" | "yaml" => Format::CondaEnvironment,
            "toml" | "lock" | "json" | "py" | "cfg" => Format::Bytes,
            _ => Format::Requirements,
        },
    }
}
