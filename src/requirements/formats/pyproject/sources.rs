//! `[tool.uv.sources]`: where packages come from instead of an index.

use anyhow::Result;
use serde_json::Value;

use super::{super::parse, Kind, Project, Reading, canonical, path};

pub(super) fn read(reading: &mut Reading<'_>, project: &Project<'_>, all: &Value) -> Result<()> {
    for (name, source) in all.as_object().into_iter().flatten() {
        let name = canonical::name(name);
        let one = std::slice::from_ref(source);
        for source in source.as_array().map_or(one, Vec::as_slice) {
            place(reading, project, &name, source)?;
        }
        reading.fact(Kind::Metadata, format!("source of {name}"), canonical::text(source.clone()));
    }
    Ok(())
}

/// A place in the repository counts with its content.
fn place(
    reading: &mut Reading<'_>,
    project: &Project<'_>,
    name: &str,
    source: &Value,
) -> Result<()> {
    let says = |key| source.get(key) == Some(&Value::Bool(true));
    if let Some(target) = source.get("path").and_then(Value::as_str) {
        return reading.local(project.path, target, says("editable"));
    }
    if !says("workspace") {
        return Ok(());
    }
    let Some(directory) = member(reading, name)? else {
        reading.warn(format!("{} takes {name} from the workspace, where it is not", project.path));
        return Ok(());
    };
    reading.local_at(&directory, project.path)
}

/// The directory of the project of this name.
fn member(reading: &Reading<'_>, name: &str) -> Result<Option<String>> {
    for listed in reading.files.list("")? {
        if listed.path.rsplit('/').next() != Some("pyproject.toml") {
            continue;
        }
        let bytes = reading.files.read(&listed.path)?.unwrap_or_default();
        let table = parse::toml(&bytes).unwrap_or_default();
        let found =
            table.get("project").and_then(|project| project.get("name")).and_then(Value::as_str);
        if found.is_some_and(|found| canonical::name(found) == name) {
            return Ok(Some(path::parent(&listed.path).to_owned()));
        }
    }
    Ok(None)
}
