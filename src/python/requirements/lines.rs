//! Text -> logical lines, as pip makes them: split like Python, continuations joined, comments
//! taken away, blank lines dropped; then in one spelling.

/// The logical lines of `text`, each with the number of its first line.
pub(super) fn logical(text: &str) -> Vec<(usize, String)> {
    let code = join(text).into_iter().map(|(number, line)| {
        let code = without_comment(&line).trim_matches(is_space);
        (number, code.to_owned())
    });
    code.filter(|(_, line)| !line.is_empty()).collect()
}

/// Whitespace as Python has it: Unicode's, and the four separators of ASCII.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Where Python's `str.splitlines` ends a line.
fn is_end(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Joins lines that end in a backslash to the next.  A comment never continues, and ends what
/// continues into it; continuations come first, so that a hash sign may stand on a later line.
fn join(text: &str) -> Vec<(usize, String)> {
    let mut joined = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in text.replace("\r\n", "\n").split(is_end).enumerate() {
        let comment = line.trim_start_matches(is_space).starts_with('#');
        let (number, mut whole) = open.take().unwrap_or((index + 1, String::new()));
        if line.ends_with('\\') && !comment {
            whole.push_str(line.trim_matches('\\'));
            open = Some((number, whole));
            continue;
        }
        if comment {
            // The space lets the sign be seen as a comment's after the line before.
            whole.push(' ');
        }
        whole.push_str(line);
        joined.push((number, whole));
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

/// Folds white space outside of quotes to one space; takes it away beside punctuation, unless the
/// line is an option or has a URL, which may end at a space.
pub(super) fn folded(line: &str) -> String {
    let loose = line.starts_with('-') || line.contains("://") || line.contains(" @ ");
    let is_mark = |c: char| !loose && "=<>!~,;[]()".contains(c);
    let (mut out, mut blank, mut quote) = (String::with_capacity(line.len()), false, None);
    for c in line.chars() {
        if quote.is_none() && is_space(c) {
            blank = true;
            continue;
        }
        // A hyphen may begin an option.
        let needless = is_mark(c) || (out.ends_with(is_mark) && c != '-');
        if blank && !out.is_empty() && !needless {
            out.push(' ');
        }
        blank = false;
        quote = match quote {
            Some(open) if open == c => None,
            None if matches!(c, '"' | '\'') => Some(c),
            quote => quote,
        };
        out.push(c);
    }
    out
}

/// Words as a POSIX shell splits them, without expansion; an unclosed quote ends with the text.
pub(super) fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, c) if is_space(c) => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
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
            let found: Vec<_> = logical(text).into_iter().map(|(_, line)| line).collect();
            assert_eq!(found, lines, "{text:?}");
        }
        let numbers: Vec<_> = logical("# x\na \\\n b\n\nc").into_iter().map(|(at, _)| at).collect();
        assert_eq!(numbers, [2, 5]);
    }

    #[test]
    fn white_space_counts_only_where_it_says_something() {
        let cases = [
            ("a  ==  1 ,\t<2 ; x == 'a  b'  and y", "a==1,<2;x=='a  b' and y"),
            ("a [ b , c ]  --hash=x   --hash=y", "a[b,c] --hash=x --hash=y"),
            ("a  @  https://h/x  ;  y", "a @ https://h/x ; y"),
            ("--index-url   https://h", "--index-url https://h"),
        ];
        for (line, one) in cases {
            assert_eq!(folded(line), one, "{line}");
            assert_eq!(folded(one), one, "{one}");
        }
    }

    #[test]
    fn words_are_those_of_a_shell() {
        assert_eq!(words(r#"-r "a b.txt"  c\ d 'e'f "#), ["-r", "a b.txt", "c d", "ef"]);
    }
}
