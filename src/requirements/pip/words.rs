//! A logical line -> its requirement and the words of its options, split as a POSIX shell would.

/// The requirement (all before the first word that starts with a hyphen) and the rest.  Only spaces
/// separate words here, as in pip.
pub(super) fn split(line: &str) -> (&str, &str) {
    if line.starts_with('-') {
        return ("", line);
    }
    line.split_once(" -")
        .map_or((line, ""), |(requirement, _)| line.split_at(requirement.len() + 1))
}

/// Splits by the rules of a POSIX shell, without expansion or comments; an unclosed quote or a
/// backslash at the end is an error.
pub(super) fn shell_words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' | '"' => quoted(&mut chars, c, word.get_or_insert_default())?,
            '\\' => {
                let escaped = chars.next().ok_or("nothing after a backslash")?;
                word.get_or_insert_default().push(escaped);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Reads up to the closing quote; between double quotes a backslash escapes itself and the quote.
fn quoted(
    chars: &mut std::str::Chars<'_>,
    quote: char,
    word: &mut String,
) -> Result<(), &'static str> {
    const UNCLOSED: &str = "a quote is not closed";
    loop {
        match chars.next().ok_or(UNCLOSED)? {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => {
                let escaped = chars.next().ok_or(UNCLOSED)?;
                if !matches!(escaped, '"' | '\\') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            c => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_start_at_a_hyphen_after_a_space() {
        let cases = [
            ("a>=1 --hash=x", ("a>=1 ", "--hash=x")),
            ("-r a b", ("", "-r a b")),
            ("a-b ; c == '-x'", ("a-b ; c == '-x'", "")),
            ("a\t--hash=x", ("a\t--hash=x", "")),
        ];
        for (line, split_line) in cases {
            assert_eq!(split(line), split_line, "{line}");
        }
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        let cases: [(&str, &[&str]); 6] = [
            ("-r \"a b.txt\"  -c 'd'e", &["-r", "a b.txt", "-c", "de"]),
            (r#"a\ b "c\"d\\e\f" 'g\h'"#, &["a b", r#"c"d\e\f"#, r"g\h"]),
            ("'' \"\"", &["", ""]),
            ("a#b #c", &["a#b", "#c"]),
            ("a\tb", &["a", "b"]),
            ("", &[]),
        ];
        for (text, words) in cases {
            assert_eq!(shell_words(text).unwrap(), words, "{text}");
        }
        for text in ["'a", "\"a", "\"a\\", "a\\"] {
            assert!(shell_words(text).is_err(), "{text}");
        }
    }
}
