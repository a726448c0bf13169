//! Version specifiers (PEP 440): read by the grammar of `packaging`, kept as text.

use super::Rest;
use crate::requirements::pip::lines::is_space;

const OPERATORS: [&str; 8] = ["===", "==", "!=", "~=", "<=", ">=", "<", ">"];

/// Reads `>=1, <2` or `(>=1, <2)`: without a leading `v`, sorted, each once.
pub(super) fn list(rest: &mut Rest<'_>) -> Result<Vec<String>, String> {
    let parenthesis = rest.take("(");
    rest.skip_blanks();
    let mut specifiers = Vec::new();
    while let Some((specifier, length)) = first(rest.0) {
        if specifier.starts_with("===") && specifier.contains(',') {
            return Err("a comma cannot be part of a version".to_owned());
        }
        specifiers.push(specifier);
        rest.0 = &rest.0[length..];
        rest.skip_blanks();
        if !rest.take(",") {
            break;
        }
        rest.skip_blanks();
    }
    if parenthesis && !rest.take(")") {
        return Err(") is expected after the versions".to_owned());
    }
    specifiers.sort();
    specifiers.dedup();
    Ok(specifiers)
}

/// The specifier at the start of `text` and how many bytes it takes there.
fn first(text: &str) -> Option<(String, usize)> {
    let operator = *OPERATORS.iter().find(|operator| text.starts_with(**operator))?;
    let after = text[operator.len()..].trim_start_matches(is_space);
    let start = text.len() - after.len();
    if operator == "===" {
        let end = after.find(|c| is_space(c) || matches!(c, ';' | ')')).unwrap_or(after.len());
        return Some((format!("==={}", &after[..end]), start + end));
    }
    let bare = after.strip_prefix(['v', 'V']).unwrap_or(after);
    let length = version(bare.as_bytes(), operator)?;
    let end = start + (after.len() - bare.len()) + length;
    Some((format!("{operator}{}", &bare[..length]), end))
}

/// The length of the version at the start of `text`, as far as the operator allows one.
fn version(text: &[u8], operator: &str) -> Option<usize> {
    let equality = matches!(operator, "==" | "!=");
    let epoch = digits(text, 0);
    let epoch = if epoch > 0 && text.get(epoch) == Some(&b'!') { epoch + 1 } else { 0 };
    let release = release(text, epoch)?;
    if operator == "~=" && !text[epoch..release].contains(&b'.') {
        return None;
    }
    if equality && text[release..].starts_with(b".*") {
        return Some(release + 2);
    }
    let at = labelled(text, release, &["alpha", "beta", "preview", "pre", "a", "b", "c", "rc"]);
    let at = post(text, at);
    let at = labelled(text, at, &["dev"]);
    Some(if equality { local(text, at) } else { at })
}

/// The end of the digits from `at` on.
fn digits(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn release(text: &[u8], at: usize) -> Option<usize> {
    let mut end = digits(text, at);
    if end == at {
        return None;
    }
    while text.get(end) == Some(&b'.') && digits(text, end + 1) > end + 1 {
        end = digits(text, end + 1);
    }
    Some(end)
}

fn separator(text: &[u8], at: usize) -> usize {
    at + usize::from(matches!(text.get(at), Some(b'-' | b'_' | b'.')))
}

/// `[-_.]LABEL[-_.]N`, all but the label optional; the place stays if there is none.
fn labelled(text: &[u8], at: usize, labels: &[&str]) -> usize {
    let start = separator(text, at);
    let is_here = |label: &&&str| {
        text.get(start..start + label.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(label.as_bytes()))
    };
    let found = labels.iter().find(is_here);
    found.map_or(at, |label| digits(text, separator(text, start + label.len())))
}

fn post(text: &[u8], at: usize) -> usize {
    if text.get(at) == Some(&b'-') && digits(text, at + 1) > at + 1 {
        return digits(text, at + 1);
    }
    labelled(text, at, &["post", "rev", "r"])
}

/// `+a.b`: letters and digits, separated singly.
fn local(text: &[u8], at: usize) -> usize {
    let word = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
    };
    if text.get(at) != Some(&b'+') || word(at + 1) == at + 1 {
        return at;
    }
    let mut end = word(at + 1);
    while separator(text, end) > end && word(end + 1) > end + 1 {
        end = word(end + 1);
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_ends_where_the_grammar_ends_it() {
        let cases = [
            ("==1.0.post1.dev2+cu121.x-y", "==1.0.post1.dev2+cu121.x-y"),
            ("== \t V1!2.0-RC.1 ", "==1!2.0-RC.1"),
            ("==1.0-1", "==1.0-1"),
            ("==1.*,", "==1.*"),
            (">=1.*", ">=1"),
            (">=1+cu", ">=1"),
            ("~=1.4.2rc1", "~=1.4.2rc1"),
            ("<2.0.", "<2.0"),
            ("==1+a..b", "==1+a"),
            ("===any thing", "===any"),
            ("!=1.0alpha-", "!=1.0alpha-"),
        ];
        for (text, specifier) in cases {
            assert_eq!(first(text).unwrap().0, specifier, "{text}");
        }
        for text in ["=1", "==", "==x", "~=1", "~=1.*", "1", ">=é"] {
            assert_eq!(first(text), None, "{text}");
        }
    }
}
