//! Two documents -> what differs, in words.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use super::{Document, Kind};

mod parts;

/// One difference between two documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What sort of fact: `requirement`, `locked`, `base image` and so on.
    pub kind: String,
    /// What it is about, such as `torch`; empty where there is only one of its kind.
    pub name: String,
    /// Which part of it, such as `marker`; none if it is the version, or the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
    /// What was said before; none if nothing was.
    pub before: Option<String>,
    /// What is said now; none if nothing is.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.subject())?;
        if let Some(part) = self.part {
            write!(formatter, ": {part}")?;
        }
        // A digest tells a reader nothing.
        let bytes = matches!(&*self.kind, "file" | "local" | "Dockerfile");
        let said =
            |value: &Option<String>| value.clone().filter(|value| !bytes && value.len() < 200);
        match (&self.before, &self.after) {
            (Some(_), None) => formatter.write_str(" removed"),
            (None, Some(_)) => match said(&self.after).filter(|after| !after.is_empty()) {
                Some(after) => write!(formatter, " added ({after})"),
                None => formatter.write_str(" added"),
            },
            _ => match (said(&self.before), said(&self.after)) {
                (Some(before), Some(after)) => {
                    write!(formatter, " {} -> {}", or_any(&before), or_any(&after))
                }
                _ => formatter.write_str(" changed"),
            },
        }
    }
}

impl Change {
    fn subject(&self) -> String {
        match &*self.kind {
            _ if self.name.is_empty() => self.kind.clone(),
            "requirement" | "locked" | "metadata" | "file" | "local" => self.name.clone(),
            kind => format!("{kind} {}", self.name),
        }
    }
}

fn or_any(value: &str) -> &str {
    if value.is_empty() { "any" } else { value }
}

/// Values by what they are about.
type Facts<'a> = BTreeMap<(usize, &'a str), BTreeSet<&'a str>>;

/// What differs, in the order of the document.
pub(super) fn changes(before: &Document, after: &Document) -> Vec<Change> {
    let mut changes = head(before, after);
    let (old, new) = (facts(before), facts(after));
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let none = BTreeSet::new();
    for key in keys {
        let (old, new) = (old.get(key).unwrap_or(&none), new.get(key).unwrap_or(&none));
        let gone: Vec<&str> = old.difference(new).copied().collect();
        let come: Vec<&str> = new.difference(old).copied().collect();
        let (kind, name) = (KINDS[key.0], key.1);
        changes.extend(
            parts::paired(kind, &gone, &come)
                .into_iter()
                .map(|(before, after)| parts::change(kind, name, before, after)),
        );
    }
    changes
}

const KINDS: [Kind; 8] = [
    Kind::Requirement,
    Kind::Constraint,
    Kind::Option,
    Kind::Locked,
    Kind::Metadata,
    Kind::Channel,
    Kind::Local,
    Kind::File,
];

fn facts(document: &Document) -> Facts<'_> {
    let mut facts = Facts::new();
    for entry in &document.gathered.entries {
        let kind = KINDS.iter().position(|kind| *kind == entry.kind).unwrap_or_default();
        facts.entry((kind, &entry.name)).or_default().insert(&entry.value);
    }
    facts
}

/// Differences of the recipe: what there is one of is changed, what there are several of comes and
/// goes.
fn head(before: &Document, after: &Document) -> Vec<Change> {
    let (old, new) = (&before.head, &after.head);
    let several = |word: &str| matches!(word, "extra" | "group");
    let mut changes = Vec::new();
    let words: Vec<&String> = old.iter().chain(new).filter_map(|fact| fact.first()).collect();
    let mut seen = BTreeSet::new();
    for word in words.into_iter().filter(|word| seen.insert(*word)) {
        let values = |head: &[Vec<String>]| -> BTreeSet<String> {
            let of = head.iter().filter(|fact| fact.first() == Some(word));
            of.filter_map(|fact| fact.get(1).cloned()).collect()
        };
        let (old, new) = (values(old), values(new));
        let change = |name: &str, before: Option<&String>, after: Option<&String>| Change {
            kind: word.clone(),
            name: name.to_owned(),
            part: None,
            before: before.cloned(),
            after: after.cloned(),
        };
        if several(word) {
            changes
                .extend(old.difference(&new).map(|name| change(name, Some(&String::new()), None)));
            changes
                .extend(new.difference(&old).map(|name| change(name, None, Some(&String::new()))));
        } else if old != new {
            changes.push(change("", old.first(), new.first()));
        }
    }
    changes
}
