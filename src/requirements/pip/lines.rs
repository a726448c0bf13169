//! Text -> logical lines, as pip makes them: split like Python, continuations joined, comments
//! taken away, blank lines dropped.

/// The logical lines of `text`, trimmed.
pub(super) fn logical_lines(text: &str) -> Vec<String> {
    let joined = join(split(text));
    let code = joined.iter().map(|line| without_comment(line).trim_matches(is_space));
    code.filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Whitespace as Python has it: Unicode's, and the four separators of ASCII.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Python's `str.splitlines`.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let is_end = |c| {
        matches!(
            c,
            '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(is_end).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        let one = after.chars().next().map_or(0, char::len_utf8);
        rest = after.strip_prefix("\r\n").unwrap_or(&after[one..]);
        Some(line)
    })
}

/// Joins lines that end in a backslash to the next.  A comment never continues, and ends what
/// continues into it; continuations come first, so that a hash sign may stand on a later line.
fn join<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut joined = Vec::new();
    let mut open: Option<String> = None;
    for line in lines {
        let comment = line.trim_start_matches(is_space).starts_with('#');
        if line.ends_with('\\') && !comment {
            open.get_or_insert_default().push_str(line.trim_matches('\\'));
            continue;
        }
        let mut whole = open.take().unwrap_or_default();
        if comment {
            // The space lets the sign be seen as a comment's after the line before.
            whole.push(' ');
        }
        whole.push_str(line);
        joined.push(whole);
    }
    joined.extend(open);
    joined
}

/// A comment starts at a hash sign at the start or after whitespace; `a==1#x` has none.
fn without_comment(line: &str) -> &str {
    let starts = |at: usize| at == 0 || line[..at].ends_with(is_space);
    let start = line.match_indices('#').map(|(at, _)| at).find(|at| starts(*at));
    &line[..start.unwrap_or(line.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_pip() {
        let cases: [(&str, &[&str]); 15] = [
            (
                "a\r\nb\rc\x0bd\x0ce\u{85}f\u{2028}g\u{2029}h\x1ci",
                &["a", "b", "c", "d", "e", "f", "g", "h", "i"],
            ),
            ("a # why\n#no\n  # no\n\n b\t#no", &["a", "b"]),
            ("a==1#x", &["a==1#x"]),
            ("x @ https://h/w.whl#sha256=00 # why", &["x @ https://h/w.whl#sha256=00"]),
            ("a \\\n  --hash=x \\\n  --hash=y\nb", &["a   --hash=x   --hash=y", "b"]),
            ("# note \\\nb", &["b"]),
            ("b \\\n # c", &["b"]),
            ("b\\\n#c\nd", &["b", "d"]),
            ("b \\\n # c \\\nd", &["b", "d"]),
            ("a # only a whole comment ends this \\\nb", &["a"]),
            ("a \\", &["a"]),
            ("to\\\nrch", &["torch"]),
            ("a \\ \nb", &["a \\", "b"]),
            ("\\a\\\\\nb", &["ab"]),
            ("\\\n\\\n", &[]),
        ];
        for (text, lines) in cases {
            assert_eq!(logical_lines(text), lines, "{text:?}");
        }
    }
}
