//! `uv.lock` (uv's documentation, "Locking and syncing") -> facts.

use anyhow::Result;

use super::{Reading, Table, lock};

pub(super) fn read(reading: &mut Reading<'_>, path: &str, mut table: Table) -> Result<()> {
    table.remove("revision");
    for mut package in lock::packages(&mut table, "package") {
        for files in ["sdist", "wheels"] {
            lock::forget_uploads(&mut package, files);
        }
        source(reading, path, &mut package)?;
        lock::package(reading, package);
    }
    lock::metadata(reading, "uv.lock", table);
    lock::companion(reading, path)
}

/// Where a package is in the repository, its content counts, and the project itself is not
/// installed: a new version of it changes nothing.
fn source(reading: &mut Reading<'_>, path: &str, package: &mut Table) -> Result<()> {
    for kind in ["editable", "virtual", "directory", "path"] {
        let Some(target) = lock::inner(package, "source", kind).map(str::to_owned) else {
            continue;
        };
        if target == "." {
            package.remove("version");
        } else if kind != "virtual" && !target.contains("://") {
            reading.local(path, &target, kind == "editable")?;
        }
    }
    Ok(())
}
