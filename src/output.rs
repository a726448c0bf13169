//! The output of a tool, as lines fit to show: bounded, without terminal codes.

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

/// The text without escape sequences and control characters, except line ends and tabs.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                // A control sequence ends with its first byte from @ to ~ (ECMA-48, 5.4).
                characters.by_ref().find(|end| ('@'..='~').contains(end));
            }
            '\n' | '\t' => plain.push(character),
            _ if character.is_control() => {}
            _ => plain.push(character),
        }
    }
    plain
}

/// The last `count` lines that are not blank.
pub(crate) fn tail(text: &str, count: usize) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

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
