//! Text by tools and trainings, made fit to show: bounded, and without anything that a terminal or
//! the Actions runner would obey.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// A longer line is cut into pieces, so that a tool cannot make us hold all it writes.
const LINE_BYTES: u64 = 4096;

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
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\n' | '\t' => clean.push(c),
            '\r' if chars.peek() != Some(&'\n') => clean.push('\n'),
            // Bidirectional overrides make a line read as what it is not.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            c if c.is_control() => {}
            c => clean.push(c),
        }
    }
    clean.replace("##[", "## [")
}

/// Printable text on one line, cut after `most` characters.
pub(crate) fn excerpt(text: &str, most: usize) -> String {
    let line = plain(text).replace('\n', " ");
    cut(line.trim(), most)
}

fn cut(line: &str, most: usize) -> String {
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line.to_owned(),
    }
}

/// Skips `ESC [ parameters final` and `ESC ] text BEL`; of other sequences, the one character.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => drop(chars.find(|c| ('@'..='~').contains(c))),
        Some(']') => drop(chars.find(|c| matches!(c, '\u{7}' | '\u{9c}' | '\n'))),
        Some(_) | None => {}
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
