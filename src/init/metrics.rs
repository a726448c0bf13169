//! Calls that look as if they told metrics -> the metrics that are worth judging.

use super::{
    python::{Literal, PythonCall, literal},
    vocabulary::{announced, direction, rank},
};
use crate::{config::Direction, experiment::metrics::MARKER};

/// A metric that a training seems to tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) direction: Direction,
    pub(super) telling: Telling,
    /// Where it is told, from 1.
    pub(super) line: usize,
    /// The expression of its value, where one is seen.
    pub(super) value: Option<String>,
}

/// By which way a training tells a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Telling {
    /// As we read it.
    Reported,
    /// On a line that a pattern finds.
    Printed {
        /// The regular expression, with one group.
        pattern: String,
    },
    /// To somebody else.
    Logged(Logger),
}

/// To whom metrics are told that we do not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logger {
    Lightning,
    Mlflow,
    RayTrain,
    TensorBoard,
    Wandb,
}

impl Logger {
    /// As it calls itself.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lightning => "Lightning",
            Self::Mlflow => "MLflow",
            Self::RayTrain => "Ray Train",
            Self::TensorBoard => "TensorBoard",
            Self::Wandb => "Weights & Biases",
        }
    }
}

/// More are shown by a training, but judge nothing until somebody says so.
const MOST: usize = 2;

/// The group of a pattern.
const NUMBER: &str = "([0-9.eE+-]+)";

/// All metrics that calls of a source tell, those that we read alone if there are any.
pub(super) fn candidates(source: &str, calls: &[PythonCall<'_>]) -> Vec<Candidate> {
    if source.contains(MARKER) {
        let reported: Vec<_> = calls.iter().flat_map(reported).collect();
        if !reported.is_empty() {
            return reported;
        }
    }
    calls.iter().flat_map(|call| [printed(call), logged(call)].concat()).collect()
}

/// Of all, the few that say most: held out before fitted, ours before others', one of each direction.
pub(super) fn best(mut all: Vec<Candidate>) -> Vec<Candidate> {
    if all.iter().any(|one| one.telling == Telling::Reported) {
        all.retain(|one| one.telling == Telling::Reported);
        return unique(all);
    }
    all.sort_by_key(|one| (rank(&one.name), matches!(one.telling, Telling::Logged(_))));
    let mut best: Vec<Candidate> = Vec::new();
    for one in unique(all) {
        let is_first = best.iter().all(|other| other.direction != one.direction);
        if is_first && best.len() < MOST && (best.is_empty() || rank(&one.name) < 2) {
            best.push(one);
        }
    }
    best
}

fn unique(all: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for one in all {
        if kept.iter().all(|other| other.name != one.name) {
            kept.push(one);
        }
    }
    kept
}

/// What is written as JSON where the source mentions us: every number is a metric, and one of no known name is
/// taken to be better if higher.
fn reported(call: &PythonCall<'_>) -> Vec<Candidate> {
    if !["dump", "dumps"].contains(&call.short()) {
        return Vec::new();
    }
    let entries = call.entries().into_iter();
    let candidate = |(name, value): (String, &str)| Candidate {
        direction: direction(&name).unwrap_or(Direction::Higher),
        name,
        telling: Telling::Reported,
        line: call.line,
        value: Some(value.to_owned()),
    };
    entries.map(candidate).collect()
}

/// What a print or a logger's line announces in front of values.
fn printed(call: &PythonCall<'_>) -> Vec<Candidate> {
    let is_logger = ["info", "warning", "debug", "log", "write", "echo"].contains(&call.short());
    if call.name != "print" && !(is_logger && call.name != "self.log") {
        return Vec::new();
    }
    let arguments = call.arguments();
    let texts = arguments
        .iter()
        .enumerate()
        .filter_map(|(at, argument)| Some((literal(argument)?, arguments.get(at + 1).copied())));
    texts
        .flat_map(|(text, next)| announcements(&text, next))
        .filter_map(|lead| {
            let (name, text) = announced(&lead)?;
            Some(Candidate {
                direction: direction(&name)?,
                telling: Telling::Printed { pattern: pattern(text) },
                line: call.line,
                value: None,
                name,
            })
        })
        .collect()
}

/// What stands in front of values: in the text, or else behind it, as the next argument.
fn announcements(text: &Literal, next: Option<&str>) -> Vec<String> {
    let leads = leads(text);
    if leads.is_empty() && next.is_some() { vec![text.text.clone()] } else { leads }
}

/// What stands in front of each place for a value: braces, or the `%` of old formats.
fn leads(Literal { text, is_format }: &Literal) -> Vec<String> {
    let mut leads = Vec::new();
    let mut rest = text.as_str();
    while let Some((lead, inside, behind)) = place(rest) {
        let shown = inside.split(':').next().unwrap_or(inside).trim_end();
        // `{loss=}` shows its own name.
        let own = if *is_format && shown.ends_with('=') { shown } else { "" };
        leads.push(format!("{lead}{own}"));
        rest = behind;
    }
    leads
}

/// The first place for a value: what stands in front of it, in it, and behind it.
fn place(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find(['{', '%'])?;
    let (lead, rest) = text.split_at(at);
    if let Some(inside) = rest.strip_prefix('{') {
        let (inside, behind) = inside.split_once('}')?;
        return Some((lead, inside, behind));
    }
    let is_end = |c: char| c.is_ascii_alphabetic() || c == '%';
    let end = rest[1..].find(is_end).map_or(rest.len(), |end| end + 2);
    Some((lead, "", &rest[end..]))
}

/// Finds the number behind a text, whatever blanks stand in between.
fn pattern(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(regex::escape).collect();
    format!(r"{}\s*{NUMBER}", words.join(r"\s+"))
}

/// What is told to a tracker or a framework.
fn logged(call: &PythonCall<'_>) -> Vec<Candidate> {
    let Some(logger) = logger(call) else { return Vec::new() };
    let one = call.text().filter(|text| !text.is_format);
    let arguments = call.arguments();
    let told = match one {
        Some(name) => vec![(name.text, arguments.get(1).copied().unwrap_or_default())],
        None => call.entries(),
    };
    let candidate = |(name, value): (String, &str)| {
        let value = Some(value.to_owned()).filter(|value| !value.is_empty());
        let (telling, line) = (Telling::Logged(logger), call.line);
        Some(Candidate { direction: direction(&name)?, name, telling, line, value })
    };
    told.into_iter().filter_map(candidate).collect()
}

fn logger(call: &PythonCall<'_>) -> Option<Logger> {
    let (owner, short) = call.name.rsplit_once('.').unwrap_or(("", call.name));
    match short {
        "log_metric" | "log_metrics" => Some(Logger::Mlflow),
        "add_scalar" => Some(Logger::TensorBoard),
        "log" | "log_dict" if owner == "self" => Some(Logger::Lightning),
        "log" if owner.ends_with("wandb") || owner == "run" => Some(Logger::Wandb),
        "report" if ["train", "session", "tune"].iter().any(|of| owner.ends_with(of)) => {
            Some(Logger::RayTrain)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
