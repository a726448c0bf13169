//! Text by tools and trainings, made fit to show: bounded, and without anything that a terminal or
//! the Actions runner would obey.

use std::borrow::Cow;

use anyhow::{Context, Result};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

mod checks;
mod columns;
mod escape;
mod number;
mod terminal;

pub use checks::{Check, Examination, State};
pub(crate) use columns::columns;
pub(crate) use escape::{escape, link, literal, shortened};
pub(crate) use number::{count, duration, known, number, percent, signed, size};

/// A longer line is cut into pieces, so that a tool cannot make us hold all it writes.
const LINE_BYTES: u64 = 4096;

/// More names of one kind are counted.
pub(crate) const MOST_NAMED: usize = 3;

/// How a report is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For a pull request: the summary.
    Markdown,
}

/// A value for programs, ending with a line break; `what` is how an error calls it.
pub(crate) fn json(value: &impl Serialize, what: &str) -> Result<String> {
    let json = serde_json::to_string_pretty(value);
    Ok(json.with_context(|| format!("cannot write {what} as JSON"))? + "\n")
}

/// Calls `each` with every line that is not blank, until the end of the output.
pub(crate) async fn lines(source: impl AsyncRead + Unpin, mut each: impl FnMut(&str)) {
    let mut reader = BufReader::new(source);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let piece = (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut buffer).await;
        // An unreadable pipe is a closed one: what the tool came to is told by its exit status.
        if !matches!(piece, Ok(1..)) {
            return;
        }
        let line = plain(&String::from_utf8_lossy(&buffer));
        if !line.trim().is_empty() {
            each(line.trim_end());
        }
    }
}

/// Text without what a terminal or the Actions runner would obey: escape sequences, control
/// characters, and the runner's `##[command]`.
pub(crate) fn plain(text: &str) -> String {
    visible(text).replace("##[", "## [")
}

/// Text as a terminal shows it: without escape sequences, control characters and byte order marks; a
/// carriage return ends a line.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(is_hidden) {
        let (before, hidden) = rest.split_at(place);
        clean.push_str(before);
        let next = hidden.chars().next();
        let length = match next {
            Some('\u{1b}') => terminal::sequence(hidden),
            Some(c) => c.len_utf8(),
            None => 0,
        };
        rest = &hidden[length..];
        if next == Some('\r') && !rest.starts_with('\n') {
            clean.push('\n');
        }
    }
    (clean + rest).into()
}

/// Bidirectional overrides make a line read as what it is not.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Bytes as one would type them: hidden characters as escapes, and bytes that are no text.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\u{1b}' => shown.push_str("\\e"),
                c if is_hidden(c) || c == '\n' || c == '\t' => shown.extend(c.escape_default()),
                c => shown.push(c),
            }
        }
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown.replace("##[", "## [")
}

/// Printable text on one line, cut after `most` characters.
pub(crate) fn excerpt(text: &str, most: usize) -> String {
    let line = plain(text).replace('\n', " ");
    cut(line.trim(), most)
}

/// The same, cut before its last `most` characters: a program's last words say why it ended.
pub(crate) fn ending(text: &str, most: usize) -> String {
    let line = plain(text).replace('\n', " ");
    let line = line.trim();
    let more = line.chars().count().saturating_sub(most);
    match line.char_indices().nth(more) {
        Some((start, _)) if more > 0 => format!("...{}", &line[start..]),
        _ => line.to_owned(),
    }
}

fn cut(line: &str, most: usize) -> String {
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// The last `count` lines that are not blank.
pub(crate) fn tail(text: &str, count: usize) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The last `count` lines, each on a line of its own behind a bar, so that none of them is taken
/// for a command of the Actions runner, nor for words of ours.
pub(crate) fn quoted(text: &str, count: usize) -> String {
    let text = plain(text);
    let barred = tail(&text, count)
        .lines()
        .map(|line| format!("  | {}", cut(line.trim_end(), 500)))
        .collect::<Vec<_>>();
    barred.join("\n")
}

/// The first few, and how many more.
pub(crate) fn first_few(names: &[String]) -> String {
    named(names, " and ")
}

/// The first few, and how many more.
pub(crate) fn named<'a>(names: impl IntoIterator<Item = &'a String>, and: &str) -> String {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    let (first, more) = names.split_at(names.len().min(MOST_NAMED));
    match more.len() {
        0 => first.join(and),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_or_runner_obeys_is_left() {
        let hostile =
            "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}a\u{8}b ##[error]x\r\n50%\r100%\u{202e}";
        assert_eq!(plain(hostile), "red ab ## [error]x\n50%\n100%");
    }

    #[test]
    fn excerpts_are_cut_at_characters() {
        assert_eq!(excerpt("  äöü\nx ", 3), "äöü...");
        assert_eq!(excerpt("short", 10), "short");
    }

    #[test]
    fn terminal_codes_vanish_and_words_stay() {
        assert_eq!(plain("\u{1b}[1;31mERROR:\u{1b}[0m no\tdisk\u{7}\r\n"), "ERROR: no\tdisk\n");
    }

    #[test]
    fn what_is_no_whole_sequence_hides_no_text() {
        for (text, seen) in [
            ("\u{1b}(B\u{1b}[ma\u{1b}(0b\u{1b}7c", "abc"),
            ("\u{1b}]0;never ended", "]0;never ended"),
            ("\u{1b}]0;ended\u{1b}\\a\u{1b}]8;;x\u{9c}b", "ab"),
            ("\u{1b}Red \u{1b}[1", "Red [1"),
            ("\u{1b}]0;x\nnext\u{7}", "]0;x\nnext"),
            ("\u{feff}a\0b\u{7f}", "ab"),
        ] {
            assert_eq!(visible(text), seen, "{text:?}");
        }
    }

    #[test]
    fn hidden_characters_are_shown_as_escapes() {
        let line = b"\x1b[1m50%\r\x08\xff \xef\xbb\xbf##[error] \xc3\xa4";
        assert_eq!(shown(line), "\\e[1m50%\\r\\u{8}\\xff \\u{feff}## [error] \u{e4}");
    }

    #[test]
    fn endings_are_cut_at_characters() {
        assert_eq!(ending("Traceback\nno café\n", 5), "... café");
        assert_eq!(ending(" short\n", 5), "short");
    }

    #[test]
    fn tail_takes_the_last_lines_that_say_something() {
        assert_eq!(tail("a\n\nb\n  \nc\n", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }

    #[tokio::test]
    async fn a_line_without_end_comes_in_bounded_pieces() {
        let endless = vec![b'x'; 10_000];
        let mut lengths = Vec::new();
        lines(endless.as_slice(), |line| lengths.push(line.len())).await;
        assert_eq!(lengths, [4096, 4096, 1808]);
    }
}
