//! What the lock files of all tools have in common.

use serde_json::Value;

use super::{Kind, Reading, Table, canonical, parse, path};
use anyhow::Result;

/// Adds every key that is left as a fact about the file's kind, such as `uv.lock version`.
pub(super) fn metadata(reading: &mut Reading<'_>, label: &str, table: Table) {
    for (key, value) in table {
        let name = if key == "requires-python" { key } else { format!("{label} {key}") };
        reading.fact(Kind::Metadata, name, canonical::text(value));
    }
}

/// Takes the array of packages out of a table; what is not one counts as a fact like any other.
pub(super) fn packages(table: &mut Table, key: &str) -> Vec<Table> {
    let objects = |items: &Vec<Value>| items.iter().all(Value::is_object);
    if !table.get(key).and_then(Value::as_array).is_some_and(objects) {
        return Vec::new();
    }
    let Some(Value::Array(items)) = table.remove(key) else { return Vec::new() };
    let table = |item| if let Value::Object(table) = item { Some(table) } else { None };
    items.into_iter().filter_map(table).collect()
}

/// Adds a package, all that is left of it, under its name.
pub(super) fn package(reading: &mut Reading<'_>, mut package: Table) {
    let name = match package.remove("name") {
        Some(Value::String(name)) => canonical::name(&name),
        other => {
            package.extend(other.map(|name| ("name".to_owned(), name)));
            String::new()
        }
    };
    reading.fact(Kind::Locked, name, canonical::json(Value::Object(package)));
}

/// Drops what servers say about a file, in a table or an array of tables under `key`.
pub(super) fn forget_uploads(package: &mut Table, key: &str) {
    let files = match package.get_mut(key) {
        Some(Value::Array(files)) => &mut files[..],
        Some(file) => std::slice::from_mut(file),
        None => return,
    };
    for file in files.iter_mut().filter_map(Value::as_object_mut) {
        file.remove("upload-time");
        file.remove("size");
    }
}

/// What the project beside a lock asks of Python.
pub(super) fn companion(reading: &mut Reading<'_>, lock: &str) -> Result<()> {
    let path = path::beside(lock, "pyproject.toml");
    let Some(bytes) = reading.read(&path)? else { return Ok(()) };
    match parse::toml(&bytes) {
        Ok(project) => requires_python(reading, &project),
        Err(reason) => {
            reading.warn(format!("{path} cannot be read ({reason}): it counts by its bytes"));
            reading.bytes(&path, &bytes);
        }
    }
    Ok(())
}

/// Adds the versions of Python that a `pyproject.toml` allows.
pub(super) fn requires_python(reading: &mut Reading<'_>, project: &Table) {
    let project = Value::Object(project.clone());
    let places = ["/project/requires-python", "/tool/poetry/dependencies/python"];
    for version in places.iter().filter_map(|place| project.pointer(place)) {
        reading.fact(Kind::Metadata, "requires-python", canonical::text(version.clone()));
    }
}

/// A text in a table of a table.
pub(super) fn inner<'a>(package: &'a Table, table: &str, key: &str) -> Option<&'a str> {
    package.get(table)?.get(key)?.as_str()
}
