//! Files of keys (TOML, JSON, YAML) -> facts, after their parser has dropped comments and layout.  What
//! is not known of their keys counts as it is.

use anyhow::Result;
use serde_json::{Value, json};

use super::{
    FactKind, RequirementsFormat,
    parse::{self, Table},
    path,
    project::FILE,
    reading::RequirementsReader,
    url::{name, without_credentials},
};

/// Keys that may name a place in the repository.
const PLACES: [&str; 7] =
    ["editable", "directory", "path", "file", "url", "registry", "find-links"];

/// Where a lock says the version of its format, and the major versions that are known.
const VERSIONS: [(RequirementsFormat, &str, &[&str]); 5] = [
    (RequirementsFormat::UvLock, "/version", &["1"]),
    (RequirementsFormat::CondaLock, "/version", &["1"]),
    (RequirementsFormat::Pylock, "/lock-version", &["1"]),
    (RequirementsFormat::PoetryLock, "/metadata/lock-version", &["1", "2"]),
    (RequirementsFormat::PipfileLock, "/_meta/pipfile-spec", &["6"]),
];

/// What decides nothing that is installed: when and by whom a file was made, a project's description,
/// tools that install nothing.
fn forgotten(format: RequirementsFormat) -> &'static str {
    match format {
        RequirementsFormat::UvLock => "/revision",
        RequirementsFormat::Pylock => "/created-by /tool",
        RequirementsFormat::PipfileLock => "/_meta/hash",
        RequirementsFormat::CondaLock => {
            "/metadata/time_metadata /metadata/git_metadata /metadata/custom_metadata"
        }
        RequirementsFormat::CondaEnvironment => "/name /prefix",
        RequirementsFormat::Pyproject => {
            "/project/version /project/description /project/readme /project/license \
             /project/license-files /project/authors /project/maintainers /project/keywords \
             /project/classifiers /project/urls /project/scripts /project/gui-scripts \
             /project/entry-points /tool/poetry/version /tool/poetry/description /tool/poetry/readme \
             /tool/poetry/authors /tool/poetry/license /tool/ruff /tool/black /tool/isort /tool/mypy \
             /tool/pyright /tool/ty /tool/pytest /tool/coverage /tool/pylint /tool/codespell"
        }
        RequirementsFormat::PoetryLock
        | RequirementsFormat::Requirements
        | RequirementsFormat::Bytes => "",
    }
}

