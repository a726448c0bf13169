//! `pylock.toml` (the packaging specification "pylock.toml", PEP 751) -> facts.

use anyhow::Result;
use serde_json::Value;

use super::{Reading, Table, lock};

pub(super) fn read(reading: &mut Reading<'_>, path: &str, mut table: Table) -> Result<()> {
    for key in ["created-by", "tool"] {
        table.remove(key);
    }
    for mut package in lock::packages(&mut table, "packages") {
        package.remove("tool");
        for files in ["sdist", "wheels", "archive"] {
            lock::forget_uploads(&mut package, files);
        }
        for kind in ["directory", "archive"] {
            let Some(target) = lock::inner(&package, kind, "path").map(str::to_owned) else {
                continue;
            };
            let editable = package[kind].get("editable") == Some(&Value::Bool(true));
            reading.local(path, &target, editable)?;
        }
        lock::package(reading, package);
    }
    lock::metadata(reading, "pylock.toml", table);
    lock::companion(reading, path)
}
