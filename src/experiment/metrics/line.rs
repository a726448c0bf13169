//! What a line, as a terminal shows it, holds of metrics: nothing, values, or what was to be values.

use super::{
    MARKER, MetricsOrigin,
    object::{Broken, LONGEST_NAME, NamedValues, Others, head, object, quoted},
};
use crate::output::shown;

/// Something behind the marker.
#[derive(Debug, PartialEq)]
pub(super) struct MarkedMetrics<'a> {
    /// Where the marker begins, in bytes.
    pub(super) at: usize,
    /// Where the object behind it ends.
    pub(super) end: usize,
    /// What stands in front of the marker, back to what was found before.
    pub(super) lead: &'a str,
    /// What stands behind it.
    pub(super) what: What,
}

/// What stands behind a marker.
#[derive(Debug, PartialEq)]
pub(super) enum What {
    /// An object of numbers.
    Values(NamedValues),
    /// What was to be one.
    Broken(Unread),
    /// The marker in other words, such as those of a source line that a traceback shows.
    Mention,
}

/// What was to be an object of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    /// What is wrong, and where.
    pub(super) reason: String,
    /// The metrics that it names, as far as can be seen.
    pub(super) names: Vec<String>,
    /// Start of it, its hidden characters as escapes.
    pub(super) text: String,
    pub(super) place: MetricsOrigin,
}

/// How much of a line a text is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Whether it begins where the line begins.
    pub(super) starts: bool,
    /// Whether it ends where the line ends.
    pub(super) ends: bool,
}

/// Names that are kept of what cannot be read.
pub(super) const MOST_NAMES: usize = 64;
/// Bytes in which names are looked for.
const SEARCHED: usize = 512;
/// Bytes of an object inside of a JSON string.
const LONGEST_ESCAPED: usize = 1 << 16;
/// What escape sequences begin with, and some end with, before a backslash.
const ESCAPE: u8 = 0x1b;
/// Characters that are shown around the place where it broke.
const AROUND: usize = 30;

/// Everything behind markers, from left to right.
pub(super) fn find(text: &str, extent: Extent) -> Vec<MarkedMetrics<'_>> {
    let mut found = Vec::new();
    let (mut from, mut last) = (0, 0);
    while let Some(place) = text.get(from..).and_then(|rest| rest.find(MARKER)) {
        let at = from + place;
        from = at + MARKER.len();
        let (lead, behind) = (&text[last..at], &text[from..]);
        if is_another_word(behind) {
            continue;
        }
        let body = behind.trim_ascii_start();
        let body = body.strip_prefix([':', '=']).unwrap_or(body).trim_ascii_start();
        let (what, used) =
            match object(body, Others::Refused).or_else(|broken| escaped(body).ok_or(broken)) {
                Ok((values, used)) => (What::Values(values), used),
                Err(broken) if body.starts_with('{') || extent.starts && lead.trim().is_empty() => {
                    (What::Broken(unread(body, &broken, extent)), 0)
                }
                Err(_) => (What::Mention, 0),
            };
        from = text.len() - body.len() + used;
        last = from;
        found.push(MarkedMetrics { at, end: from, lead, what });
    }
    found
}

/// Where a character begins that may go on, or the first escape sequence within the last bytes.
pub(super) fn unfinished(line: &[u8], sequence: usize) -> usize {
    let end = |bytes| line.len().saturating_sub(bytes);
    let (within, character) = (end(sequence), end(3));
    let escape = line[within..].iter().position(|byte| *byte == ESCAPE).map(|at| within + at);
    // What ends a sequence there goes with what began it.
    let escape = escape.map(|at| match line.get(at + 1) {
        Some(b'\\') => {
            let before = end(2 * sequence)..at;
            line[before.clone()]
                .iter()
                .rposition(|byte| *byte == ESCAPE)
                .map_or(at, |n| before.start + n)
        }
        _ => at,
    });
    let lead = line[character..].iter().position(|byte| *byte >= 0xc0).map(|at| character + at);
    [escape, lead].into_iter().flatten().fold(line.len(), usize::min)
}

/// Whether the marker is the start of another word, such as `REGRESSION_METRICS_FILE`.
fn is_another_word(behind: &str) -> bool {
    let goes_on = behind.starts_with(|c: char| c == '_' || c.is_alphanumeric());
    goes_on && !behind.starts_with(MARKER)
}

/// The object inside of a JSON string, as loggers of JSON write it.
fn escaped(body: &str) -> Option<(NamedValues, usize)> {
    let body = body.starts_with("{\\\"").then(|| head(body, LONGEST_ESCAPED))?;
    let string = format!("\"{body}");
    let (inner, end) = quoted(&string)?;
    Some((object(&inner, Others::Refused).ok()?.0, end - 1))
}

/// What is wrong with an object that is broken there.
pub(super) fn unread(body: &str, broken: &Broken, extent: Extent) -> Unread {
    let (read, rest) = body.split_at(broken.at);
    let read: Vec<char> = read.chars().rev().take(AROUND).collect();
    let read: String = read.into_iter().rev().collect();
    let next: String = head(rest, 4 * AROUND).trim_ascii_end().chars().take(AROUND).collect();
    let (read, next) = (shown(read.as_bytes()), shown(next.as_bytes()));
    let place = if read.is_empty() { String::new() } else { format!("behind `{read}` ") };
    let reason = match (next.is_empty(), extent.ends) {
        (true, false) => "its object is longer than 1 MiB".to_owned(),
        (true, true) => format!("{place}the line ends, where {} should stand", broken.expected),
        (false, _) => format!("{place}stands `{next}`, where {} should stand", broken.expected),
    };
    Unread {
        reason,
        names: names(head(body, SEARCHED)),
        text: String::new(),
        place: MetricsOrigin::Line,
    }
}

/// Names before colons, whatever their quotes.
fn names(body: &str) -> Vec<String> {
    let before_colons = body.split(':').map(str::trim_ascii_end);
    let named = before_colons.filter_map(|text| {
        let quote = text.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
        let inner = text.strip_suffix(quote)?;
        let name = inner.rsplit_once(quote)?.1;
        (name.len() <= LONGEST_NAME).then(|| name.to_owned())
    });
    named.take(MOST_NAMES).collect()
}
