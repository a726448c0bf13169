//! Values of one name before and after -> which belong together, and which part of them differs.

use serde_json::Value;

use super::{Change, Kind};

/// Which value became which: those that agree in all but the version first, then a last one of each.
pub(super) fn paired<'a>(
    kind: Kind,
    gone: &[&'a str],
    come: &[&'a str],
) -> Vec<(Option<&'a str>, Option<&'a str>)> {
    let mut left: Vec<&str> = come.to_vec();
    let mut pairs = Vec::new();
    let mut alone = Vec::new();
    for &before in gone {
        let alike = left.iter().position(|after| differing(kind, before, after).is_none());
        match alike {
            Some(at) => pairs.push((Some(before), Some(left.remove(at)))),
            None => alone.push(before),
        }
    }
    if let ([before], [after]) = (&alone[..], &left[..]) {
        pairs.push((Some(*before), Some(*after)));
        return pairs;
    }
    pairs.extend(alone.into_iter().map(|before| (Some(before), None)));
    pairs.extend(left.into_iter().map(|after| (None, Some(after))));
    pairs
}

/// The change in words as short as they can be.
pub(super) fn change(kind: Kind, name: &str, before: Option<&str>, after: Option<&str>) -> Change {
    let mut change = Change {
        kind: kind.word().to_owned(),
        name: name.to_owned(),
        part: None,
        before: before.map(|value| short(kind, value)),
        after: after.map(|value| short(kind, value)),
    };
    let (Some(before), Some(after)) = (before, after) else { return change };
    let versioned = matches!(kind, Kind::Requirement | Kind::Constraint | Kind::Locked);
    if !versioned {
        return change;
    }
    let same_version = version(kind, before) == version(kind, after);
    match differing(kind, before, after) {
        Some(part) if same_version => {
            change.part = Some(part);
            change.before = said(kind, part, before);
            change.after = said(kind, part, after);
        }
        // Markers and hashes follow the version; a reader wants to know the version.
        _ => {
            change.before = Some(bare(&version(kind, before), &version(kind, after)));
            change.after = Some(bare(&version(kind, after), &version(kind, before)));
        }
    }
    change
}

/// A value as it is shown where it comes or goes.
fn short(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Locked => version(kind, value),
        Kind::Requirement | Kind::Constraint => {
            value.split(" --hash=").next().unwrap_or(value).to_owned()
        }
        Kind::Option | Kind::Metadata | Kind::Channel | Kind::Local | Kind::File => {
            value.to_owned()
        }
    }
}

/// `2.4.0` of `==2.4.0` where the other one is pinned as well.
fn bare(version: &str, other: &str) -> String {
    let pin = |text: &str| text.starts_with("==") && !text.contains(',');
    if pin(version) && pin(other) { version[2..].to_owned() } else { version.to_owned() }
}

fn version(kind: Kind, value: &str) -> String {
    if kind == Kind::Locked {
        return locked_version(value).unwrap_or_else(|| "unversioned".to_owned());
    }
    Requirement::of(value).version.to_owned()
}

fn locked_version(value: &str) -> Option<String> {
    let package: Value = serde_json::from_str(value).ok()?;
    // Pipfile.lock's packages stand within their section.
    let inner = package.as_object()?.values().next()?;
    let version = package.get("version").or_else(|| inner.get("version"))?;
    Some(version.as_str()?.to_owned())
}

/// The first part, besides the version, in which two values differ.
fn differing(kind: Kind, before: &str, after: &str) -> Option<&'static str> {
    if kind == Kind::Locked {
        return locked_differing(before, after);
    }
    let (old, new) = (Requirement::of(before), Requirement::of(after));
    let parts = [
        ("extras", old.extras == new.extras),
        ("URL", old.url == new.url),
        ("marker", old.marker == new.marker),
        ("build settings", old.settings == new.settings),
        ("hashes", old.hashes == new.hashes),
    ];
    parts.into_iter().find(|(_, same)| !same).map(|(part, _)| part)
}

fn locked_differing(before: &str, after: &str) -> Option<&'static str> {
    let parse = |value| serde_json::from_str::<Value>(value).unwrap_or_default();
    let (old, new) = (parse(before), parse(after));
    let differs = |keys: &[&str]| keys.iter().any(|key| old.get(key) != new.get(key));
    let parts: [(&str, &[&str]); 4] = [
        ("source", &["source", "vcs", "directory", "archive", "index", "url"]),
        ("marker", &["marker", "markers", "resolution-markers", "requires-python"]),
        ("dependencies", &["dependencies", "optional-dependencies", "dev-dependencies"]),
        ("files", &["wheels", "sdist", "files", "hash", "hashes"]),
    ];
    let found = parts.into_iter().find(|(_, keys)| differs(keys)).map(|(part, _)| part);
    let version_alone = old.get("version") != new.get("version");
    found.or_else(|| (!version_alone && old != new).then_some("details"))
}

/// What a part says; nothing where it is too long for a reader.
fn said(kind: Kind, part: &str, value: &str) -> Option<String> {
    if kind == Kind::Locked {
        let package: Value = serde_json::from_str(value).ok()?;
        let key = if part == "source" { "source" } else { "marker" };
        return package.get(key).map(|value| super::super::canonical::text(value.clone()));
    }
    let requirement = Requirement::of(value);
    match part {
        "extras" => Some(requirement.extras.to_owned()),
        "URL" => Some(requirement.url.to_owned()),
        "marker" => Some(requirement.marker.to_owned()),
        "build settings" => Some(requirement.settings.to_owned()),
        _ => None,
    }
}

/// The parts of a canonical requirement: `[extras]versions @ URL; marker --hash=.. --config..`.
struct Requirement<'a> {
    extras: &'a str,
    version: &'a str,
    url: &'a str,
    marker: &'a str,
    hashes: &'a str,
    settings: &'a str,
}

impl<'a> Requirement<'a> {
    fn of(value: &'a str) -> Self {
        let (rest, settings) = cut(value, " --config-settings=");
        let (rest, hashes) = cut(rest, " --hash=");
        let (rest, marker) = cut(rest, "; ");
        let rest = rest.trim_end();
        let alone = rest.strip_prefix("@ ").map(|url| ("", url));
        let (rest, url) = alone.unwrap_or_else(|| cut(rest, " @ "));
        let (extras, version) = match rest.find(']') {
            Some(end) if rest.starts_with('[') => rest.split_at(end + 1),
            _ => ("", rest),
        };
        Self { extras, version, url, marker, hashes, settings }
    }
}

fn cut<'a>(text: &'a str, separator: &str) -> (&'a str, &'a str) {
    text.split_once(separator).unwrap_or((text, ""))
}
