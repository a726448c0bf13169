//! The formats of requirement files, told apart by their content; by their names where that says
//! nothing.

use anyhow::Result;
use serde::Serialize;

use super::{
    FactKind,
    parse::{self, Table},
    reading::RequirementsReader,
};

/// A requirement file that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Root {
    /// Path from the root of the tree.
    pub path: String,
    /// How it is read and installed.
    pub format: RequirementsFormat,
}

/// How a requirement file is read and installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequirementsFormat {
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
    /// `Pipfile.lock`.
    PipfileLock,
    /// conda's `environment.yml`.
    CondaEnvironment,
    /// `conda-lock.yml`.
    CondaLock,
    /// What counts by its bytes: `pixi.lock`, `pdm.lock`, `setup.py`, `setup.cfg`, what is not known.
    Bytes,
}

/// Why the bytes of a file count that is none of these.
const STRANGE: &str = "its format is not read";

impl RequirementsReader<'_> {
    /// Adds the facts of a file that was asked for.
    pub(super) fn root(&mut self, path: String) -> Result<Root> {
        let bytes = self.need(&path, "requirements")?;
        let (format, table) = tell(&path, &bytes);
        match table {
            _ if format == RequirementsFormat::Requirements => {
                self.pip_file(&path, &bytes, FactKind::Requirement)?;
            }
            Ok(table) if format == RequirementsFormat::Pyproject => self.pyproject(&path, table)?,
            Ok(table) => self.table((&path, format), &bytes, table)?,
            Err(reason) => self.not_understood(&path, &bytes, &reason),
        }
        Ok(Root { path, format })
    }
}

/// What a file is, with its table, or why there is none.
fn tell(path: &str, bytes: &[u8]) -> (RequirementsFormat, Result<Table, String>) {
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
    let format = parsed.as_ref().ok().and_then(by_keys).unwrap_or(named);
    // A table that is no format's is read by nobody.
    let strange = parsed.as_ref().is_ok_and(|table| !table.is_empty());
    if format == RequirementsFormat::Requirements && strange {
        (RequirementsFormat::Bytes, Err(STRANGE.to_owned()))
    } else if format == RequirementsFormat::Bytes {
        (format, Err(STRANGE.to_owned()))
    } else {
        (format, parsed)
    }
}

fn by_keys(table: &Table) -> Option<RequirementsFormat> {
    let has = |key: &str| table.contains_key(key);
    let poetry = table.get("metadata").is_some_and(|data| data.get("lock-version").is_some());
    let formats = [
        (has("lock-version") || has("packages") && has("created-by"), RequirementsFormat::Pylock),
        (has("_meta"), RequirementsFormat::PipfileLock),
        (has("package") && poetry, RequirementsFormat::PoetryLock),
        (has("package") && has("metadata") && has("version"), RequirementsFormat::CondaLock),
        (has("package") && has("version"), RequirementsFormat::UvLock),
        (has("project") || has("build-system") || has("tool"), RequirementsFormat::Pyproject),
        (has("dependency-groups"), RequirementsFormat::Pyproject),
        (has("dependencies"), RequirementsFormat::CondaEnvironment),
    ];
    formats.into_iter().find(|(is, _)| *is).map(|(_, format)| format)
}

fn by_name(name: &str, extension: &str) -> RequirementsFormat {
    match name {
        "pyproject.toml" => RequirementsFormat::Pyproject,
        "uv.lock" => RequirementsFormat::UvLock,
        "poetry.lock" => RequirementsFormat::PoetryLock,
        "Pipfile.lock" => RequirementsFormat::PipfileLock,
        "Pipfile" => RequirementsFormat::Bytes,
        _ if name.starts_with("pylock.") && extension == "toml" => RequirementsFormat::Pylock,
        _ if name.ends_with("conda-lock.yml") || name.ends_with("conda-lock.yaml") => {
            RequirementsFormat::CondaLock
        }
        _ => match extension {
            "yml" | "yaml" => RequirementsFormat::CondaEnvironment,
            "toml" | "lock" | "json" | "py" | "cfg" => RequirementsFormat::Bytes,
            _ => RequirementsFormat::Requirements,
        },
    }
}
