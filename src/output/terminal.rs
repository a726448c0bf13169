//! Control sequences of terminals (ECMA-48), by which programs show colours, titles and bars.

use std::ops::RangeInclusive;

/// Single characters that end a sequence of two: cursors saved, modes set, lines moved.
const SHORT: &[u8] = b"78=>cDEHMNOZ\\";

/// Bytes of the sequence at the start of `text`, which begins with ESC.  One that does not end on its
/// line is none: ESC alone.
pub(super) fn sequence(text: &str) -> usize {
    let line = text.split(['\n', '\r']).next().unwrap_or(text);
    let whole = match line.as_bytes().get(1) {
        Some(b'[') => ended(line, 2, b' '..=b'?'),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => string(line),
        Some(b' '..=b'/') => ended(line, 1, b' '..=b'/'),
        Some(kind) if SHORT.contains(kind) => Some(2),
        Some(_) | None => None,
    };
    whole.unwrap_or(1)
}

/// Parameters from a place on, and one final byte.
fn ended(line: &str, from: usize, parameters: RangeInclusive<u8>) -> Option<usize> {
    let bytes = line.as_bytes();
    let count = bytes.iter().skip(from).take_while(|byte| parameters.contains(byte)).count();
    let end = from + count;
    bytes.get(end).is_some_and(|byte| (b'0'..=b'~').contains(byte)).then_some(end + 1)
}

/// A text up to BEL or ST.
fn string(line: &str) -> Option<usize> {
    let ends = ["\u{7}", "\u{1b}\\", "\u{9c}"];
    ends.iter().filter_map(|end| Some(line.find(end)? + end.len())).min()
}
