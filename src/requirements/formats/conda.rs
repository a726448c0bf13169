//! conda's `environment.yml` with its pip part, and `conda-lock.yml` -> facts.

use anyhow::Result;
use serde_json::Value;

use super::{Kind, Reading, Table, canonical, lock};

/// Reads `environment.yml`.
pub(super) fn environment(reading: &mut Reading<'_>, path: &str, mut table: Table) -> Result<()> {
    for key in ["name", "prefix"] {
        table.remove(key);
    }
    if let Some(channels) = take_list(&mut table, "channels") {
        for (rank, channel) in channels.into_iter().enumerate() {
            reading.fact(Kind::Channel, format!("{:02}", rank + 1), canonical::text(channel));
        }
    }
    if let Some(dependencies) = take_list(&mut table, "dependencies") {
        for dependency in dependencies {
            self::dependency(reading, path, dependency)?;
        }
    }
    for key in table.keys().filter(|key| !matches!(&***key, "variables" | "platforms" | "category"))
    {
        reading.warn(format!("{path} has the key {key}, which is not known: it counts as it is"));
    }
    lock::metadata(reading, "conda", table);
    Ok(())
}

/// Takes a list out of the table; anything else stays there, and counts as it is.
fn take_list(table: &mut Table, key: &str) -> Option<Vec<Value>> {
    if !table.get(key)?.is_array() {
        return None;
    }
    match table.remove(key) {
        Some(Value::Array(list)) => Some(list),
        Some(_) | None => None,
    }
}

fn dependency(reading: &mut Reading<'_>, path: &str, dependency: Value) -> Result<()> {
    if let Value::String(text) = dependency {
        let (name, value) = specification(&text);
        reading.fact(Kind::Requirement, name, value);
        return Ok(());
    }
    let Value::Object(parts) = dependency else {
        reading.warn(format!(
            "{path} depends on {dependency}, which is not known: it counts as it is"
        ));
        reading.fact(Kind::Requirement, "conda:", canonical::json(dependency));
        return Ok(());
    };
    for (tool, part) in parts {
        if let Some(lines) = texts(&part).filter(|_| tool == "pip") {
            reading.pip_lines(&lines, path)?;
            continue;
        }
        reading.warn(format!("{path} installs by {tool}, which is not known: it counts as it is"));
        reading.fact(Kind::Metadata, format!("conda {tool}"), canonical::text(part));
    }
    Ok(())
}

fn texts(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// `channel::name rest` -> `conda:name` and the rest, with the channel after it.
fn specification(text: &str) -> (String, String) {
    let (channel, package) = text
        .trim()
        .rsplit_once("::")
        .map_or((None, text.trim()), |(channel, package)| (Some(channel), package));
    let end =
        package.find(|c: char| c.is_whitespace() || "=<>!~[".contains(c)).unwrap_or(package.len());
    let (name, rest) = package.split_at(end);
    let from = channel.map(|channel| format!("from {}", channel.trim()));
    let words: Vec<&str> = rest.split_whitespace().chain(from.as_deref()).collect();
    (format!("conda:{}", name.to_ascii_lowercase()), words.join(" "))
}

/// Reads `conda-lock.yml`, without when and by whom it was made.
pub(super) fn lock(reading: &mut Reading<'_>, mut table: Table) {
    if let Some(Value::Object(metadata)) = table.get_mut("metadata") {
        for key in ["time_metadata", "git_metadata", "custom_metadata"] {
            metadata.remove(key);
        }
    }
    for package in lock::packages(&mut table, "package") {
        lock::package(reading, package);
    }
    lock::metadata(reading, "conda-lock", table);
}
