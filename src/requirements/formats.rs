//! A requirement file of any format -> facts.  What is not understood counts by its bytes, with a
//! warning, and is never dropped.

mod conda;
mod lock;
mod parse;
mod pipfile;
mod poetry;
mod pylock;
mod pyproject;
mod uv;

use anyhow::Result;
use serde_json::{Map, Value};

use super::{Format, Kind, Root, canonical, path, pip, reading::Reading};

/// A table of TOML, JSON or YAML.
type Table = Map<String, Value>;

/// Adds the facts of a file that was asked for.
pub(super) fn read(reading: &mut Reading<'_>, root: &Root) -> Result<()> {
    let path = &*root.path;
    if root.format == Format::Requirements {
        return reading.pip_file(path);
    }
    let bytes = reading.need(path, "requirements")?;
    let parsed = match root.format {
        Format::Requirements | Format::Bytes => {
            bytes_alone(reading, path, &bytes);
            return Ok(());
        }
        Format::PipfileLock => parse::json(&bytes),
        Format::CondaEnvironment | Format::CondaLock => parse::yaml(&bytes),
        Format::Pyproject
        | Format::UvLock
        | Format::Pylock
        | Format::PoetryLock
        | Format::PdmLock => parse::toml(&bytes),
    };
    let table = match parsed {
        Ok(mut table) => {
            table.values_mut().for_each(forget_credentials);
            table
        }
        Err(reason) => {
            reading.warn(format!("{path} cannot be read ({reason}): it counts by its bytes"));
            reading.bytes(path, &bytes);
            return Ok(());
        }
    };
    match root.format {
        Format::Pyproject => pyproject::read(reading, path, table),
        Format::UvLock => uv::read(reading, path, table),
        Format::Pylock => pylock::read(reading, path, table),
        Format::PoetryLock | Format::PdmLock => poetry::read(reading, path, table),
        Format::PipfileLock => pipfile::read(reading, path, table),
        Format::CondaLock => {
            conda::lock(reading, table);
            Ok(())
        }
        Format::CondaEnvironment | Format::Requirements | Format::Bytes => {
            conda::environment(reading, path, table)
        }
    }
}

fn bytes_alone(reading: &mut Reading<'_>, path: &str, bytes: &[u8]) {
    reading.warn(format!(
        "{path} counts by its bytes, every comment included: its format is not read"
    ));
    reading.bytes(path, bytes);
}

/// Passwords of indexes are never shown, and a new one changes nothing.
fn forget_credentials(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('@') && text.contains("://") => {
            *text = pip::without_credentials(text);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_credentials),
        Value::Object(table) => table.values_mut().for_each(forget_credentials),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
