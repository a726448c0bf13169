//! `poetry.lock` and `pdm.lock`, which are alike -> facts.

use anyhow::Result;
use serde_json::Value;

use super::{Reading, Table, lock};

pub(super) fn read(reading: &mut Reading<'_>, path: &str, mut table: Table) -> Result<()> {
    let label = if path.ends_with("pdm.lock") { "pdm.lock" } else { "poetry.lock" };
    for package in lock::packages(&mut table, "package") {
        let develop = |key| package.get(key) == Some(&Value::Bool(true));
        let local = matches!(lock::inner(&package, "source", "type"), Some("directory" | "file"));
        if local && let Some(target) = lock::inner(&package, "source", "url") {
            reading.local(path, target, develop("develop"))?;
        }
        if let Some(target) = package.get("path").and_then(Value::as_str) {
            reading.local(path, target, develop("editable"))?;
        }
        lock::package(reading, package);
    }
    lock::metadata(reading, label, table);
    lock::companion(reading, path)
}
