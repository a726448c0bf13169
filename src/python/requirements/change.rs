//! Two documents -> what differs, in words, by a simple reading of names and versions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;
use serde_json::Value;

use super::{Document, FactKind, table::version_of, url::without_credentials};

/// Longer values are not shown.
const LONGEST: usize = 200;
/// Of a file, more changed lines than these are not shown.
const MOST_LINES: usize = 3;

/// One difference between two documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What sort of fact: `requirement`, `locked`, `base image` and so on.
    pub kind: String,
    /// What it is about, such as `torch`; empty where there is only one of its kind.
    pub name: String,
    /// What was said before; none if nothing was.
    pub before: Option<String>,
    /// What is said now; none if nothing is.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = match &*self.kind {
            _ if self.name.is_empty() => self.kind.clone(),
            "requirement" | "locked" | "metadata" | "file" => self.name.clone(),
            kind => format!("{kind} {}", self.name),
        };
        let said = |value: &Option<String>| value.clone().filter(|value| value.len() < LONGEST);
        let any = |value: String| if value.is_empty() { "any".to_owned() } else { value };
        match (&self.before, &self.after) {
            (Some(_), None) => write!(formatter, "{subject} removed"),
            (None, Some(_)) => match said(&self.after).filter(|after| !after.is_empty()) {
                Some(after) => write!(formatter, "{subject} added ({after})"),
                None => write!(formatter, "{subject} added"),
            },
            (before, after) if before == after => write!(formatter, "{subject} changed"),
            (before, after) => match (said(before), said(after)) {
                (Some(before), Some(after)) => {
                    write!(formatter, "{subject} {} -> {}", any(before), any(after))
                }
                _ => write!(formatter, "{subject} changed"),
            },
        }
    }
}

/// Values by what they are about, in the order of the document.
type FactsBySubject<'a> = BTreeMap<(usize, &'a str, &'a str), BTreeSet<&'a str>>;

/// What differs, in the order of the document.
pub(super) fn changes(before: &Document, after: &Document) -> Vec<Change> {
    let (old, new) = (facts(before), facts(after));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let (none, mut changes) = (BTreeSet::new(), Vec::new());
    for key in keys {
        let (old, new) = (old.get(key).unwrap_or(&none), new.get(key).unwrap_or(&none));
        let gone: Vec<&str> = old.difference(new).copied().collect();
        let come: Vec<&str> = new.difference(old).copied().collect();
        let (_, kind, name) = *key;
        // A file may count by its bytes and by what git has: it changes once.
        let most = if kind == "file" { 1 } else { usize::MAX };
        let pairs =
            (0..gone.len().max(come.len()).min(most)).map(|at| (gone.get(at), come.get(at)));
        for (old, new) in pairs {
            let (old, new) = (old.map(|old| shown(kind, old)), new.map(|new| shown(kind, new)));
            let (old, new) = bare(old, new);
            let file = kind == "file" && old.is_some() && new.is_some();
            let (old, new) = if file { lines(before, after, name) } else { (old, new) };
            changes.push(Change { kind: kind.into(), name: name.into(), before: old, after: new });
        }
    }
    if changes.is_empty() && before.hash() != after.hash() {
        let (kind, name) = ("option".to_owned(), "order".to_owned());
        changes.push(Change {
            kind,
            name,
            before: Some(String::new()),
            after: Some(String::new()),
        });
    }
    changes
}

fn facts(document: &Document) -> FactsBySubject<'_> {
    const HEAD: [&str; 8] =
        ["platform", "python", "ray", "base image", "Dockerfile", "recipe", "extra", "group"];
    let mut facts = FactsBySubject::new();
    for (word, value) in &document.head {
        let rank = HEAD.iter().position(|head| head == word).unwrap_or(HEAD.len());
        // Of extras and groups there may be several.
        let (name, value) =
            if rank < 6 || rank == HEAD.len() { ("", &**value) } else { (&**value, "") };
        facts.entry((rank, *word, name)).or_default().insert(value);
    }
    for entry in &document.entries {
        let rank = HEAD.len() + 1 + entry.kind as usize;
        // Options have numbers for names, which would tell nobody anything.
        let name = if entry.kind == FactKind::Option { "" } else { &*entry.name };
        facts.entry((rank, entry.kind.word(), name)).or_default().insert(&entry.value);
    }
    facts
}

/// A value as a reader wants it: the version, without the hashes that follow it.
fn shown(kind: &str, value: &str) -> String {
    match kind {
        // What is no JSON is conda's, which is text.
        "locked" => serde_json::from_str::<Value>(value).map_or(value.to_owned(), |package| {
            version_of(&package).unwrap_or("unversioned").to_owned()
        }),
        "requirement" | "constraint" => value.split(" --hash=").next().unwrap_or(value).to_owned(),
        "file" | "Dockerfile" => String::new(),
        _ => value.to_owned(),
    }
}

/// `2.4.0` of `==2.4.0` where the other one is pinned as well.
fn bare(before: Option<String>, after: Option<String>) -> (Option<String>, Option<String>) {
    let pin = |text: &Option<String>| {
        let text = text.as_deref()?.strip_prefix("==")?;
        (!text.contains([',', ';', '*'])).then(|| text.to_owned())
    };
    match (pin(&before), pin(&after)) {
        (Some(before), Some(after)) => (Some(before), Some(after)),
        _ => (before, after),
    }
}

/// The changed lines of a file that both have read, if they are few.
fn lines(before: &Document, after: &Document, path: &str) -> (Option<String>, Option<String>) {
    let text = |document: &Document| {
        let file = document.files.iter().find(|file| file.path == path)?;
        String::from_utf8(file.bytes.clone()).ok()
    };
    let (old, new) = (text(before).unwrap_or_default(), text(after).unwrap_or_default());
    let other = |one: &str, other: &str| -> Vec<String> {
        let there: BTreeSet<&str> = other.lines().map(str::trim).collect();
        let lines = one.lines().map(str::trim).filter(|line| !there.contains(line));
        lines.map(without_credentials).collect()
    };
    let (gone, come) = (other(&old, &new), other(&new, &old));
    let few = |lines: &[String]| !lines.is_empty() && lines.len() <= MOST_LINES;
    if few(&gone) && few(&come) {
        return (
            Some(format!("\"{}\"", gone.join("; "))),
            Some(format!("\"{}\"", come.join("; "))),
        );
    }
    (Some(String::new()), Some(String::new()))
}
