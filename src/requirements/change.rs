//! Two documents -> what differs, in words.

use std::fmt;

use serde::Serialize;

use super::Document;

/// One difference between two documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What sort of fact, such as `requirement`.
    pub kind: String,
    /// What it is about, such as `torch`; empty where there is only one of its kind.
    pub name: String,
    /// What was said before; none if nothing.
    pub before: Option<String>,
    /// What is said now; none if nothing.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { &self.kind } else { &self.name };
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(formatter, "{name} {before} -> {after}"),
            (None, Some(after)) => write!(formatter, "{name} added ({after})"),
            (Some(before), None) => write!(formatter, "{name} removed ({before})"),
            (None, None) => write!(formatter, "{name} changed"),
        }
    }
}

/// What differs, in the order of the document.
pub(super) fn changes(before: &Document, after: &Document) -> Vec<Change> {
    let (old, new) = (before.lines(), after.lines());
    let change = |line: &[String], gone: bool| {
        let value = Some(line[line.len() - 1].clone());
        let name = if line.len() > 2 { line[1].clone() } else { String::new() };
        let (before, after) = if gone { (value, None) } else { (None, value) };
        Change { kind: line[0].clone(), name, before, after }
    };
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| change(line, true));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| change(line, false));
    gone.chain(come).collect()
}