impl RequirementsReader<'_> {
    /// A lock, or conda's `environment.yml`; of a version that is not known all bytes count.
    pub(super) fn table(
        &mut self,
        (path, format): (&str, RequirementsFormat),
        bytes: &[u8],
        table: Table,
    ) -> Result<()> {
        let value = Value::Object(table);
        let lock = VERSIONS.iter().find(|(lock, ..)| *lock == format);
        let Some((_, place, known)) = lock else { return self.keys(path, format, value) };
        let version = value.pointer(place).map(|version| version.to_string().replace('"', ""));
        let version = version.unwrap_or_default();
        if version.split('.').next().is_some_and(|major| known.contains(&major)) {
            self.keys(path, format, value)?;
        } else {
            let reason = format!("version \"{version}\" of its format is not known");
            self.not_understood(path, bytes, &reason);
        }
        self.companion(path)
    }

    /// The project beside a lock, which tools read that export the lock.
    fn companion(&mut self, lock: &str) -> Result<()> {
        let path = path::beside(lock, FILE);
        let Some(bytes) = self.read(&path)? else { return Ok(()) };
        match parse::toml(&bytes) {
            Ok(table) => self.keys(&path, RequirementsFormat::Pyproject, Value::Object(table)),
            Err(reason) => {
                self.not_understood(&path, &bytes, &reason);
                Ok(())
            }
        }
    }

    /// One fact for each key, for each package of a lock.
    pub(super) fn keys(
        &mut self,
        path: &str,
        format: RequirementsFormat,
        mut value: Value,
    ) -> Result<()> {
        for pointer in forgotten(format).split_whitespace() {
            if let Some((table, key)) = pointer.rsplit_once('/') {
                take(&mut value, table, key);
            }
        }
        let Value::Object(table) = value else { return Ok(()) };
        for (key, value) in table {
            match (&*key, value) {
                ("package" | "packages", Value::Array(packages)) => {
                    packages.into_iter().try_for_each(|package| self.locked(path, package))?;
                }
                (section, Value::Object(packages))
                    if format == RequirementsFormat::PipfileLock && section != "_meta" =>
                {
                    for (name, package) in packages {
                        self.locked(path, json!({"name": name, section: package}))?;
                    }
                }
                ("dependencies", Value::Array(all))
                    if format == RequirementsFormat::CondaEnvironment =>
                {
                    all.into_iter().try_for_each(|one| self.conda(path, one))?;
                }
                ("project" | "tool", Value::Object(inner))
                    if format == RequirementsFormat::Pyproject =>
                {
                    for (name, value) in inner {
                        self.setting(format!("{path} {key}.{name}"), value);
                    }
                }
                (key, value) => self.setting(format!("{path} {key}"), value),
            }
        }
        Ok(())
    }

    /// One key of a file, with its value in one spelling.
    pub(super) fn setting(&mut self, name: String, mut value: Value) {
        let text = canonical(&mut value);
        self.fact(FactKind::Metadata, name, value.as_str().unwrap_or(&text));
    }

    /// A package, all that its lock says of it.
    fn locked(&mut self, path: &str, mut package: Value) -> Result<()> {
        // The project itself is not installed: a new version of it changes nothing.
        let kinds = package.get("source").and_then(Value::as_object).into_iter().flatten();
        if kinds.into_iter().any(|(_, place)| place == ".") {
            take(&mut package, "", "version");
        }
        take(&mut package, "", "tool");
        let directory = path::parent(path);
        for place in places(&package) {
            match path::join(directory, &place) {
                Some(found) if found == directory || !self.exists(&found)? => {}
                _ => self.local(directory, &place, path)?,
            }
        }
        let name = take(&mut package, "", "name").and_then(|text| text.as_str().map(name));
        let name = name.unwrap_or_default();
        if name == "ray" {
            self.same_ray(version_of(&package).map(|pin| pin.trim_start_matches('=')), path)?;
        }
        self.fact(FactKind::Locked, name, canonical(&mut package));
        Ok(())
    }

    /// A dependency of conda's `environment.yml`, whose part for pip is lines of pip's format.
    fn conda(&mut self, path: &str, dependency: Value) -> Result<()> {
        let Value::Object(mut parts) = dependency else {
            let text =
                dependency.as_str().map_or_else(|| dependency.to_string(), without_credentials);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let start = text.find("::").map_or(0, |at| at + 2);
            let end = text[start..].find([' ', '=', '<', '>', '!', '~', '[']);
            let (package, rest) = text.split_at(end.map_or(text.len(), |end| start + end));
            self.fact(FactKind::Locked, format!("conda:{package}"), rest.trim_start());
            return Ok(());
        };
        if let Some(Value::Array(lines)) = parts.remove("pip") {
            let lines = lines.iter().filter_map(Value::as_str);
            lines.into_iter().try_for_each(|line| self.pip_line(path, line, ""))?;
        }
        parts.into_iter().for_each(|(tool, part)| self.setting(format!("{path} {tool}"), part));
        Ok(())
    }
}

/// Takes a key out of the table at a pointer.
pub(super) fn take(value: &mut Value, table: &str, key: &str) -> Option<Value> {
    value.pointer_mut(table)?.as_object_mut()?.remove(key)
}

/// The version that a locked package has, as a text; Pipfile's stand within their section.
pub(super) fn version_of(package: &Value) -> Option<&str> {
    let inner = || package.as_object()?.values().find_map(|inner| inner.get("version"));
    package.get("version").or_else(inner)?.as_str()
}

/// One spelling, without secrets.
fn canonical(value: &mut Value) -> String {
    forget(value);
    // Only where some other crate asks for serde_json's `preserve_order` are they not in order yet.
    value.sort_all_objects();
    value.to_string()
}

/// Drops the secrets of URLs, and what servers say about a file besides its hash.
fn forget(value: &mut Value) {
    match value {
        Value::String(text) if text.contains("://") => *text = without_credentials(text),
        Value::Array(items) => items.iter_mut().for_each(forget),
        Value::Object(table) => {
            if table.contains_key("hash") || table.contains_key("hashes") {
                table.remove("upload-time");
                table.remove("size");
            }
            table.values_mut().for_each(forget);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The texts that may name a place in the repository.
pub(super) fn places(value: &Value) -> Vec<String> {
    let within = |values: &mut dyn Iterator<Item = &Value>| values.flat_map(places).collect();
    match value {
        Value::Array(items) => within(&mut items.iter()),
        Value::Object(table) => {
            let named = table.iter().filter(|(key, _)| PLACES.contains(&&***key));
            let texts = named.flat_map(|(_, value)| {
                texts(Some(value)).into_iter().chain(value.as_str().map(str::to_owned))
            });
            let here = texts.filter(|text| !text.contains(':') && !text.starts_with('/'));
            here.chain(table.values().flat_map(places)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// The texts of an array.
pub(super) fn texts(list: Option<&Value>) -> Vec<String> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
