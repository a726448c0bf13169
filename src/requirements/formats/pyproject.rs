//! `pyproject.toml` (the packaging specification of that name, PEP 735, uv's and Poetry's own tables)
//! -> facts.  What configures other tools is left out.

use anyhow::Result;
use serde_json::Value;

use super::{Kind, Reading, Table, canonical, lock, path};

mod dynamic;
mod groups;
mod sources;

/// Keys of `[tool.uv]` that decide nothing about what gets installed.  Others count, the unknown ones
/// too.
const IRRELEVANT: [&str; 14] = [
    "build-backend",
    "cache-dir",
    "cache-keys",
    "check-url",
    "concurrent-builds",
    "concurrent-downloads",
    "concurrent-installs",
    "managed",
    "package",
    "preview",
    "publish-url",
    "required-version",
    "trusted-publishing",
    "workspace",
];

pub(super) fn read(reading: &mut Reading<'_>, path: &str, table: Table) -> Result<()> {
    lock::requires_python(reading, &table);
    let project = Project { path, table: Value::Object(table) };
    let lines = groups::lines(reading, &project)?;
    reading.pip_lines(&lines, path)?;
    dynamic::read(reading, &project)?;
    for line in project.texts("/build-system/requires") {
        let line = requirement(reading, path, &line).map_or(line, |(name, value)| name + &value);
        reading.fact(Kind::Metadata, "build-system requires", line);
    }
    uv(reading, &project)?;
    for (tool, keys) in [
        ("poetry", &["dependencies", "group", "extras", "dev-dependencies", "source"][..]),
        ("pdm", &["dev-dependencies", "resolution", "source"]),
    ] {
        for key in keys {
            if let Some(value) = project.table.pointer(&format!("/tool/{tool}/{key}")) {
                reading.fact(
                    Kind::Metadata,
                    format!("tool.{tool}.{key}"),
                    canonical::text(value.clone()),
                );
            }
        }
    }
    Ok(())
}

/// A `pyproject.toml`.
struct Project<'a> {
    path: &'a str,
    table: Value,
}

impl Project<'_> {
    /// The texts of an array.
    fn texts(&self, pointer: &str) -> Vec<String> {
        let items = self.table.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The value under a key that may be spelled differently, by PEP 503.
    fn spelled(&self, pointer: &str, key: &str) -> Option<&Value> {
        let table = self.table.pointer(pointer)?.as_object()?;
        table.iter().find(|(name, _)| canonical::name(name) == key).map(|(_, value)| value)
    }
}

/// `[tool.uv]`.
fn uv(reading: &mut Reading<'_>, project: &Project<'_>) -> Result<()> {
    let Some(uv) = project.table.pointer("/tool/uv").and_then(Value::as_object) else {
        return Ok(());
    };
    for (key, value) in uv.iter().filter(|(key, _)| !IRRELEVANT.contains(&&***key)) {
        match &**key {
            "sources" => sources::read(reading, project, value)?,
            "constraint-dependencies" => {
                for line in project.texts("/tool/uv/constraint-dependencies") {
                    let (name, value) =
                        requirement(reading, project.path, &line).unwrap_or((line, String::new()));
                    reading.fact(Kind::Constraint, name, value);
                }
            }
            key => reading.fact(
                Kind::Metadata,
                format!("tool.uv.{key}"),
                canonical::text(value.clone()),
            ),
        }
    }
    Ok(())
}

/// The canonical form of one requirement; one that cannot be read counts as it is, with a warning.
fn requirement(reading: &mut Reading<'_>, path: &str, line: &str) -> Option<(String, String)> {
    match super::super::pip::requirement(line) {
        Ok(parts) => Some(parts),
        Err(reason) => {
            reading.warn(format!(
                "{path} names {line}, which cannot be read ({reason}): it counts as it is"
            ));
            None
        }
    }
}
