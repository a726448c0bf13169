//! Dependencies that a `pyproject.toml` leaves to other files.

use anyhow::Result;
use serde_json::Value;

use super::{Project, Reading, canonical, path};

/// Files of a project that say what it depends on when it is built.
const CODE: [&str; 2] = ["setup.py", "setup.cfg"];

pub(super) fn read(reading: &mut Reading<'_>, project: &Project<'_>) -> Result<()> {
    let dynamic = project.texts("/project/dynamic");
    let setuptools = "/tool/setuptools/dynamic";
    for key in dynamic.iter().filter(|key| key.ends_with("dependencies")) {
        let mut tables = Vec::new();
        if key == "dependencies" {
            tables.extend(project.table.pointer(&format!("{setuptools}/dependencies")));
        } else {
            let extras = reading.recipe.extras.iter().map(|extra| canonical::name(extra));
            let place = format!("{setuptools}/optional-dependencies");
            tables.extend(extras.filter_map(|extra| project.spelled(&place, &extra)));
            if tables.is_empty() && reading.recipe.extras.is_empty() {
                continue;
            }
        }
        let files: Vec<String> = tables.iter().flat_map(|table| files(table)).collect();
        if files.is_empty() {
            code(reading, project, key)?;
        }
        for file in files {
            reading.pip_file(&path::beside(project.path, &file))?;
        }
    }
    Ok(())
}

fn files(table: &Value) -> Vec<String> {
    match table.get("file") {
        Some(Value::String(file)) => vec![file.clone()],
        Some(Value::Array(files)) => {
            files.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// What we cannot know counts by its bytes.
fn code(reading: &mut Reading<'_>, project: &Project<'_>, key: &str) -> Result<()> {
    reading.warn(format!(
        "{} leaves {key} to the build: it counts by its bytes, and so do {} beside it",
        project.path,
        CODE.join(" and ")
    ));
    let beside = CODE.iter().map(|name| path::beside(project.path, name));
    for path in [project.path.to_owned()].into_iter().chain(beside) {
        if let Some(bytes) = reading.read(&path)? {
            reading.bytes(&path, &bytes);
        }
    }
    Ok(())
}
