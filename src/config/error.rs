//! What is wrong with a config: file, line, key, what was read, what is allowed, the nearest key.

use std::fmt;

use serde_path_to_error::{Path, Segment};
use serde_yaml::Error as YamlError;

/// One mistake in a config file, in the words of the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    file: String,
    place: Option<(u64, u64)>,
    key: String,
    problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        if self.key.is_empty() {
            write!(f, ": {}", self.problem)
        } else {
            write!(f, ": {}: {}", self.key, self.problem)
        }
    }
}

impl ConfigError {
    pub(super) fn empty(file: &str) -> Self {
        let problem = "the file is empty; it needs at least entrypoint and metrics, see \
                       https://github.com/org/regression-action/blob/main/docs/configuration.md";
        Self { file: file.into(), place: None, key: String::new(), problem: problem.into() }
    }

    pub(super) fn without_ruler(file: &str) -> Self {
        let problem =
            "read \"true\" without ruler; allowed: beside it, such as ruler: [evaluate.py]";
        let key = "ruler-shadow".into();
        Self { file: file.into(), place: None, key, problem: problem.into() }
    }

    pub(super) fn without_workers(file: &str) -> Self {
        let problem = "read placement without workers, of which a training then has one; allowed: beside 2 or \
                       more, such as training: {workers: 2, placement: spread}";
        let key = "training.placement".into();
        Self { file: file.into(), place: None, key, problem: problem.into() }
    }

    /// The sides are to be paired by node, and have none in common.
    pub(super) fn apart(file: &str, text: &str) -> Self {
        let line = text.lines().position(|line| line.starts_with("pairing:"));
        let place = line.and_then(|line| Some((u64::try_from(line).ok()? + 1, 1)));
        let problem = "read \"node\", which trains base and head on one node, and so on one Ray; allowed beside \
                       it: isolation: shared, if you trust whoever opens pull requests. Else take seed or none";
        Self { file: file.into(), place, key: "pairing".into(), problem: problem.into() }
    }

    pub(super) fn from_yaml(file: &str, text: &str, path: &Path, error: &YamlError) -> Self {
        let error = error.without_snippet();
        let place = error.location().map(|place| (place.line(), place.column()));
        let read = place.map_or("", |place| token(text, place));
        let (last, problem) = describe(error, read);
        let mut keys: Vec<String> = path.iter().filter_map(segment).collect();
        if let Some(last) = last.filter(|last| keys.last() != Some(last)) {
            keys.push(last);
        }
        Self { file: file.into(), place, key: keys.join("."), problem }
    }
}

/// The key that the error adds to the path, and the problem in words.
fn describe(error: &YamlError, read: &str) -> (Option<String>, String) {
    if let YamlError::SerdeUnknownField { field, expected, .. } = error {
        let near = suggestion(field, expected);
        return (
            Some(field.clone()),
            format!("unknown key; allowed: {}{near}", expected.join(", ")),
        );
    }
    if let YamlError::SerdeUnknownVariant { variant, expected, .. } = error {
        let near = suggestion(variant, expected);
        return (None, format!("read \"{variant}\"; allowed: {}{near}", expected.join(", ")));
    }
    if let YamlError::SerdeMissingField { field, .. } = error {
        return (Some((*field).to_owned()), "the key is missing".into());
    }
    if let YamlError::DuplicateMappingKey { key, .. } = error {
        return (key.clone(), "the key is given twice".into());
    }
    if let YamlError::SerdeInvalidType { unexpected, expected, .. } = error {
        return (None, format!("read {unexpected}; allowed: {expected}"));
    }
    if let YamlError::InvalidScalar { ty, .. } = error {
        return (None, format!("read \"{read}\"; allowed: {}", type_in_words(ty)));
    }
    if let YamlError::Unexpected { expected, .. } = error {
        return (None, format!("read \"{read}\"; allowed: {}", type_in_words(expected)));
    }
    if let YamlError::Message { msg, .. } = error {
        return (None, msg.clone());
    }
    // The place is told already, in front.
    let problem = error.to_string();
    let end = problem.rfind(" at line ").unwrap_or(problem.len());
    (None, problem[..end].to_owned())
}

fn type_in_words(name: &str) -> &str {
    match name {
        "string scalar" => "a text",
        "mapping start" => "a mapping such as {key: value}",
        "sequence start" => "a list such as [a, b]",
        "u32" | "u64" => "a whole number from 0",
        "f64" => "a number",
        "boolean" => "true or false",
        other => other,
    }
}

/// What stands in the text at a line and column (both from 1), up to the next separator.
fn token(text: &str, (line, column): (u64, u64)) -> &str {
    let index = |place: u64| usize::try_from(place.saturating_sub(1)).unwrap_or(usize::MAX);
    let line = text.lines().nth(index(line)).unwrap_or("");
    let start = line.char_indices().nth(index(column)).map_or(line.len(), |(start, _)| start);
    let rest = &line[start..];
    let separators: &[char] =
        if rest.starts_with(['[', '{']) { &[] } else { &[',', '}', ']', '#'] };
    rest.split(separators).next().unwrap_or(rest).trim_end()
}

fn segment(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// `; did you mean "x"?` where something allowed is near enough to be what was meant.
fn suggestion(read: &str, allowed: &[&str]) -> String {
    allowed
        .iter()
        .map(|key| (strsim::damerau_levenshtein(read, key), key))
        .filter(|(distance, key)| *distance <= key.len().max(read.len()) / 2)
        .min()
        .map_or_else(String::new, |(_, key)| format!("; did you mean \"{key}\"?"))
}
