//! The formats of requirement files, told apart by their names.

use serde::Serialize;

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
    /// pip's `requirements.txt`, under any name that is no other format's.
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
    /// conda's `environment.yml`, under any name that ends so.
    CondaEnvironment,
    /// `conda-lock.yml`.
    CondaLock,
    /// What counts by its bytes: `pixi.lock`, `setup.py`, `setup.cfg`, what is not known.
    Bytes,
}

impl Format {
    /// The format of the file at `path`.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match name {
            "pyproject.toml" => Self::Pyproject,
            "uv.lock" => Self::UvLock,
            "pylock.toml" => Self::Pylock,
            "poetry.lock" => Self::PoetryLock,
            "pdm.lock" => Self::PdmLock,
            "Pipfile.lock" => Self::PipfileLock,
            "Pipfile" => Self::Bytes,
            _ if name.starts_with("pylock.") && extension == "toml" => Self::Pylock,
            _ if name.ends_with("conda-lock.yml") || name.ends_with("conda-lock.yaml") => {
                Self::CondaLock
            }
            _ => match extension {
                "yml" | "yaml" => Self::CondaEnvironment,
                "toml" | "lock" | "json" | "py" | "cfg" => Self::Bytes,
                _ => Self::Requirements,
            },
        }
    }
}
